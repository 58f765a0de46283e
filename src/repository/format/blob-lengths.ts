import { headerEntryBytes, type PackedBlob } from './pack-header.ts';

/** Bytes that sealing adds. */
const sealBytes = 32;

type Lengths = Pick<PackedBlob, 'length' | 'rawLength'>;

/** The length of a blob's content. */
export function contentLength({ length, rawLength }: Lengths): number {
  return rawLength === 0 ? length - sealBytes : rawLength;
}

/** What a blob takes in its pack: itself and its line in the header. */
export function storedLength(blob: Lengths): number {
  return blob.length + headerEntryBytes(blob);
}
