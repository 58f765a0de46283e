import type { BlobIndex, BlobPlace } from '../blob-index.ts';
import type { Id } from '../format/hex-id.ts';
import { headerBytesOf, type PackedBlob } from '../format/pack-header.ts';

/** What is read by one request, and how it goes over. */
export type Read = WholePack | Stretch;

/** A pack of which all is wanted: it goes over as it is, under its own name. */
export interface WholePack {
  readonly kind: 'pack';
  readonly packId: Id;
  readonly bytes: number;
  readonly blobs: readonly BlobPlace[];
}

/** A part of a pack: its blobs go into new packs. */
export interface Stretch {
  readonly kind: 'stretch';
  readonly packId: Id;
  readonly offset: number;
  readonly bytes: number;
  readonly blobs: readonly BlobPlace[];
}

/** What lies between two wanted blobs is read along where it is less: a request costs about as much as these bytes. */
const largestGapBytes = 512 * 1024;
/** The size of each pack, by what an index says of it. */
export class PackSizes {
  readonly #sums = new Map<Id, { blobs: number; bytes: number; types: Set<string> }>();

  constructor(index: BlobIndex) {
    for (const place of index.places()) {
      const sum = this.#sums.get(place.packId) ?? { blobs: 0, bytes: headerBytesOf([]), types: new Set() };
      sum.blobs += 1;
      sum.bytes += bytesOf(place);
      sum.types.add(place.type);
      this.#sums.set(place.packId, sum);
    }
  }

  /** Its bytes where `wanted` is all that lies in it, and of one type; undefined otherwise. */
  bytesIfWhole(packId: Id, wanted: readonly BlobPlace[]): number | undefined {
    const sum = this.#sums.get(packId);
    return sum?.blobs === wanted.length && sum.types.size === 1 ? sum.bytes : undefined;
  }
}

/** With its entry in the header. */
function bytesOf(blob: PackedBlob): number {
  return blob.length + headerBytesOf([blob]) - headerBytesOf([]);
}

/**
 * Decides how to read `wanted`, each blob once, at most `mostBytes` by one request unless a blob has more. `mayGoWhole` says of a pack whether it may lie in
 * the target under its own name; none may where the keys differ.
 */
export function planReads(
  wanted: readonly BlobPlace[],
  { sizes, mostBytes, mayGoWhole }: { readonly sizes: PackSizes; readonly mostBytes: number; readonly mayGoWhole: (packId: Id) => boolean },
): Read[] {
  const reads: Read[] = [];
  for (const [packId, blobs] of Map.groupBy(wanted, (place) => place.packId)) {
    const bytes = mayGoWhole(packId) ? sizes.bytesIfWhole(packId, blobs) : undefined;
    if (bytes !== undefined && bytes <= mostBytes) reads.push({ kind: 'pack', packId, bytes, blobs });
    else reads.push(...stretchesOf(packId, blobs, mostBytes));
  }
  return reads;
}

function stretchesOf(packId: Id, blobs: readonly BlobPlace[], mostBytes: number): Read[] {
  const stretches: { kind: 'stretch'; packId: Id; offset: number; bytes: number; blobs: BlobPlace[] }[] = [];
  for (const blob of blobs.toSorted((a, b) => a.offset - b.offset)) {
    const { offset, length } = blob;
    const last = stretches.at(-1);
    const isNear = last !== undefined && offset - (last.offset + last.bytes) <= largestGapBytes;
    if (isNear && offset + length - last.offset <= mostBytes) {
      last.bytes = Math.max(last.bytes, offset + length - last.offset);
      last.blobs.push(blob);
    } else {
      stretches.push({ kind: 'stretch', packId, offset, bytes: length, blobs: [blob] });
    }
  }
  return stretches;
}
