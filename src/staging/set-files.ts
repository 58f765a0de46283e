import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isPathInside, type ManifestFile } from '../domain/manifest.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { Failure, messageOf } from '../foundation/failure.ts';

const filesAtOnce = 2;

/**
 * Every regular file below `folder` by its path, `/`-separated, in the order of the paths, each with its size and SHA-256.
 *
 * @throws Failure E_SET_UNREADABLE for anything that is neither file nor folder: a link or socket would not come back; for a name that a
 * manifest cannot hold; and for what cannot be read
 */
export async function describeFiles(folder: string, signal?: AbortSignal): Promise<ManifestFile[]> {
  const paths = await pathsBelow(folder);
  return mapConcurrently(paths, filesAtOnce, async (name) => ({ path: name, ...(await hashFile(path.join(folder, name), signal)) }));
}

/**
 * Size and SHA-256 of a file, read in pieces. Rejects with the signal's reason when it aborts.
 *
 * @throws Failure E_SET_UNREADABLE
 */
export async function hashFile(name: string, signal?: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  // One buffer for the whole file: a new one for each piece is memory outside of the heap, which is collected late.
  const piece = Buffer.allocUnsafe(1024 * 1024);
  let bytes = 0;
  try {
    await using file = await open(name);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new Failure('E_SET_UNREADABLE', `Cannot read ${name}: ${messageOf(error)}`, {
      cause: error,
      hint: 'see that the file is there and readable by the user that rootcellar runs as, then run the command again',
    });
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function pathsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const odd = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (odd !== undefined) {
    throw new Failure('E_SET_UNREADABLE', `Cannot archive ${path.join(odd.parentPath, odd.name)}: it is neither a file nor a folder`, {
      hint: 'archive a folder that holds only files and folders',
    });
  }
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  const unnamable = paths.find((name) => !isPathInside(name));
  if (unnamable !== undefined) {
    throw new Failure('E_SET_UNREADABLE', `Cannot archive ${path.join(folder, unnamable)}: its name has a backslash`, {
      hint: 'rename the file',
    });
  }
  return paths.toSorted();
}
