import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { decompress } from '../format/compression.ts';
import type { BlobFinding, BlobToDecode, WriteTarget } from '../pipeline/jobs.ts';
import { release } from '../pipeline/release.ts';
import type { Cipher } from '../sealing/cipher.ts';

/** Opens blobs that lie in `bytes`, which is used up, and writes those that are whole to their targets. */
export function decodeBlobs(cipher: Cipher, bytes: Uint8Array, blobs: readonly BlobToDecode[]): { findings: BlobFinding[]; bytes: number } {
  const findings: BlobFinding[] = [];
  let written = 0;
  for (const blob of blobs) {
    const content = openBlob(cipher, bytes.subarray(blob.offset, blob.offset + blob.length), blob);
    if (typeof content === 'string') {
      findings.push({ blobId: blob.id, finding: content });
      continue;
    }
    for (const target of blob.targets) {
      writeWhole(content, target);
      written += content.length;
    }
    // Uncompressed content lies in `bytes`.
    if (content.buffer !== bytes.buffer) release(content);
  }
  release(bytes);
  return { findings, bytes: written };
}

/** The content of a sealed blob, whose place is used up; or what is wrong with it, in one clause. */
export function openBlob(
  cipher: Cipher,
  sealed: Uint8Array,
  { id, length, rawLength }: { readonly id: string; readonly length: number; readonly rawLength: number },
): Uint8Array | string {
  if (sealed.length !== length) return `it has ${sealed.length} bytes instead of ${length}`;
  const opened = cipher.openInPlace(sealed);
  if (opened === undefined) return 'its MAC does not fit';
  const content = rawLength === 0 ? opened : decompress(opened, rawLength);
  if (content === undefined) return `it does not decompress to ${rawLength} bytes`;
  const actual = hash('sha256', content, 'hex');
  return actual === id ? content : `it hashes to ${actual.slice(0, 12)}`;
}

function writeWhole(content: Uint8Array, { descriptor, position }: WriteTarget): void {
  for (let done = 0; done < content.length;) done += writeSync(descriptor, content, done, content.length - done, position + done);
}
