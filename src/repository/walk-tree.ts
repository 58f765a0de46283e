import { mapConcurrently } from '../foundation/concurrency.ts';
import { isFailure } from '../foundation/failure.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Id } from './format/hex-id.ts';
import { decodeTree, type TreeNode } from './format/tree.ts';

/** Something in a snapshot, by its path, `/`-separated, without a leading slash. */
export interface TreeEntry {
  readonly path: string;
  readonly node: TreeNode;
}

export interface WalkedTree {
  /** Files and whatever else is no folder, in the order of their paths; folders before what is in them. */
  readonly entries: readonly TreeEntry[];
  /** Folders whose tree cannot be read, with the reason. */
  readonly unreadable: readonly { readonly path: string; readonly reason: Error }[];
  /** All trees on the way. */
  readonly trees: readonly Id[];
}

const treesAtOnce = 8;

/** Reads a tree and all below it. A tree that cannot be read is named, and the rest is given. */
export async function walkTree(reader: BlobReader, root: Id, signal?: AbortSignal): Promise<WalkedTree> {
  const entries: TreeEntry[] = [];
  const unreadable: { path: string; reason: Error }[] = [];
  const trees: Id[] = [];
  let level: { path: string; id: Id }[] = [{ path: '', id: root }];
  while (level.length > 0) {
    const read = await mapConcurrently(level, treesAtOnce, async ({ path, id }) => ({
      path,
      id,
      nodes: await readTree(reader, id, signal),
    }));
    level = [];
    for (const { path, id, nodes } of read) {
      trees.push(id);
      if (nodes instanceof Error) {
        unreadable.push({ path, reason: nodes });
        continue;
      }
      for (const node of nodes) {
        const below = path === '' ? node.name.toString() : `${path}/${node.name.toString()}`;
        entries.push({ path: below, node });
        if (node.type === 'dir' && node.subtree !== undefined) level.push({ path: below, id: node.subtree });
      }
    }
  }
  return { entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)), unreadable, trees };
}

export async function readTree(reader: BlobReader, id: Id, signal?: AbortSignal): Promise<TreeNode[] | Error> {
  try {
    return decodeTree(await reader.read('tree', id, signal), id);
  } catch (error) {
    if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return error;
    throw error;
  }
}
