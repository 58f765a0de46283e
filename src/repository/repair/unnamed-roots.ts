import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { BlobIndex } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import type { TreeNode } from '../format/tree.ts';
import { readForgotten } from '../forgotten-trees.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { readTree } from '../walk-tree.ts';

const treesAtOnce = 8;

/**
 * The trees that neither a snapshot nor another tree names, and that nobody forgot on purpose: roots of snapshots that were lost, of runs that were killed just before
 * they wrote theirs, or that another program forgot; and what a prune left of forgotten ones.
 */
export async function findUnnamedRoots(core: RepositoryCore, namedRoots: readonly Id[], signal: AbortSignal | undefined): Promise<Id[]> {
  const { blobs } = await core.loadedIndex(signal);
  const reader = await core.reader(signal);
  const named = await reachedFrom(reader, namedRoots, signal);
  const unnamed = treesOf(blobs).filter((id) => !named.has(id));
  const below = new Set<Id>();
  await mapConcurrently(unnamed, treesAtOnce, async (id) => {
    for (const subtree of subtreesOf(await readTree(reader, id, signal))) below.add(subtree);
  });
  const forgotten = new Set((await readForgotten(core, signal)).flatMap(({ trees }) => trees));
  return unnamed.filter((id) => !below.has(id) && !forgotten.has(id));
}

function treesOf(index: BlobIndex): Id[] {
  const ids = new Set<Id>();
  for (const { type, id } of index.places()) if (type === 'tree') ids.add(id);
  return [...ids];
}

async function reachedFrom(reader: BlobReader, roots: readonly Id[], signal: AbortSignal | undefined): Promise<ReadonlySet<Id>> {
  const reached = new Set<Id>();
  let level = [...new Set(roots)];
  while (level.length > 0) {
    for (const id of level) reached.add(id);
    const read = await mapConcurrently(level, treesAtOnce, async (id) => subtreesOf(await readTree(reader, id, signal)));
    level = [...new Set(read.flat())].filter((id) => !reached.has(id));
  }
  return reached;
}

function subtreesOf(nodes: readonly TreeNode[] | Error): Id[] {
  return nodes instanceof Error ? [] : nodes.flatMap(({ subtree }) => subtree ?? []);
}
