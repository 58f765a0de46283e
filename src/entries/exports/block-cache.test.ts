import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import { BlockCache } from './block-cache.ts';

const megabyte = 1024 * 1024;
const hashOf = (name: number) => hash('sha256', String(name), 'buffer').subarray(0, 16);

suite('BlockCache', () => {
  test('has what was put into it, by its hash', () => {
    const cache = new BlockCache();
    cache.put(hashOf(1), Buffer.from('one'));

    assert.equal(cache.get(Uint8Array.from(hashOf(1)))?.toString(), 'one');
    assert.equal(cache.get(hashOf(2)), undefined);
  });

  test('keeps 32 MiB, and lets go first of what was not asked for longest', () => {
    const cache = new BlockCache();
    const numbers = Array.from({ length: 12 }, (_, number) => number);
    for (const number of numbers) {
      cache.put(hashOf(number), Buffer.alloc(4 * megabyte));
      cache.get(hashOf(0));
    }

    assert.deepEqual(
      numbers.filter((number) => cache.get(hashOf(number)) !== undefined),
      [0, 5, 6, 7, 8, 9, 10, 11],
    );
  });

  test('does not keep a block that is an eighth of all by itself, and counts none twice', () => {
    const cache = new BlockCache();
    cache.put(hashOf(1), Buffer.alloc(4 * megabyte + 1));
    for (let time = 0; time < 20; time += 1) cache.put(hashOf(2), Buffer.alloc(4 * megabyte));
    cache.put(hashOf(3), Buffer.alloc(megabyte));

    assert.deepEqual(
      [1, 2, 3].map((number) => cache.get(hashOf(number))?.length),
      [undefined, 4 * megabyte, megabyte],
    );
  });
});
