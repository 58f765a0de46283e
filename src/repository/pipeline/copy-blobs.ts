import { hash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import type { BlobToCopy } from './jobs.ts';

let buffer = Buffer.alloc(0);

/** Copies blobs from files where they may lie to their targets: only what has its blob's hash is written. Gives the IDs of those that were not there. */
export function copyBlobs(blobs: readonly BlobToCopy[]): { missing: string[]; bytes: number } {
  const missing: string[] = [];
  let bytes = 0;
  for (const { id, length, source, targets } of blobs) {
    if (buffer.length < length) buffer = Buffer.alloc(length);
    const content = buffer.subarray(0, length);
    if (!readWhole(content, source) || hash('sha256', content, 'hex') !== id) {
      missing.push(id);
      continue;
    }
    for (const { descriptor, position } of targets) {
      for (let done = 0; done < length;) done += writeSync(descriptor, content, done, length - done, position + done);
      bytes += length;
    }
  }
  return { missing, bytes };
}

/** False where the file ends before, or cannot be read: then it is had from elsewhere. */
function readWhole(content: Buffer, { descriptor, position }: BlobToCopy['source']): boolean {
  try {
    for (let done = 0; done < content.length;) {
      const read = readSync(descriptor, content, done, content.length - done, position + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  } catch {
    return false;
  }
}
