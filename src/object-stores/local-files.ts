import { type FileHandle, mkdir, open, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import { errnoOf } from './local-failures.ts';

/** Makes the entries of a folder (names made, renamed or removed in it) outlast a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    // Somebody has removed it since as empty: then there is nothing left to keep.
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** As `mkdir -p`, durably: every folder that is made is made known to the one that holds it. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Removes a folder, and those above it up to but without `top`, while they are empty. */
export async function removeEmptyFolders(folder: string, top: string): Promise<void> {
  for (let each = folder; each.startsWith(`${top}/`); each = dirname(each)) {
    try {
      await rmdir(each);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') continue;
      return;
    }
  }
}

/** Resolves to undefined when `work` fails as its file is not there. */
export async function unlessAbsent<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
