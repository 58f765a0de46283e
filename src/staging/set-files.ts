import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isPathInside, type ManifestFile } from '../domain/manifest.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { Failure, messageOf } from '../foundation/failure.ts';
import { readZipMembers } from './zip-members.ts';

const filesAtOnce = 2;

/**
 * Every regular file below `folder` by its path, `/`-separated, in the order of the paths, each with its size and, where `isHashed`, its SHA-256; otherwise
 * a zip with its large members.
 *
 * @throws Failure E_SET_UNREADABLE for anything that is neither file nor folder: a link or socket would not come back; for a name that a
 * manifest cannot hold; and for what cannot be read
 */
export async function describeFiles(
  folder: string,
  { isHashed, signal }: { readonly isHashed: boolean; readonly signal?: AbortSignal | undefined },
): Promise<ManifestFile[]> {
  const paths = await pathsBelow(folder);
  return mapConcurrently(paths, filesAtOnce, async (name) => {
    const file = path.join(folder, name);
    return { path: name, ...(isHashed ? await hashFile(file, signal) : await describeFile(file)) };
  });
}

/**
 * Whether the file at `name` has the size and the content that a manifest says; an entry that says nothing of the content fits none.
 *
 * @throws Failure E_SET_UNREADABLE
 */
export async function isFileOf(name: string, file: ManifestFile, signal?: AbortSignal): Promise<boolean> {
  const { bytes, sha256, pieces } = file;
  if (sha256 === undefined && pieces === undefined) return false;
  if ((await sizeOf(name)) !== bytes) return false;
  if (sha256 !== undefined) return (await hashFile(name, signal)).sha256 === sha256;
  return (await hashPieces(name, pieces?.bytes ?? [], signal)) === pieces?.sha256;
}

/**
 * Size and SHA-256 of a file, read in pieces. Rejects with the signal's reason when it aborts.
 *
 * @throws Failure E_SET_UNREADABLE
 */
export async function hashFile(name: string, signal?: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of piecesOf(name, signal)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The SHA-256 of the SHA-256s of the pieces of these lengths, which follow each other; what is behind the last is not looked at. */
async function hashPieces(name: string, lengths: readonly number[], signal: AbortSignal | undefined): Promise<string> {
  const whole = createHash('sha256');
  let hash = createHash('sha256');
  let next = 0;
  let left = lengths[0] ?? 0;
  for await (const read of piecesOf(name, signal)) {
    for (let rest = read; rest.length > 0 && next < lengths.length;) {
      const part = rest.subarray(0, left);
      hash.update(part);
      rest = rest.subarray(part.length);
      left -= part.length;
      if (left > 0) continue;
      whole.update(hash.digest());
      hash = createHash('sha256');
      next += 1;
      left = lengths[next] ?? 0;
    }
  }
  return whole.digest('hex');
}

/** The content of a file in pieces, each valid until the next is asked for: new memory for each would lie outside of the heap and be collected late. */
async function* piecesOf(name: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafe(1024 * 1024);
  try {
    await using file = await open(name);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unreadable(name, error);
  }
}

async function describeFile(name: string): Promise<Pick<ManifestFile, 'bytes' | 'members'>> {
  const bytes = await sizeOf(name);
  const members = await readZipMembers(name, bytes);
  return members.length === 0 ? { bytes } : { bytes, members };
}

async function sizeOf(name: string): Promise<number> {
  try {
    return (await stat(name)).size;
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new Failure('E_SET_UNREADABLE', `Cannot read ${name}: ${messageOf(error)}`, {
    cause: error,
    hint: 'see that the file is there and readable by the user that rootcellar runs as, then run the command again',
  });
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
