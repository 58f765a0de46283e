import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Clock } from '../foundation/clock.ts';
import { CountingStore } from './counting-store.ts';
import { MemoryStore } from './memory-store.ts';
import { ThrottledStore } from './throttled-store.ts';

/** Time passes only by sleeping. */
class SleepingClock implements Clock {
  #now = 1_000_000;

  now(): Date {
    return new Date(this.#now);
  }

  async sleep(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }
}

test('ThrottledStore lets 10 MB pass in 10 seconds at 1 MB/s, each way and by every call', async () => {
  const clock = new SleepingClock();
  const store = new ThrottledStore(new MemoryStore({ clock }), { uploadBytesPerSecond: 1e6, downloadBytesPerSecond: 1e6, clock });
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = clock.now().getTime();
    await work();
    return clock.now().getTime() - before;
  };
  const bytes = new Uint8Array(1e7);
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };

  for (const work of [() => store.put('k', bytes), () => store.putStream('k', source), () => store.get('k'), () => store.get('k')]) {
    const milliseconds = await timed(work);
    assert.ok(milliseconds >= 9_700 && milliseconds <= 10_200, `${milliseconds} ms`);
  }
});

test('CountingStore counts calls, failures and bytes', async () => {
  const store = new CountingStore(new MemoryStore({ clock: new SleepingClock() }));

  await store.put('a', new Uint8Array(10));
  await store.get('a');
  await assert.rejects(store.get('b'));
  await store.head('a');
  await store.listFolder('');
  await store.delete(['a', 'b']);

  assert.deepEqual(store.counts(), {
    calls: { put: 1, get: 2, head: 1, list: 1, delete: 1, unfinished: 0, probe: 0, lock: 0 },
    failed: 1,
    bytesWritten: 10,
    bytesRead: 10,
    objectsDeleted: 2,
  });
});
