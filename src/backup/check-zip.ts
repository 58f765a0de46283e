import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { open as openFile } from 'node:fs/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { messageOf } from '../foundation/failure.ts';

const openZip = promisify<string, yauzl.Options, ZipFile>(yauzl.open);

/** Whether the file begins as a zip does (APPNOTE.TXT 4.3.7, or 4.3.16 for an empty one). */
export async function isZip(name: string): Promise<boolean> {
  await using file = await openFile(name);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return bytesRead === 4 && ['504b0304', '504b0506'].includes(buffer.toString('hex'));
}

/**
 * Reads a zip to its end and compares each member's CRC-32 and size with its directory.
 *
 * Resolves to the number of members, or to what is wrong with the zip in one clause.
 */
export async function checkZip(name: string, signal?: AbortSignal): Promise<number | { readonly wrong: string }> {
  let zip: ZipFile | undefined;
  try {
    zip = await openZip(name, { lazyEntries: true, autoClose: false });
    let members = 0;
    for await (const entry of entriesOf(zip)) {
      signal?.throwIfAborted();
      members += 1;
      const found = await crcOf(zip, entry);
      if (found !== entry.crc32) return { wrong: `its member ${entry.fileName} does not have the CRC-32 that the zip names` };
    }
    return members;
  } catch (error) {
    signal?.throwIfAborted();
    return { wrong: `it is not a whole zip: ${messageOf(error)}` };
  } finally {
    zip?.close();
  }
}

async function* entriesOf(zip: ZipFile): AsyncIterable<Entry> {
  for (let left = zip.entryCount; left > 0; left -= 1) {
    yield await new Promise<Entry>((resolve, reject) => {
      zip.once('entry', resolve);
      zip.once('error', reject);
      zip.readEntry();
    });
    zip.removeAllListeners();
  }
}

async function crcOf(zip: ZipFile, entry: Entry): Promise<number> {
  const content = await promisify(
    zip.openReadStream.bind(zip) as (entry: Entry, done: (error: Error | null, stream: NodeJS.ReadableStream) => void) => void,
  )(entry);
  let crc = 0;
  for await (const piece of content) crc = crc32(piece as Uint8Array, crc);
  return crc;
}
