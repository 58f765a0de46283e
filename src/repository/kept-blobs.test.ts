import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptBlobs } from './kept-blobs.ts';

function setUp(mostBytes = 1000) {
  const blobs = new KeptBlobs(mostBytes);
  const reads: string[] = [];
  const get = (id: string, bytes = 100) =>
    blobs.get(
      id,
      () => {
        reads.push(id);
        return Promise.resolve(new Uint8Array(bytes));
      },
      undefined,
    );
  return { blobs, reads, get };
}

test('KeptBlobs reads once what is asked for again, also at the same time', async () => {
  const { reads, get } = setUp();

  await Promise.all([get('a'), get('a'), get('b')]);
  await get('a');

  assert.deepEqual(reads, ['a', 'b']);
});

test('KeptBlobs forgets what was asked for longest ago, and what is large', async () => {
  const { reads, get } = setUp();
  for (const id of ['a', 'b', 'a', 'c']) await get(id, 400);
  await get('a', 400);
  await get('b', 400);
  assert.deepEqual(reads, ['a', 'b', 'c', 'b']);

  const large = setUp(10_000_000);
  await large.get('a', 300_000);
  await large.get('a', 300_000);
  assert.deepEqual(large.reads, ['a', 'a']);
});

test('KeptBlobs reads again for those who waited when the first reader was stopped, and tells a failure to each', async () => {
  const { blobs, reads, get } = setUp();
  const stopped = blobs.get('a', () => Promise.reject(new Error('stopped')), undefined);
  const waiting = get('a');
  await assert.rejects(stopped, /stopped/);
  assert.equal((await waiting).length, 100);
  assert.deepEqual(reads, ['a']);

  const failing = () => blobs.get('b', () => Promise.reject(new Error('damaged')), undefined);
  for (const result of await Promise.allSettled([failing(), failing(), failing()])) assert.equal(result.status, 'rejected');
  assert.equal((await get('b')).length, 100);
});
