import { idOf, type Id } from '../format/hex-id.ts';
import { decodePackHeader, headerBytesOf, nameTheSame, type PackedBlob } from '../format/pack-header.ts';
import { messageOf } from '../../foundation/failure.ts';
import type { BlobFinding } from '../pipeline/jobs.ts';
import { release } from '../pipeline/release.ts';
import type { Cipher } from '../sealing/cipher.ts';
import { openBlob } from './decode-blobs.ts';

const lengthBytes = 4;

/** Of a pack that is whole, and of which an index is wrong. */
export const headerDiffers = 'its header does not say what the index says';

/**
 * All that is wrong with a pack: its header, what the index says of it, each of its blobs, its name. `bytes` is used up.
 *
 * The header has a MAC, and so has each blob beside the SHA-256 of its content: where they fill the pack without a gap, every byte was checked, and that it
 * is this pack and no other is known from the header. Only otherwise the whole is hashed as well, to say what happened.
 */
export function checkPack(
  cipher: Cipher,
  { bytes, packId, blobs }: { readonly bytes: Uint8Array; readonly packId: Id; readonly blobs: readonly PackedBlob[] },
): BlobFinding[] {
  const findings: BlobFinding[] = [];
  const tell = (finding: string, blobId?: Id) => findings.push({ blobId, finding });
  const header = readPackHeader(cipher, bytes, packId);
  const isCovered = typeof header !== 'string' && nameTheSame(header, blobs) && fills(header, bytes.length);
  const actual = isCovered ? packId : idOf(bytes);
  if (actual !== packId) tell(`its bytes hash to ${actual.slice(0, 12)}`);
  if (typeof header === 'string') tell(header);
  else if (!nameTheSame(header, blobs)) tell(headerDiffers);
  // A blob that is listed twice would be opened twice in the same place.
  const places = new Map([...blobs, ...(typeof header === 'string' ? [] : header)].map((blob) => [blob.offset, blob]));
  for (const blob of places.values()) {
    const content = openBlob(cipher, bytes.subarray(blob.offset, blob.offset + blob.length), blob);
    if (typeof content === 'string') tell(content, blob.id);
    else if (content.buffer !== bytes.buffer) release(content);
  }
  release(bytes);
  return findings;
}

/** The blobs that a pack names in its header, or what is wrong with it, in one clause. */
export function readPackHeader(cipher: Cipher, pack: Uint8Array, packId: Id): PackedBlob[] | string {
  if (pack.length < lengthBytes) return `it has only ${pack.length} bytes`;
  const length = new DataView(pack.buffer, pack.byteOffset + pack.length - lengthBytes).getUint32(0, true);
  const from = pack.length - lengthBytes - length;
  if (from < 0) return 'its header is longer than itself';
  const header = cipher.open(pack.subarray(from, pack.length - lengthBytes));
  if (header === undefined) return 'the MAC of its header does not fit';
  try {
    return decodePackHeader(header, packId);
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether the blobs lie one behind the other from the beginning, and the header right behind them. */
function fills(blobs: readonly PackedBlob[], packBytes: number): boolean {
  let end = 0;
  for (const { offset, length } of blobs) {
    if (offset !== end) return false;
    end += length;
  }
  return end + headerBytesOf(blobs) === packBytes;
}
