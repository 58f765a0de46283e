import type { SnapshotFile } from './format/snapshot-file.ts';
import type { RepositoryCore } from './repository-core.ts';
import { verifySnapshot, type SnapshotFinding } from './verify-snapshot.ts';
import { walkTree } from './walk-tree.ts';

/** What a reader who begins now would miss of the snapshot: looks at the index and the packs anew, at no content. */
export async function findMissing(core: RepositoryCore, file: SnapshotFile, signal: AbortSignal | undefined): Promise<SnapshotFinding[]> {
  core.forgetIndex();
  const tree = await walkTree(await core.reader(signal), file.tree, signal);
  const { blobs } = await core.loadedIndex(signal);
  return verifySnapshot(tree, blobs, await core.packChecks(signal), { pipeline: undefined, onRead: () => {}, signal });
}
