import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobIndex, type BlobPlace } from '../blob-index.ts';
import type { BlobType, PackedBlob } from '../format/pack-header.ts';
import { PackSizes, planReads, type Read } from './plan-reads.ts';

const mebi = 1024 * 1024;
const [packA, packB] = ['a'.repeat(64), 'b'.repeat(64)] as const;

/** Blobs of these lengths in a row. */
function blobs(first: number, lengths: readonly number[], type: BlobType = 'data'): PackedBlob[] {
  let offset = 0;
  return lengths.map((length, index) => {
    const blob = { id: (first + index).toString(16).padStart(64, '0'), type, offset, length, rawLength: 0 };
    offset += length;
    return blob;
  });
}

function indexOf(packs: Readonly<Record<string, readonly PackedBlob[]>>): BlobIndex {
  const index = new BlobIndex();
  for (const [id, inside] of Object.entries(packs)) index.addPack({ id, blobs: inside });
  return index;
}

/** Each read as `kind pack offset+bytes: number of blobs`. */
function shown(reads: readonly Read[]): readonly string[] {
  return reads.map((read) => {
    const from = read.kind === 'pack' ? '' : `${read.offset}+`;
    return `${read.kind} ${read.packId.slice(0, 1)} ${from}${read.bytes}: ${read.blobs.length}`;
  });
}

function plan(index: BlobIndex, wanted: readonly BlobPlace[] = [...index.places()], mayGoWhole = true): readonly string[] {
  return shown(planReads(wanted, { sizes: new PackSizes(index), mostBytes: 17 * mebi, mayGoWhole: () => mayGoWhole }));
}

test('planReads() has a pack go whole when all of it is wanted, of the very size that it has', () => {
  const index = indexOf({ [packA]: blobs(1, [100, 200]), [packB]: blobs(3, [300]) });

  // Two entries of 37 bytes, IV and MAC of the header, its length.
  assert.deepEqual(plan(index), [`pack a ${300 + 2 * 37 + 36}: 2`, `pack b ${300 + 37 + 36}: 1`]);
});

test('planReads() takes parts where not all is wanted, or the pack may not go whole', () => {
  const index = indexOf({ [packA]: blobs(1, [100, 200, 300]) });

  assert.deepEqual(plan(index, [...index.places()].slice(1)), ['stretch a 100+500: 2']);
  assert.deepEqual(plan(index, undefined, false), ['stretch a 0+600: 3']);
});

test('planReads() parts a pack that holds data and trees, and one that is too large to lie in memory', () => {
  const mixed = indexOf({ [packA]: [...blobs(1, [100]), ...blobs(2, [0, 100], 'tree').slice(1)] });
  const large = indexOf({
    [packA]: blobs(
      1,
      Array.from({ length: 40 }, () => mebi),
    ),
  });

  assert.deepEqual(plan(mixed), ['stretch a 0+100: 2']);
  assert.deepEqual(
    plan(large),
    [17, 17, 6].map((blobsIn, i) => `stretch a ${i * 17 * mebi}+${blobsIn * mebi}: ${blobsIn}`),
  );
});

test('planReads() reads small gaps along, and begins anew after large ones', () => {
  const index = indexOf({ [packA]: blobs(1, [1000, 500_000, 1000, 600_000, 1000]) });
  const wanted = [...index.places()].filter(({ length }) => length === 1000);

  assert.deepEqual(plan(index, wanted), ['stretch a 0+502000: 2', 'stretch a 1102000+1000: 1']);
});
