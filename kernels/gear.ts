/** Bytes that the hash reaches back: each step shifts the older ones by a bit, out of its 64. */
const WINDOW: usize = 64;

/**
 * The length of the first chunk of `data`: behind the byte where the gear hash has no bit of the mask, `strict` before `normal` and `loose` from
 * there on; `max` where there is none, `length` where the data ends before. No hash is taken of what lies before `min`.
 * `table` points to 256 u64. `WINDOW ≤ min ≤ normal ≤ max`.
 */
export function cut(
  data: usize,
  length: usize,
  table: usize,
  min: usize,
  normal: usize,
  max: usize,
  strict: u64,
  loose: u64,
): usize {
  if (length <= min) return length;
  const end = data + (length < max ? length : max);
  const turn = data + (length < normal ? length : normal);
  let at = data + min - WINDOW;
  let hash: u64 = 0;
  for (const warm = data + min; at < warm; at++) hash = (hash << 1) + load<u64>(table + ((<usize>load<u8>(at)) << 3));
  while (at + 4 <= turn) {
    const four = load<u32>(at);
    hash = (hash << 1) + load<u64>(table + (<usize>(four & 0xff) << 3));
    if ((hash & strict) == 0) return at + 1 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>((four >> 8) & 0xff) << 3));
    if ((hash & strict) == 0) return at + 2 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>((four >> 16) & 0xff) << 3));
    if ((hash & strict) == 0) return at + 3 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>(four >> 24) << 3));
    if ((hash & strict) == 0) return at + 4 - data;
    at += 4;
  }
  for (; at < turn; at++) {
    hash = (hash << 1) + load<u64>(table + ((<usize>load<u8>(at)) << 3));
    if ((hash & strict) == 0) return at + 1 - data;
  }
  while (at + 4 <= end) {
    const four = load<u32>(at);
    hash = (hash << 1) + load<u64>(table + (<usize>(four & 0xff) << 3));
    if ((hash & loose) == 0) return at + 1 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>((four >> 8) & 0xff) << 3));
    if ((hash & loose) == 0) return at + 2 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>((four >> 16) & 0xff) << 3));
    if ((hash & loose) == 0) return at + 3 - data;
    hash = (hash << 1) + load<u64>(table + (<usize>(four >> 24) << 3));
    if ((hash & loose) == 0) return at + 4 - data;
    at += 4;
  }
  for (; at < end; at++) {
    hash = (hash << 1) + load<u64>(table + ((<usize>load<u8>(at)) << 3));
    if ((hash & loose) == 0) return at + 1 - data;
  }
  return end - data;
}
