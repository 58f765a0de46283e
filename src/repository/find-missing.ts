import type { SnapshotFile } from './format/snapshot-file.ts';
import type { RepositoryCore } from './repository-core.ts';
import { verifySnapshot, type SnapshotFinding } from './verify-snapshot.ts';
import { walkTree } from './walk-tree.ts';

/** What a reader who begins now would miss of the snapshot: looks at the index and the packs anew, at no content. */
export async function findMissing(core: RepositoryCore, file: SnapshotFile, signal: AbortSignal | undefined): Promise<SnapshotFinding[]> {
  core.forgetIndex();
  const reader = await core.reader(signal);
  const tree = await walkTree(reader, file.tree, signal);
  const { blobs: index } = await core.loadedIndex(signal);
  const sources = { index, reader, checks: await core.packChecks(signal) };
  return verifySnapshot(tree, sources, { pipeline: undefined, onRead: () => {}, signal });
}
