import type { Moment } from './format/go-time.ts';
import type { Id } from './format/hex-id.ts';
import { encodeTree, type TreeNode } from './format/tree.ts';

/** A stored file, as a tree names it. */
export interface TreeFile {
  /** Inside the snapshot, `/`-separated. */
  readonly path: string;
  readonly mode: number;
  readonly modifiedAt: Moment;
  readonly bytes: number;
  readonly content: readonly Id[];
}

/** Stores the trees of all folders, the deepest first; resolves to the ID of the root. */
export async function saveFolderTree(
  files: readonly TreeFile[],
  save: (tree: Uint8Array) => Promise<Id>,
  foldersMadeAt: Moment,
): Promise<Id> {
  const nodes: TreeNode[] = [];
  const below = Map.groupBy(files, ({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : ''));
  for (const [folder, inside] of below) {
    if (folder === '') nodes.push(...inside.map(fileNode));
    else nodes.push(await folderNode(folder, inside, save, foldersMadeAt));
  }
  return save(encodeTree(nodes));
}

async function folderNode(
  name: string,
  files: readonly TreeFile[],
  save: (tree: Uint8Array) => Promise<Id>,
  foldersMadeAt: Moment,
): Promise<TreeNode> {
  const inside = files.map((file) => ({ ...file, path: file.path.slice(name.length + 1) }));
  const subtree = await saveFolderTree(inside, save, foldersMadeAt);
  // The newest file's time, so that the same files give the same tree.
  const modifiedAt = files.map((file) => file.modifiedAt).reduce((a, b) => (isLater(b, a) ? b : a));
  return { name: Buffer.from(name), type: 'dir', mode: 0o750, modifiedAt, size: 0, content: [], subtree };
}

function fileNode({ path, mode, modifiedAt, bytes, content }: TreeFile): TreeNode {
  return { name: Buffer.from(path), type: 'file', mode, modifiedAt, size: bytes, content };
}

function isLater(a: Moment, b: Moment): boolean {
  return a.milliseconds > b.milliseconds || (a.milliseconds === b.milliseconds && a.nanoseconds > b.nanoseconds);
}
