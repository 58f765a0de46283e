import type { BlobFinding, BlobToPart, Results } from '../pipeline/jobs.ts';
import { release } from '../pipeline/release.ts';
import type { Cipher } from '../sealing/cipher.ts';
import { openBlob } from './decode-blobs.ts';

/** Opens blobs that lie in `bytes`, which is used up, and gives parts of their content in a row; those of a blob with a finding stay empty. */
export function readParts(cipher: Cipher, bytes: Uint8Array, blobs: readonly BlobToPart[]): Results['read-parts'] {
  const findings: BlobFinding[] = [];
  const all = new Uint8Array(blobs.reduce((sum, { parts }) => sum + parts.reduce((own, { length }) => own + length, 0), 0));
  let to = 0;
  for (const { parts, ...blob } of blobs) {
    const content = openBlob(cipher, bytes.subarray(blob.offset, blob.offset + blob.length), blob);
    if (typeof content === 'string') findings.push({ blobId: blob.id, finding: content });
    for (const { at, length } of parts) {
      if (typeof content !== 'string') all.set(content.subarray(at, at + length), to);
      to += length;
    }
    if (typeof content !== 'string' && content.buffer !== bytes.buffer) release(content);
  }
  release(bytes);
  return { findings, bytes: all };
}
