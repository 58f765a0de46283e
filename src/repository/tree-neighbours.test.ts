import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobIndex } from './blob-index.ts';
import type { PackedBlob } from './format/pack-header.ts';
import { TreeNeighbours } from './tree-neighbours.ts';

const idOf = (digit: string): string => digit.repeat(64);

/** An index of one pack: of each blob its digit, `D` before those of data, and its length; one behind the other. */
function indexOf(...blobs: readonly (readonly [string, number])[]): BlobIndex {
  let offset = 0;
  const packed = blobs.map(([name, length]): PackedBlob => {
    const blob = { id: idOf(name.at(-1) ?? ''), type: name.startsWith('D') ? 'data' : 'tree', offset, length, rawLength: 0 } as const;
    offset += length;
    return blob;
  });
  const index = new BlobIndex();
  index.addPack({ id: idOf('f'), blobs: packed });
  return index;
}

function around(index: BlobIndex, digit: string): string {
  const place = index.find('tree', idOf(digit)) ?? assert.fail(`no tree ${digit}`);
  return new TreeNeighbours(index)
    .around(place)
    .map(({ id }) => id[0])
    .join('');
}

test('around() gives the trees that lie beside one without a gap, in their order', () => {
  const index = indexOf(['1', 10], ['2', 10], ['D3', 10], ['4', 10], ['5', 10]);
  assert.deepEqual(
    ['1', '2', '4', '5'].map((digit) => around(index, digit)),
    ['12', '12', '45', '45'],
  );
});

test('around() gives no more than half a MiB, and a tree that is larger alone', () => {
  const index = indexOf(['1', 300_000], ['2', 300_000], ['3', 200_000], ['4', 600_000], ['5', 10]);
  assert.deepEqual(
    ['1', '2', '3', '4', '5'].map((digit) => around(index, digit)),
    ['1', '23', '23', '4', '5'],
  );
});
