import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakeClock } from '../../test/harness/fake-clock.ts';
import { Failure } from '../foundation/failure.ts';
import { CountingStore } from './counting-store.ts';
import { MemoryStore } from './memory-store.ts';
import type { ObjectLock } from './object-lock.ts';
import { RetainingStore } from './retaining-store.ts';

const day = 86_400_000;

function setUp(change: (lock: ObjectLock) => Partial<ObjectLock> = () => ({})) {
  const clock = new FakeClock();
  const memory = new MemoryStore({ clock, objectLock: {} });
  const inner = new CountingStore(memory);
  const objectLock = { ...bound(inner.objectLock), ...change(memory.objectLock) };
  const odd = new Proxy(inner, { get: (target, name) => (name === 'objectLock' ? objectLock : bindTo(target, Reflect.get(target, name))) });
  const isLocked = (key: string) => !key.startsWith('locks/');
  return { clock, memory, inner, store: new RetainingStore(odd, { mode: 'compliance', milliseconds: 10 * day, clock, isLocked }) };
}

function bindTo(target: object, value: unknown): unknown {
  return typeof value === 'function' ? value.bind(target) : value;
}

function bound(lock: ObjectLock): ObjectLock {
  return {
    ability: (options) => lock.ability(options),
    retentionOf: (key, options) => lock.retentionOf(key, options),
    extend: (key, retention, options) => lock.extend(key, retention, options),
    listVersions: (prefix, options) => lock.listVersions(prefix, options),
    deleteVersions: (versions, options) => lock.deleteVersions(versions, options),
  };
}

const x = new TextEncoder().encode('x');

test('put() locks what shall be locked from the moment of the write on, and nothing else', async () => {
  const { clock, store } = setUp();

  await store.put('data/a', x);
  await clock.advance(day);
  await store.putStream('data/b', async function* () {
    yield x;
  });
  await store.put('locks/c', x);

  const until = (days: number) => new Date(clock.now().getTime() + days * day);
  assert.deepEqual(await store.objectLock.retentionOf('data/a'), { mode: 'compliance', until: until(9) });
  assert.deepEqual(await store.objectLock.retentionOf('data/b'), { mode: 'compliance', until: until(10) });
  assert.equal(await store.objectLock.retentionOf('locks/c'), undefined);
});

test('put() asks once whether the bucket locks, and once whether it did', async () => {
  const { inner, store } = setUp();

  for (const key of ['a', 'b', 'c']) await store.put(key, x);

  assert.equal(inner.counts().calls.lock, 2);
});

test('put() locks what the store has written without, and asks again the next time', async () => {
  const asked: string[] = [];
  const extended: string[] = [];
  const held = new Map<string, { mode: 'governance' | 'compliance'; until: Date }>();
  const { store } = setUp(() => ({
    retentionOf: async (key) => {
      asked.push(key);
      return held.get(key);
    },
    extend: async (key, retention) => {
      extended.push(key);
      held.set(key, retention);
      return retention;
    },
  }));

  await store.put('a', x);
  await store.put('b', x);

  assert.deepEqual(
    [asked, extended],
    [
      ['a', 'a', 'b', 'b'],
      ['a', 'b'],
    ],
  );
});

test('put() fails when the store takes a lock and does not keep it', async () => {
  const { store } = setUp(() => ({
    retentionOf: () => Promise.resolve(undefined),
    extend: (_key, retention) => Promise.resolve(retention),
  }));

  await assert.rejects(store.put('a', x), {
    code: 'E_OBJECT_LOCK_NOT_KEPT',
    message: 'Cannot lock "a" in memory: the store takes the lock and does not keep it',
  });
});

test('put() takes the word of the store where the account may not ask', async () => {
  const denied = () => Promise.reject(new Failure('E_ACCESS_DENIED', 'Cannot learn'));
  const { memory, store } = setUp(() => ({ ability: denied, retentionOf: denied }));

  await store.put('a', x);

  assert.equal((await memory.objectLock.retentionOf('a'))?.mode, 'compliance');
});
