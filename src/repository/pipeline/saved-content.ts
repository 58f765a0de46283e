import { createHash, hash } from 'node:crypto';
import type { Id } from '../format/hex-id.ts';

/** A file's chunks, as they were stored. */
export interface SavedContent {
  readonly content: readonly Id[];
  /** Of the whole; undefined where it was not wanted and there are several chunks. */
  readonly sha256: string | undefined;
  /** The lengths of the chunks, and the SHA-256 of their SHA-256s in a row: proves the whole, as many cores can work it out. */
  readonly pieces: { readonly bytes: number[]; readonly sha256: string };
}

/** A blob's ID is its SHA-256, so nothing of the content is hashed again. */
export function contentOf(content: readonly Id[], bytes: number[], sha256: string | undefined): SavedContent {
  const whole = createHash('sha256');
  for (const id of content) whole.update(id, 'hex');
  return { content, sha256: sha256 ?? ofFew(content), pieces: { bytes, sha256: whole.digest('hex') } };
}

function ofFew([first, second]: readonly Id[]): string | undefined {
  if (second !== undefined) return undefined;
  return first ?? hash('sha256', '', 'hex');
}
