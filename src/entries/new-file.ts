import { type FileHandle, open } from 'node:fs/promises';
import { Failure, messageOf } from '../foundation/failure.ts';

/** A file that was not there before, for this user alone, as entries of people are written into it. */
export interface NewFile {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws Failure E_OUTPUT_REFUSED when it is there already or cannot be made */
export async function newFile(name: string): Promise<NewFile> {
  let handle: FileHandle;
  try {
    handle = await open(name, 'wx', 0o600);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new Failure('E_OUTPUT_REFUSED', `Cannot write ${name}: ${isThere ? 'it is there already' : messageOf(error)}`, {
      cause: error,
      hint: isThere
        ? 'name another file, or remove it: nothing is written over'
        : 'name a file in a folder that is there and may be written to',
    });
  }
  return {
    write: async (text) => {
      await handle.writeFile(text);
    },
    close: () => handle.close(),
  };
}
