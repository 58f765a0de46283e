import type { PackedBlob } from '../format/pack-header.ts';
import type { BlobFinding } from '../pipeline/jobs.ts';
import { release } from '../pipeline/release.ts';
import type { Cipher } from '../sealing/cipher.ts';
import { openBlob } from './decode-blobs.ts';

/**
 * Checks each blob that lies in `bytes`: its MAC, that it decompresses, and its SHA-256. With `isOpened` what was sealed of a blob is then
 * opened in its place, compressed as it was; otherwise `bytes` stays as it is. A blob with a finding is not to be used.
 */
export function openBlobs(
  cipher: Cipher,
  { bytes, blobs, isOpened }: { readonly bytes: Uint8Array; readonly blobs: readonly PackedBlob[]; readonly isOpened: boolean },
): BlobFinding[] {
  const findings: BlobFinding[] = [];
  for (const blob of blobs) {
    const place = bytes.subarray(blob.offset, blob.offset + blob.length);
    const sealed = isOpened ? place : Uint8Array.from(place);
    const content = openBlob(cipher, sealed, blob);
    if (typeof content === 'string') findings.push({ blobId: blob.id, finding: content });
    else if (content.buffer !== sealed.buffer) release(content);
    if (!isOpened) release(sealed);
  }
  return findings;
}
