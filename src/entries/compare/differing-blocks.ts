import type { BlockTable } from '../../domain/entry-index.ts';

/** Numbers of blocks of both sides that lie between the same neighbours: what became of an entry is mostly told by the two together. */
export interface BlockPart {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** How often they are to be gone through, each time for a share of the entries, so that memory holds that share alone. */
  readonly turns: number;
}

/** A part is about so large where the sides are in the same order; larger ones are gone through in turns of that size. */
const bytesOfPart = 8 * 1024 * 1024;
const bytesOfTurn = 64 * 1024 * 1024;

/** The blocks of either side that the other has nowhere, as parts in the order of the files. Blocks of one hash hold the same, in whatever place. */
export function* partsThatDiffer(before: BlockTable, after: BlockTable): Generator<BlockPart> {
  const { places, isKnown } = matchBlocks(before, after);
  let part = newPart();
  let [from, fromAfter] = [0, 0];
  const take = (end: number, endAfter: number): void => {
    for (; from < end; from += 1) if ((places[from] ?? none) === none) addTo(part, 'before', before, from);
    for (; fromAfter < endAfter; fromAfter += 1) if (isKnown[fromAfter] === 0) addTo(part, 'after', after, fromAfter);
  };
  for (const place of longestAscending(places)) {
    take(place, places[place] ?? 0);
    if (part.bytes < bytesOfPart) continue;
    yield closed(part);
    part = newPart();
  }
  take(before.length, after.length);
  if (part.bytes > 0) yield closed(part);
}

const none = -1;

/** For each block before its place after, or -1; and of each block after whether it was there before. */
function matchBlocks(before: BlockTable, after: BlockTable): { readonly places: Int32Array; readonly isKnown: Uint8Array } {
  const find = finderOf(after);
  const places = new Int32Array(before.length);
  const isKnown = new Uint8Array(after.length);
  for (let number = 0; number < before.length; number += 1) {
    const place = find(before, number);
    places[number] = place;
    if (place !== none) isKnown[place] = 1;
  }
  return { places, isKnown };
}

/** Looks blocks up by their hashes, whose first bytes are as good as random. */
function finderOf(table: BlockTable): (other: BlockTable, number: number) => number {
  const slots = 2 ** Math.ceil(Math.log2(Math.max(16, table.length * 2)));
  const numbers = new Int32Array(slots).fill(none);
  const firstSlot = (hash: Uint8Array): number =>
    ((hash[0] ?? 0) | ((hash[1] ?? 0) << 8) | ((hash[2] ?? 0) << 16) | ((hash[3] ?? 0) << 24)) & (slots - 1);
  for (let number = 0; number < table.length; number += 1) {
    let slot = firstSlot(table.hash(number));
    while (numbers[slot] !== none) slot = (slot + 1) & (slots - 1);
    numbers[slot] = number;
  }
  return (other, wanted) => {
    for (let slot = firstSlot(other.hash(wanted)); ; slot = (slot + 1) & (slots - 1)) {
      const number = numbers[slot] ?? none;
      if (number === none || other.isSame(wanted, table, number)) return number;
    }
  };
}

interface GrowingPart {
  readonly before: number[];
  readonly after: number[];
  bytes: number;
}

function newPart(): GrowingPart {
  return { before: [], after: [], bytes: 0 };
}

function closed({ before, after, bytes }: GrowingPart): BlockPart {
  return { before, after, turns: Math.ceil(bytes / bytesOfTurn) };
}

function addTo(part: GrowingPart, side: 'before' | 'after', table: BlockTable, number: number): void {
  part[side].push(number);
  part.bytes += table.bytes(number);
}

/** The places of the longest run of ascending values, those below 0 left out (patience sorting). */
function longestAscending(values: Int32Array): Int32Array {
  const tops = new Int32Array(values.length);
  const previous = new Int32Array(values.length).fill(none);
  let length = 0;
  for (const [place, value] of values.entries()) {
    if (value < 0) continue;
    let [low, high] = [0, length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((values[tops[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[place] = low === 0 ? none : (tops[low - 1] ?? none);
    tops[low] = place;
    if (low === length) length += 1;
  }
  const run = new Int32Array(length);
  for (let index = length - 1, place = tops[length - 1] ?? none; index >= 0; index -= 1, place = previous[place] ?? none)
    run[index] = place;
  return run;
}
