import { createHash } from 'node:crypto';
import { manifestName } from '../../domain/manifest.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { Repository, SnapshotFile, TreeNode } from '../../repository/repository.ts';
import type { SnapshotDifference } from '../archive.ts';
import { describeDifferences, type ComparedSide } from '../snapshot-difference.ts';
import { entryOf } from './list-entries.ts';

interface ComparedSnapshot {
  readonly id: string;
  readonly file: SnapshotFile;
}

/** Compares two snapshots by their trees: what a set of ours and one that restic backed up as a folder hold is compared as sets. */
export async function compareSnapshots(
  repository: Repository,
  snapshots: { readonly before: ComparedSnapshot; readonly after: ComparedSnapshot },
  signal: AbortSignal | undefined,
): Promise<SnapshotDifference> {
  const [before, after] = await Promise.all([
    setRoot(repository, snapshots.before.file, signal),
    setRoot(repository, snapshots.after.file, signal),
  ]);
  const { differences, unreadable, blobs } = await repository.compare(before, after, signal);
  const sideOf = (path: string, node: TreeNode | undefined, ownBytes: number): ComparedSide | undefined =>
    node && { entry: entryOf(path, node), content: contentOf(node), ownBytes };
  const entries = describeDifferences(
    differences.map(({ path, before: left, after: right, ownBefore, ownAfter }) => ({
      path,
      before: sideOf(path, left, ownBefore),
      after: sideOf(path, right, ownAfter),
    })),
  );
  const damages = unreadable.map(({ path, side, reason }) => ({
    snapshot: snapshots[side].id,
    path: path || '/',
    finding: `cannot be read: ${messageOf(reason)}`,
  }));
  return { entries, damages, blobs };
}

/** The tree in which the set lies: the root, or where restic backed up a folder, that folder. */
async function setRoot(repository: Repository, { tree, rootcellar }: SnapshotFile, signal: AbortSignal | undefined): Promise<string> {
  if (rootcellar !== undefined) return tree;
  for (let folder = tree; ;) {
    const nodes = await repository.folder(folder, signal);
    if (nodes?.some(({ name }) => name.toString() === manifestName) === true) return folder;
    const [only] = nodes ?? [];
    if (nodes?.length !== 1 || only?.type !== 'dir' || only.subtree === undefined) return tree;
    folder = only.subtree;
  }
}

/** Equal where two nodes of one type hold the same. */
function contentOf({ content, linkTarget }: TreeNode): string {
  return createHash('sha256')
    .update(JSON.stringify([content, linkTarget]))
    .digest('hex');
}
