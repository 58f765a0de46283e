import { loadIndexToBuildOn } from '../index-to-build-on.ts';
import { underLock } from '../locks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { saveFiles, withWriters, type FileToSave } from '../save-files.ts';

/**
 * Stores of these files what the repository does not have, and no snapshot: chunks are cut by the repository's own keys, so those that were lost come back
 * under their old names, and with them the snapshots that need them. Folders too, where names, modes and times are as they were. Resolves to how many blobs
 * were missing.
 */
export async function storeAgain(
  core: RepositoryCore,
  files: readonly FileToSave[],
  onRead: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { store, documents, cipher, opened } = core;
  const { clock, owner, writer = {} } = core.options;
  return withWriters(opened, writer, (pipeline) =>
    underLock(documents, false, { owner, clock, signal }, async () => {
      const index = await loadIndexToBuildOn(core, signal);
      const context = { store, documents, cipher, opened, pipeline, index, signal, onRead, onFile: () => {}, now: () => clock.now() };
      const { added } = await saveFiles(files, writer, { ...context, lastFile: () => emptyFile });
      core.forgetIndex();
      return added.data.blobs;
    }),
  );
}

/** A save ends with a file of its own; this one is of no use, and costs nothing but its name in a tree that nobody names. */
const emptyFile: FileToSave = { path: '.rootcellar', from: new Uint8Array() };
