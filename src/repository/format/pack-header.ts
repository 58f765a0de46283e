import { damaged, shortened } from './repository-failures.ts';
import { isId, type Id } from './hex-id.ts';

export type BlobType = 'data' | 'tree';

/** A blob as it lies in its pack. */
export interface PackedBlob {
  readonly id: Id;
  readonly type: BlobType;
  readonly offset: number;
  /** In the pack, with IV and MAC. */
  readonly length: number;
  /** The length before compression; 0 where it is not compressed. */
  readonly rawLength: number;
}

const plainEntryBytes = 37;
const compressedEntryBytes = 41;

/** What a pack has beside its blobs and their lines in the header: what sealing the header adds, and its length. */
export const emptyPackBytes = 32 + 4;

/** What a sealed header of so many blobs takes at most, with its length field. */
export function headerBytesOf(blobs: readonly PackedBlob[]): number {
  return blobs.reduce((sum, blob) => sum + headerEntryBytes(blob), emptyPackBytes);
}

/** What one blob takes in the header. */
export function headerEntryBytes({ rawLength }: Pick<PackedBlob, 'rawLength'>): number {
  return rawLength === 0 ? plainEntryBytes : compressedEntryBytes;
}

export function encodePackHeader(blobs: readonly PackedBlob[]): Buffer {
  const header = Buffer.alloc(headerBytesOf(blobs) - 36);
  let at = 0;
  for (const { id, type, length, rawLength } of blobs) {
    const isCompressed = rawLength !== 0;
    at = header.writeUInt8((type === 'tree' ? 1 : 0) | (isCompressed ? 2 : 0), at);
    at = header.writeUInt32LE(length, at);
    if (isCompressed) at = header.writeUInt32LE(rawLength, at);
    at += header.write(id, at, 'hex');
  }
  return header;
}

/** Reads an opened header. @throws Failure E_REPOSITORY_DAMAGED */
export function decodePackHeader(header: Buffer, packId: Id): PackedBlob[] {
  const blobs: PackedBlob[] = [];
  let offset = 0;
  for (let at = 0; at < header.length;) {
    const kind = header[at] ?? 0xff;
    const isCompressed = (kind & 2) !== 0;
    const bytes = isCompressed ? compressedEntryBytes : plainEntryBytes;
    if (kind > 3 || at + bytes > header.length)
      throw damaged(`the header of pack ${shortened(packId)}`, `entry ${blobs.length} is not one`);
    const length = header.readUInt32LE(at + 1);
    const rawLength = isCompressed ? header.readUInt32LE(at + 5) : 0;
    const id = header.toString('hex', at + bytes - 32, at + bytes);
    blobs.push({ id, type: (kind & 1) === 1 ? 'tree' : 'data', offset, length, rawLength });
    offset += length;
    at += bytes;
  }
  return blobs;
}

/** Whether both name the same blobs in the same places. */
export function nameTheSame(a: readonly PackedBlob[], b: readonly PackedBlob[]): boolean {
  const keyOf = ({ id, type, offset, length, rawLength }: PackedBlob): string => `${type} ${id} ${offset} ${length} ${rawLength}`;
  const [ofA, ofB] = [new Set(a.map(keyOf)), new Set(b.map(keyOf))];
  return ofA.size === ofB.size && ofA.isSubsetOf(ofB);
}

/** Where a pack of this ID lies. */
export function packKey(id: Id): string {
  return `data/${id.slice(0, 2)}/${id}`;
}

/** The pack that lies under this key; undefined for objects of other names. */
export function packIdOf(key: string): Id | undefined {
  const id = key.slice(-64);
  return isId(id) && key === packKey(id) ? id : undefined;
}
