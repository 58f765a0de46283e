import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapConcurrently } from './concurrency.ts';

/** Calls that settle when told; `begun` are the items in the order in which work began on them. */
function controlled() {
  const begun: number[] = [];
  const calls = new Map<number, PromiseWithResolvers<string>>();
  const work = (item: number) => {
    begun.push(item);
    const call = Promise.withResolvers<string>();
    calls.set(item, call);
    return call.promise;
  };
  return {
    begun,
    work,
    end: (item: number) => calls.get(item)?.resolve(`r${item}`),
    fail: (item: number) => calls.get(item)?.reject(new Error(`e${item}`)),
  };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('mapConcurrently() resolves to the results in the order of the items', async () => {
  const { work, end } = controlled();
  const results = mapConcurrently([1, 2, 3], 3, work);
  await turn();

  for (const item of [3, 1, 2]) end(item);

  assert.deepEqual(await results, ['r1', 'r2', 'r3']);
});

test('mapConcurrently() resolves to nothing for no items', async () => {
  assert.deepEqual(await mapConcurrently([], 2, () => Promise.resolve(1)), []);
});

test('mapConcurrently() tells each call the place of its item', async () => {
  assert.deepEqual(await mapConcurrently(['a', 'b', 'c'], 2, async (item, index) => `${item}${index}`), ['a0', 'b1', 'c2']);
});

test('mapConcurrently() has no more calls under way than the limit, and begins the next when one ends', async () => {
  const { begun, work, end } = controlled();
  const results = mapConcurrently([1, 2, 3, 4], 2, work);

  await turn();
  assert.deepEqual(begun, [1, 2]);
  end(2);
  await turn();
  assert.deepEqual(begun, [1, 2, 3]);
  for (const item of [1, 3]) end(item);
  await turn();
  end(4);

  assert.deepEqual(await results, ['r1', 'r2', 'r3', 'r4']);
});

test('mapConcurrently() begins nothing after a rejection, and rejects only when the calls under way have settled', async () => {
  const { begun, work, end, fail } = controlled();
  let settled = false;
  const results = mapConcurrently([1, 2, 3, 4], 2, work);
  const watched = results.finally(() => (settled = true)).catch(() => undefined);
  await turn();

  fail(1);
  await turn();
  assert.equal(settled, false);
  end(2);

  await assert.rejects(results, { message: 'e1' });
  await watched;
  assert.deepEqual(begun, [1, 2]);
});

test('mapConcurrently() rejects with the first of several errors', async () => {
  const { work, fail } = controlled();
  const results = mapConcurrently([1, 2], 2, work);
  await turn();

  fail(2);
  await turn();
  fail(1);

  await assert.rejects(results, { message: 'e2' });
});

test('mapConcurrently() waits for the calls under way when its source fails', async () => {
  const { work, end } = controlled();
  async function* source() {
    yield 1;
    throw new Error('no more');
  }
  let settled = false;
  const results = mapConcurrently(source(), 2, work);
  const watched = results.finally(() => (settled = true)).catch(() => undefined);
  await turn();

  assert.equal(settled, false);
  end(1);

  await assert.rejects(results, { message: 'no more' });
  await watched;
});

test('mapConcurrently() rejects with the first error also when its source fails after it', async () => {
  const { work, fail } = controlled();
  const more = Promise.withResolvers<undefined>();
  async function* source() {
    yield 1;
    await more.promise;
    throw new Error('second');
  }
  const results = mapConcurrently(source(), 2, work);
  await turn();

  fail(1);
  await turn();
  more.resolve(undefined);

  await assert.rejects(results, { message: 'e1' });
});

test('mapConcurrently() waits for the calls under way when one throws at once', async () => {
  const first = Promise.withResolvers<string>();
  let settled = false;
  const results = mapConcurrently([1, 2], 2, (item) => {
    if (item === 2) throw new Error('at once');
    return first.promise;
  });
  const watched = results.finally(() => (settled = true)).catch(() => undefined);
  await turn();

  assert.equal(settled, false);
  first.resolve('done');

  await assert.rejects(results, { message: 'at once' });
  await watched;
});

test('mapConcurrently() closes its source when a call fails', async () => {
  let closed = false;
  let taken = 0;
  function* source() {
    try {
      for (; taken < 100; taken += 1) yield taken;
    } finally {
      closed = true;
    }
  }

  await assert.rejects(
    mapConcurrently(source(), 2, () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );

  assert.ok(closed);
  assert.ok(taken < 100, `${taken} items were taken`);
});
