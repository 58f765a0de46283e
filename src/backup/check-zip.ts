import { open as openFile, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { messageOf } from '../foundation/failure.ts';
import { nextZipEntry } from '../staging/next-zip-entry.ts';

/** Fixed parts of the records of APPNOTE.TXT: 4.3.12 a member's line in the directory, 4.3.16 the end of the directory. */
const directoryLineBytes = 46;
const endBytes = 22;
/** What a 32-bit field holds when the number is elsewhere, as it is too large. */
const elsewhere = 0xffff_ffff;

/**
 * Whether the file begins or ends as a zip does (APPNOTE.TXT 4.3.7, 4.3.16): a zip that is damaged at one end is a damaged zip, and not
 * some other file. The end is looked for where the zip has no comment or one that begins with the name of a product, as OpenDJ's do.
 */
export async function isZip(name: string): Promise<boolean> {
  await using file = await openFile(name);
  const { size } = await file.stat();
  const begin = await readAt(file, 0, 4);
  if (['504b0304', '504b0506'].includes(begin.toString('hex'))) return true;
  const end = await readAt(file, Math.max(0, size - endBytes - 1024), endBytes + 1024);
  return end.includes(Buffer.from('504b0506', 'hex'));
}

/**
 * Reads a zip to its end: each member's content against the CRC-32 and size in the directory, and what stands beside the content (read by
 * programs that, as the servers do, restore from a zip as it streams by) against the directory too.
 *
 * Resolves to the number of members, or to what is wrong with the zip in one clause. Rejects with the signal's reason when it aborts.
 */
export async function checkZip(name: string, signal?: AbortSignal): Promise<number | { readonly wrong: string }> {
  let zip: ZipFile | undefined;
  try {
    await using file = await openFile(name);
    zip = await yauzl.openPromise(name, { autoClose: false });
    // Whatever goes wrong is told by the calls; an event without a listener would end the process.
    zip.on('error', () => undefined);
    let directoryBytes = 0;
    for (let left = zip.entryCount; left > 0; left -= 1) {
      const entry = await nextZipEntry(zip);
      directoryBytes += directoryLineBytes + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
      const wrong = await faultOf(zip, file, entry, signal);
      if (wrong !== undefined) return { wrong: `its member ${entry.fileName} ${wrong}` };
    }
    return (await isWholeDirectory(zip, file, directoryBytes)) ? zip.entryCount : { wrong: 'its directory has other members than it says' };
  } catch (error) {
    signal?.throwIfAborted();
    // Its first sentence; yauzl guesses in a second one.
    return { wrong: `it is not a whole zip: ${messageOf(error).split('. ')[0] ?? ''}` };
  } finally {
    zip?.close();
  }
}

async function faultOf(zip: ZipFile, file: FileHandle, entry: Entry, signal: AbortSignal | undefined): Promise<string | undefined> {
  const found = await crcOf(zip, entry, signal);
  if (found !== entry.crc32) return 'does not have the CRC-32 that the zip names';
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(entry.fileNameRaw)) return 'has another name beside its content';
  if (local.compressionMethod !== entry.compressionMethod) return 'has another compression method beside its content';
  const after = await readAt(file, local.fileDataStart + entry.compressedSize, 24);
  const isSame = hasDescriptor(local)
    ? descriptorsOf(entry).some((descriptor) => descriptor.equals(after.subarray(0, descriptor.length)))
    : local.crc32 === entry.crc32 &&
      [elsewhere, entry.compressedSize].includes(local.compressedSize) &&
      [elsewhere, entry.uncompressedSize].includes(local.uncompressedSize);
  return isSame ? undefined : 'has another CRC-32 or size beside its content';
}

async function crcOf(zip: ZipFile, entry: Entry, signal: AbortSignal | undefined): Promise<number> {
  let crc = 0;
  for await (const piece of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted();
    crc = crc32(piece, crc);
  }
  signal?.throwIfAborted();
  return crc;
}

/** Whether CRC-32 and sizes follow the content instead of standing before it (APPNOTE.TXT 4.4.4, bit 3): so it is in a zip that was streamed. */
function hasDescriptor({ generalPurposeBitFlag }: { readonly generalPurposeBitFlag: number }): boolean {
  return (generalPurposeBitFlag & 0b1000) !== 0;
}

/** The forms of what follows the content (APPNOTE.TXT 4.3.9): with sizes of 32 or 64 bits, with or without a signature. */
function descriptorsOf({ crc32: crc, compressedSize, uncompressedSize }: Entry): readonly Buffer[] {
  const narrow = Buffer.alloc(12);
  narrow.writeUInt32LE(crc, 0);
  narrow.writeUInt32LE(compressedSize % 2 ** 32, 4);
  narrow.writeUInt32LE(uncompressedSize % 2 ** 32, 8);
  const wide = Buffer.alloc(20);
  wide.writeUInt32LE(crc, 0);
  wide.writeBigUInt64LE(BigInt(compressedSize), 4);
  wide.writeBigUInt64LE(BigInt(uncompressedSize), 12);
  return [narrow, wide].flatMap((form) => [Buffer.concat([Buffer.from('504b0708', 'hex'), form]), form]);
}

/** A count that is too small would hide members: the lines that were read must fill the directory. */
async function isWholeDirectory(zip: ZipFile, file: FileHandle, directoryBytes: number): Promise<boolean> {
  const end = await readAt(file, zip.fileSize - endBytes - zip.comment.length, endBytes);
  const said = end.readUInt32LE(12);
  return said === elsewhere || said === directoryBytes;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
