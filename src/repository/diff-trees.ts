import { mapConcurrently } from '../foundation/concurrency.ts';
import type { BlobReader } from './blob-reader.ts';
import type { Id } from './format/hex-id.ts';
import type { TreeNode } from './format/tree.ts';
import { readTree } from './walk-tree.ts';

export type Side = 'before' | 'after';

/** What lies at a path on both sides, or on one; the two are not the same. */
export interface NodeDifference {
  readonly path: string;
  readonly before: TreeNode | undefined;
  readonly after: TreeNode | undefined;
}

export interface TreeDifference {
  /** In no order; a folder that only has other content is not among them. */
  readonly differences: readonly NodeDifference[];
  readonly unreadable: readonly { readonly path: string; readonly side: Side; readonly reason: Error }[];
  /** Folders that are the same on both sides, which were not read. */
  readonly equalFolders: number;
}

/** Told of each tree that is read, and of each node in one, the same or not. */
export interface DiffWitness {
  readonly onTree: (side: Side, id: Id) => void;
  readonly onNode: (side: Side, node: TreeNode) => void;
}

/** A folder to compare; undefined where the side has none there. */
interface FolderPair {
  readonly path: string;
  readonly before: Id | undefined;
  readonly after: Id | undefined;
}

const pairsAtOnce = 8;

/** Compares two trees by what their nodes say. Folders of the same ID are passed over unread, and no content is read. */
export async function diffTrees(
  reader: BlobReader,
  roots: { readonly before: Id; readonly after: Id },
  witness: DiffWitness,
  signal?: AbortSignal,
): Promise<TreeDifference> {
  const differences: NodeDifference[] = [];
  const unreadable: { path: string; side: Side; reason: Error }[] = [];
  let equalFolders = 0;
  let level: FolderPair[] = [{ path: '', ...roots }];
  while (level.length > 0) {
    const differing = level.filter(({ before, after }) => before !== after);
    equalFolders += level.length - differing.length;
    const read = async (side: Side, path: string, id: Id | undefined): Promise<readonly TreeNode[]> => {
      if (id === undefined) return [];
      const nodes = await readTree(reader, id, signal);
      witness.onTree(side, id);
      if (nodes instanceof Error) unreadable.push({ path, side, reason: nodes });
      else for (const node of nodes) witness.onNode(side, node);
      return nodes instanceof Error ? [] : nodes;
    };
    const below = await mapConcurrently(differing, pairsAtOnce, async ({ path, before, after }) => {
      const [left, right] = await Promise.all([read('before', path, before), read('after', path, after)]);
      return pairNodes(path, left, right);
    });
    const pairs = below.flat();
    differences.push(...pairs.filter(isDifferent));
    level = pairs.flatMap(folderPairs);
  }
  return { differences, unreadable, equalFolders };
}

/** The nodes of a folder by their names, those of the same name together. */
function pairNodes(folder: string, left: readonly TreeNode[], right: readonly TreeNode[]): NodeDifference[] {
  const pathOf = ({ name }: TreeNode): string => (folder === '' ? name.toString() : `${folder}/${name.toString()}`);
  const keyOf = ({ name }: TreeNode): string => name.toString('latin1');
  const unpaired = new Map(right.map((node) => [keyOf(node), node]));
  const pairs: NodeDifference[] = left.map((before) => {
    const after = unpaired.get(keyOf(before));
    unpaired.delete(keyOf(before));
    return { path: pathOf(before), before, after };
  });
  return [...pairs, ...[...unpaired.values()].map((after) => ({ path: pathOf(after), before: undefined, after }))];
}

function folderPairs({ path, before, after }: NodeDifference): FolderPair[] {
  const [left, right] = [before, after].map((node) => (node?.type === 'dir' ? node.subtree : undefined));
  return left === undefined && right === undefined ? [] : [{ path, before: left, after: right }];
}

function isDifferent({ before, after }: NodeDifference): boolean {
  if (before === undefined || after === undefined || before.type !== after.type) return true;
  return !hasSameContent(before, after) || !hasSameFacts(before, after);
}

/** Whether two nodes of one type hold the same bytes; folders are compared by what is in them, not here. */
export function hasSameContent(before: TreeNode, after: TreeNode): boolean {
  if (before.linkTarget !== after.linkTarget) return false;
  return before.content.length === after.content.length && before.content.every((id, index) => id === after.content[index]);
}

function hasSameFacts(before: TreeNode, after: TreeNode): boolean {
  const [left, right] = [before.modifiedAt, after.modifiedAt];
  return before.mode === after.mode && left.milliseconds === right.milliseconds && left.nanoseconds === right.nanoseconds;
}
