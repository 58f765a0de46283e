import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { BlobIndex } from './blob-index.ts';

const id = (name: string | number): string => createHash('sha256').update(String(name)).digest('hex');

test('BlobIndex finds each of many blobs where it lies', () => {
  const index = new BlobIndex();
  for (let pack = 0; pack < 50; pack += 1) {
    const blobs = Array.from({ length: 100 }, (_, i) => {
      return { id: id(pack * 100 + i), type: 'data', offset: i * 50, length: 50, rawLength: i } as const;
    });
    index.addPack({ id: id(`pack ${pack}`), blobs });
  }

  assert.equal(index.size, 5000);
  for (let i = 0; i < 5000; i += 1) {
    const place = {
      id: id(i),
      type: 'data',
      offset: (i % 100) * 50,
      length: 50,
      rawLength: i % 100,
      packId: id(`pack ${Math.floor(i / 100)}`),
    };
    assert.deepEqual(index.find('data', id(i)), place);
  }
  assert.equal(index.find('data', id(5000)), undefined);
  const inPack = index.placesIn(id('pack 49')).map((place) => place.id);
  assert.deepEqual(
    inPack,
    Array.from({ length: 100 }, (_, i) => id(4900 + i)),
  );
});

test('BlobIndex tells a tree from data with the same ID, and knows all places of a blob', () => {
  const index = new BlobIndex();
  const blob = { id: id('x'), offset: 0, length: 40, rawLength: 0 };
  index.addPack({ id: id('p'), blobs: [{ ...blob, type: 'data' }] });
  index.addPack({ id: id('q'), blobs: [{ ...blob, type: 'data' }] });
  index.addPack({ id: id('q'), blobs: [{ ...blob, type: 'data' }] });

  assert.equal(index.has('tree', id('x')), false);
  assert.deepEqual(
    index.findAll('data', id('x')).map(({ packId }) => packId),
    [id('p'), id('q')],
  );
  assert.equal([...index.places()].length, 2);
  assert.deepEqual(
    ['p', 'q', 'r'].map((pack) => index.placesIn(id(pack)).map(({ packId, offset }) => [packId, offset])),
    [[[id('p'), 0]], [[id('q'), 0]], []],
  );
});
