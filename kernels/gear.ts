/** Bytes that the hash reaches back: each step shifts the older ones by a bit, out of its 64. */
const WINDOW: usize = 64;

/** Where the 256 numbers (u64) lie: a constant, so that looking one up is a single instruction. `pipeline.ts` puts them there. */
const TABLE: usize = 4096;

/**
 * The length of the first chunk of `data`: behind the byte where the gear hash is below a limit, `strict` before `normal` and `loose` from
 * there on; `max` where there is none, `length` where the data ends before. No hash is taken of what lies before `min`.
 * `WINDOW ≤ min ≤ normal ≤ max`.
 */
export function cut(data: usize, length: usize, min: usize, normal: usize, max: usize, strict: u64, loose: u64): usize {
  if (length <= min) return length;
  const end = data + (length < max ? length : max);
  const turn = data + (length < normal ? length : normal);
  const from = data + min;
  let hash: u64 = 0;
  for (let at = from - WINDOW; at < from; at++) hash = step(hash, at);
  const early = search(from, turn, hash, strict);
  if (early != 0) return early - data;
  const late = search(turn, end, last, loose);
  return (late == 0 ? end : late) - data;
}

/** The hash where the last search ended. */
let last: u64 = 0;

/** The place behind the first byte whose hash is below `limit`, or 0. */
function search(from: usize, to: usize, begin: u64, limit: u64): usize {
  let hash = begin;
  let at = from;
  // Eight at a time: the loop's own counting would take a third of the time.
  while (at + 8 <= to) {
    hash = step(hash, at);
    if (hash < limit) return at + 1;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 1)) << 3, TABLE);
    if (hash < limit) return at + 2;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 2)) << 3, TABLE);
    if (hash < limit) return at + 3;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 3)) << 3, TABLE);
    if (hash < limit) return at + 4;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 4)) << 3, TABLE);
    if (hash < limit) return at + 5;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 5)) << 3, TABLE);
    if (hash < limit) return at + 6;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 6)) << 3, TABLE);
    if (hash < limit) return at + 7;
    hash = (hash << 1) + load<u64>((<usize>load<u8>(at, 7)) << 3, TABLE);
    if (hash < limit) return at + 8;
    at += 8;
  }
  for (; at < to; at++) {
    hash = step(hash, at);
    if (hash < limit) return at + 1;
  }
  last = hash;
  return 0;
}

@inline
function step(hash: u64, at: usize): u64 {
  return (hash << 1) + load<u64>((<usize>load<u8>(at)) << 3, TABLE);
}
