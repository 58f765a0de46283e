import { commitSnapshot } from './commit-snapshot.ts';
import type { Id } from './format/hex-id.ts';
import { findMissing } from './find-missing.ts';
import { encodeSnapshot, type SnapshotFile } from './format/snapshot-file.ts';
import { loadIndexToBuildOn } from './index-to-build-on.ts';
import { underLock } from './locks.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import type { RepositoryCore } from './repository-core.ts';
import { saveFiles, withWriters, type FileToSave, type SavedFile, type SavedFiles } from './save-files.ts';
import type { SnapshotFinding } from './verify-snapshot.ts';

export interface SaveRequest {
  readonly files: readonly FileToSave[];
  /** Called with each file once it is stored; may throw to stop all. */
  readonly onFile: (file: SavedFile) => void;
  readonly onRead: (bytes: number) => void;
  /** Stored after all other files: what is to be said of them. */
  readonly lastFile: (files: readonly SavedFile[]) => FileToSave;
  /** The snapshot of what was saved. */
  readonly describe: (saved: SavedFiles) => SnapshotFile;
  /** Called right before the snapshot comes to be; rejects to stop it. */
  readonly assertHeld: () => Promise<void>;
}

export interface SavedSnapshot {
  readonly id: Id;
  readonly file: SnapshotFile;
  readonly saved: SavedFiles;
}

/** Stores files and a snapshot of them, under a shared lock. A call that rejects, or is killed, leaves no snapshot; what else it leaves is found by prune. */
export async function saveSnapshot(core: RepositoryCore, request: SaveRequest, signal: AbortSignal | undefined): Promise<SavedSnapshot> {
  const { store, documents, cipher, opened } = core;
  const { clock, owner, writer = {}, graceMilliseconds } = core.options;
  const underOneLock = (pipeline: Pipeline): Promise<SavedSnapshot> =>
    underLock(documents, false, { owner, clock, signal }, async (lock) => {
      const index = await loadIndexToBuildOn(core, signal);
      const now = (): Date => clock.now();
      const saved = await saveFiles(request.files, writer, { store, documents, cipher, opened, pipeline, now, signal, ...request, index });
      core.forgetIndex();
      const file = request.describe(saved);
      const { assertHeld } = request;
      const whatIsMissing = (): Promise<readonly SnapshotFinding[]> => findMissing(core, file, signal);
      const tools = { documents, lock, graceMilliseconds, findMissing: whatIsMissing, assertHeld, signal };
      const id = await commitSnapshot(encodeSnapshot(file), tools);
      return { id, file, saved };
    });
  return withWriters(opened, writer, underOneLock);
}
