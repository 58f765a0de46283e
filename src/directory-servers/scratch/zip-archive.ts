import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

export interface ZipEntry {
  /** `/`-separated; that of a folder ends with `/`. */
  readonly name: string;
  readonly bytes: number;
}

/** What lies in a zip. Rejects for what is no zip; a name that leads out of it is refused by yauzl. */
export async function listZip(file: string): Promise<readonly ZipEntry[]> {
  const listed: ZipEntry[] = [];
  await eachEntry(file, async (entry) => void listed.push({ name: entry.fileName, bytes: entry.uncompressedSize }));
  return listed;
}

/** The text of a small file in the zip; undefined where it has none of that name. */
export async function readZipText(file: string, name: string): Promise<string | undefined> {
  let found: string | undefined;
  await eachEntry(file, async (entry, zip) => {
    if (entry.fileName === name) found = await text(await zip.openReadStreamPromise(entry));
  });
  return found;
}

/** Writes what lies below `root` in the zip into `folder`, with its right to be run; links are left out. */
export async function unpackZip(file: string, root: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  await eachEntry(file, async (entry, zip) => {
    signal?.throwIfAborted();
    if (!entry.fileName.startsWith(root)) return;
    const mode = (entry.externalFileAttributes >>> 16) & 0xffff;
    const name = entry.fileName.slice(root.length);
    const target = path.join(folder, name);
    if (entry.fileName.endsWith('/')) return void (await mkdir(target, { recursive: true }));
    if ((mode & typeMask) === linkType) return;
    await mkdir(path.dirname(target), { recursive: true });
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target), { signal });
    // Those of others than the owner count for nothing: the folder is ours alone. What is read-only could not be changed by a set-up.
    await chmod(target, isProgram(name, mode) ? 0o700 : 0o600);
  });
}

/** By its mode, or by its place in an archive that was made where there are no modes. */
function isProgram(name: string, mode: number): boolean {
  return mode === 0 ? /^(setup|bin\/[^/.]+|lib\/[^/]+\.sh)$/.test(name) : (mode & 0o100) !== 0;
}

const typeMask = 0o17_0000;
const linkType = 0o12_0000;

async function eachEntry(file: string, visit: (entry: Entry, zip: ZipFile) => Promise<void>): Promise<void> {
  const zip = await yauzl.openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) await visit(entry, zip);
  } finally {
    zip.close();
  }
}
