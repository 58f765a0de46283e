import type { BlobPlace } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';
import { readingSlabs } from './pipeline/read-packs.ts';

/** A part of a pack that is read by one request. */
export interface Stretch<Wanted> {
  readonly packId: Id;
  readonly offset: number;
  readonly length: number;
  readonly blobs: readonly Wanted[];
}

/** What lies between two wanted blobs is read along where it is less: a request costs about as much as these bytes. */
const largestGapBytes = 512 * 1024;

/** Groups what is wanted by pack, and into stretches within it; none is longer than told, but for one blob alone. */
export function planStretches<Wanted extends { readonly place: BlobPlace }>(
  wanted: Iterable<Wanted>,
  longestBytes = readingSlabs.slabBytes,
): Stretch<Wanted>[] {
  const byPack = Map.groupBy(wanted, ({ place }) => place.packId);
  return [...byPack].flatMap(([packId, blobs]) => stretchesOf(packId, blobs, longestBytes));
}

function stretchesOf<Wanted extends { readonly place: BlobPlace }>(
  packId: Id,
  blobs: readonly Wanted[],
  longestBytes: number,
): Stretch<Wanted>[] {
  const stretches: { packId: Id; offset: number; length: number; blobs: Wanted[] }[] = [];
  for (const blob of blobs.toSorted((a, b) => a.place.offset - b.place.offset)) {
    const { offset, length } = blob.place;
    const last = stretches.at(-1);
    const isNear = last !== undefined && offset - (last.offset + last.length) <= largestGapBytes;
    if (isNear && offset + length - last.offset <= longestBytes) {
      last.length = offset + length - last.offset;
      last.blobs.push(blob);
    } else {
      stretches.push({ packId, offset, length, blobs: [blob] });
    }
  }
  return stretches;
}
