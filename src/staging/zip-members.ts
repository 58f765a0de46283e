import { open } from 'node:fs/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { ZipMember } from '../domain/manifest.ts';
import { nextZipEntry } from './next-zip-entry.ts';

/** It is not worth the ado for smaller ones. */
const leastBytes = 1024 * 1024;

const isEncryptedFlag = 1;
const stored = 0;
const deflated = 8;

/**
 * The large members of a zip, in the order of their places, of which the zip's directory and what stands beside the content say the same. Nothing of the
 * content is read, and so nothing is known of it. Empty for what is no zip, or none that one could make sense of: whether it is whole is not asked here.
 */
export async function readZipMembers(name: string, bytes: number): Promise<ZipMember[]> {
  if (bytes < leastBytes || !(await beginsAsZip(name))) return [];
  let zip: ZipFile | undefined;
  try {
    zip = await yauzl.openPromise(name, { autoClose: false });
    zip.on('error', () => undefined);
    const members: ZipMember[] = [];
    for (let left = zip.entryCount; left > 0; left -= 1) {
      const entry = await nextZipEntry(zip);
      const member = isLarge(entry) ? await memberOf(zip, entry) : undefined;
      if (member !== undefined) members.push(member);
    }
    return inOrder(members, bytes);
  } catch {
    return [];
  } finally {
    zip?.close();
  }
}

async function beginsAsZip(name: string): Promise<boolean> {
  await using file = await open(name);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.toString('latin1') === 'PK\u0003\u0004';
}

function isLarge({ compressedSize, compressionMethod, generalPurposeBitFlag }: Entry): boolean {
  return compressedSize >= leastBytes && [stored, deflated].includes(compressionMethod) && (generalPurposeBitFlag & isEncryptedFlag) === 0;
}

async function memberOf(zip: ZipFile, entry: Entry): Promise<ZipMember | undefined> {
  const { fileDataStart, fileName, compressionMethod } = await zip.readLocalFileHeaderPromise(entry);
  if (!fileName.equals(entry.fileNameRaw) || compressionMethod !== entry.compressionMethod) return undefined;
  return {
    name: entry.fileName,
    at: fileDataStart,
    storedBytes: entry.compressedSize,
    isDeflated: compressionMethod === deflated,
    bytes: entry.uncompressedSize,
    crc32: entry.crc32,
  };
}

/** None where two lie over each other, or one beyond the end: then the directory is not to be trusted. */
function inOrder(members: ZipMember[], bytes: number): ZipMember[] {
  members.sort((a, b) => a.at - b.at);
  const ends = members.map(({ at, storedBytes }) => at + storedBytes);
  return members.every((_, index) => (ends[index] ?? 0) <= (members[index + 1]?.at ?? bytes)) ? members : [];
}
