import { hash } from 'node:crypto';
import type { Id } from '../format/hex-id.ts';

/** Each bit is tried, and each try hashes the whole: the time grows with the square of the length. */
const mostBytes = 4096;

/** Small bytes of which one bit was flipped, as they were when their SHA-256 was their name; undefined where more is wrong, or they are too long. */
export function undoFlipByHash(bytes: Uint8Array, id: Id): Uint8Array | undefined {
  if (bytes.length > mostBytes) return undefined;
  const tried = Uint8Array.from(bytes);
  for (let at = 0; at < tried.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      tried[at] = (tried[at] ?? 0) ^ (1 << bit);
      if (hash('sha256', tried, 'hex') === id) return tried;
      tried[at] = (tried[at] ?? 0) ^ (1 << bit);
    }
  }
  return undefined;
}
