import { Failure } from '../foundation/failure.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import { shortened } from './format/repository-failures.ts';
import { encodeSnapshot, type SnapshotFile } from './format/snapshot-file.ts';
import { loadIndex, type LoadedIndex } from './index-loader.ts';
import { underLock } from './locks.ts';
import { readMarks } from './prune/marks.ts';
import type { RepositoryCore } from './repository-core.ts';
import { saveFiles, type FileToSave, type SavedFile, type SavedFiles } from './save-files.ts';

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
  const { clock, owner, writer = {} } = core.options;
  return underLock(documents, false, { owner, clock, signal }, async () => {
    // Not on packs that are about to go.
    const marked = new Set((await readMarks(store, cipher, signal)).flatMap(({ packs }) => packs));
    const index = await loadIndex(documents, signal, marked);
    const now = (): Date => clock.now();
    const saved = await saveFiles(request.files, writer, { store, documents, cipher, opened, now, signal, ...request, index });
    await assertNothingVanished(documents, index, signal);
    await request.assertHeld();
    const file = request.describe(saved);
    const id = await documents.write('snapshots', encodeSnapshot(file), signal);
    core.forgetIndex();
    return { id, file, saved };
  });
}

/** A prune beside us, which no lock kept away, may have removed what we built on. */
async function assertNothingVanished(documents: Documents, index: LoadedIndex, signal: AbortSignal | undefined): Promise<void> {
  const present = new Set((await documents.list('index', signal)).map(({ id }) => id));
  const lost = index.ids.filter((id) => !present.has(id));
  if (lost.length === 0) return;
  const now = await loadIndex(documents, signal);
  const lostPack = index.blobs.packIds.find((id) => !now.blobs.hasPack(id));
  if (lostPack === undefined) return;
  throw new Failure(
    'E_REPOSITORY_CHANGED',
    `Cannot finish the snapshot: pack ${shortened(lostPack)} was removed while this run built on it`,
    {
      retry: 'later',
      hint: 'run it again; it will store anew what was removed',
    },
  );
}
