import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { BlobIndex } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import type { BlobType } from '../format/pack-header.ts';
import { garbageCollector } from '../pipeline/collect-garbage.ts';
import { readTree } from '../walk-tree.ts';
import { Owners } from './owners.ts';

export interface OwnedRoot {
  readonly tree: Id;
  readonly isChosen: boolean;
}

export interface FoundOwners {
  readonly owners: Owners;
  /** Trees that cannot be read: what only they lead to looks as if nobody needed it. */
  readonly unreadable: readonly Error[];
  /** Blobs that snapshots need and no index lists. */
  readonly unlisted: number;
}

/** What an ID takes as text, twice: in the tree's JSON and of its own. */
const bytesOfId = 160;

const rootsAtOnce = 8;

/**
 * Finds out which of the snapshots with these root trees need each blob. A tree is read once for its first snapshot, once more when it turns out to be of several, and
 * at most three times: what is known of all below it then changes no more. No content is read.
 */
export async function findOwners(
  reader: BlobReader,
  index: BlobIndex,
  roots: readonly OwnedRoot[],
  { onRoot, signal }: { readonly onRoot: () => void; readonly signal?: AbortSignal | undefined },
): Promise<FoundOwners> {
  const owners = new Owners(
    index.size,
    roots.map(({ isChosen }) => isChosen),
  );
  const letGo = garbageCollector();
  const unreadable = new Map<Id, Error>();
  const unlisted = new Set<Id>();
  const add = (type: BlobType, id: Id, label: number): number | undefined => {
    const number = index.numberOf(type, id);
    if (number === undefined) unlisted.add(id);
    return number === undefined ? undefined : owners.add(number, label);
  };
  const visitTree = async (id: Id, label: number): Promise<{ readonly tree: Id; readonly label: number }[]> => {
    const now = add('tree', id, label);
    if (now === undefined) return [];
    signal?.throwIfAborted();
    const nodes = await readTree(reader, id, signal);
    if (nodes instanceof Error) {
      unreadable.set(id, nodes);
      return [];
    }
    for (const { content } of nodes) {
      for (const blob of content) add('data', blob, now);
      letGo(content.length * bytesOfId);
    }
    return nodes.flatMap(({ subtree }) => (subtree === undefined ? [] : [{ tree: subtree, label: now }]));
  };
  await mapConcurrently(roots, rootsAtOnce, async ({ tree }, number) => {
    const waiting = [{ tree, label: owners.labelOf(number) }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) waiting.push(...(await visitTree(next.tree, next.label)));
    onRoot();
  });
  return { owners, unreadable: [...unreadable.values()], unlisted: unlisted.size };
}
