import type { Id } from './format/hex-id.ts';

/** A part of a file at whose ends a chunk begins and ends, wherever else it is cut. */
export interface FileStretch {
  readonly at: number;
  readonly length: number;
  /** What it is taken for, if it proves to be that. */
  readonly known?: KnownStretch | undefined;
}

/** What a stretch of an earlier file was stored as. */
export interface KnownStretch {
  /** The chunks, and their lengths. */
  readonly content: readonly Id[];
  readonly lengths: readonly number[];
  /** What shows that a stretch still holds the same. */
  readonly proof: StretchProof;
}

export interface StretchProof {
  /** Of the content, inflated where the stretch is a deflated one (RFC 1951). */
  readonly bytes: number;
  readonly crc32: number;
  readonly isDeflated: boolean;
}

/** A file's stretches and what lies between them, from its beginning to its end. Throws for stretches out of order. */
export function wholeFile(stretches: readonly FileStretch[], bytes: number): FileStretch[] {
  const all: FileStretch[] = [];
  let end = 0;
  for (const stretch of stretches) {
    if (stretch.at < end) throw new Error('the stretches lie over each other');
    if (stretch.at > end) all.push({ at: end, length: stretch.at - end });
    all.push(stretch);
    end = stretch.at + stretch.length;
  }
  // Behind the last one whatever is there, also where the file has grown since.
  if (end < bytes || all.length === 0) all.push({ at: end, length: Number.POSITIVE_INFINITY });
  return all;
}
