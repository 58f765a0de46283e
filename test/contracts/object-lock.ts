import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import type { ObjectVersion, RetentionMode } from '../../src/object-stores/object-lock.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { RetainingStore } from '../../src/object-stores/retaining-store.ts';
import { realClock } from '../harness/real-clock.ts';
import type { StoreUnderTest } from './object-store.ts';
import { all, bytesOf, failure, inChunks, keysOf, textOf } from './object-store-helpers.ts';

const day = 86_400_000;

/** What every `ObjectLock` promises of a store that has one. */
export function describeObjectLock(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  options: { readonly manyPartsBytes?: number } = {},
): void {
  const { manyPartsBytes = 12 * 1024 * 1024 + 345 } = options;

  describe(`${name} as an ObjectLock`, () => {
    let made: StoreUnderTest;
    let store: ObjectStore;
    before(async () => {
      made = await makeStore();
      store = made.store;
    });
    after(() => made[Symbol.asyncDispose]());

    const inDays = (days: number): Date => new Date(Math.ceil(Date.now() / 1000) * 1000 + days * day);
    const versionsOf = (prefix: string): Promise<ObjectVersion[]> => all(store.objectLock.listVersions(prefix));
    const kindsOf = async (prefix: string) =>
      (await versionsOf(prefix)).map(({ kind, isCurrent, bytes }) => `${isCurrent ? 'current ' : ''}${kind} ${bytes}`);

    test('ability() tells that objects can be locked, and that nothing is locked by default', async () => {
      assert.deepEqual(await store.objectLock.ability(), { isEnabled: true, byDefault: undefined });
    });

    for (const mode of ['governance', 'compliance'] as const satisfies readonly RetentionMode[]) {
      test(`put() and putStream() lock what they write (${mode}), until the second that was asked for`, async () => {
        const retention = { mode, until: inDays(3) };
        const large = randomBytes(manyPartsBytes);

        await store.put(`${mode}/whole`, bytesOf('x'), { retention });
        await store.putStream(`${mode}/small`, () => inChunks(bytesOf('xyz'), 1), { retention });
        await store.putStream(`${mode}/parts`, () => inChunks(large, 100_001), { retention, bytes: large.length });

        for (const key of ['whole', 'small', 'parts'])
          assert.deepEqual(await store.objectLock.retentionOf(`${mode}/${key}`), retention, key);
        assert.ok(large.equals(await store.get(`${mode}/parts`)));
      });
    }

    test('retentionOf() is undefined of an object without one, and E_OBJECT_MISSING where there is none or a marker', async () => {
      await store.put('free/object', bytesOf('x'));
      await store.put('free/removed', bytesOf('x'));
      await store.delete(['free/removed']);

      assert.equal(await store.objectLock.retentionOf('free/object'), undefined);
      for (const key of ['free/absent', 'free/removed']) {
        const sentence = `Cannot read "${key}" in ${store.location}: there is no such object`;
        await assert.rejects(store.objectLock.retentionOf(key), failure('E_OBJECT_MISSING', sentence));
        await assert.rejects(store.objectLock.extend(key, { mode: 'governance', until: inDays(1) }), failure('E_OBJECT_MISSING'));
      }
    });

    test('extend() locks, lengthens and never shortens', async () => {
      const { objectLock } = store;
      await store.put('extended', bytesOf('x'));

      const steps = [inDays(2), inDays(5), inDays(3), inDays(5)];
      const held = [];
      for (const until of steps) held.push((await objectLock.extend('extended', { mode: 'compliance', until })).until);

      assert.deepEqual(held, [steps[0], steps[1], steps[1], steps[1]]);
      assert.deepEqual(await objectLock.retentionOf('extended'), { mode: 'compliance', until: steps[1] });
    });

    test('extend() lengthens a lock of the other mode and leaves it the mode', async () => {
      await store.put('mode', bytesOf('x'), { retention: { mode: 'governance', until: inDays(2) } });

      const held = await store.objectLock.extend('mode', { mode: 'compliance', until: inDays(4) });

      assert.equal(held.mode, 'governance');
      assert.deepEqual(await store.objectLock.retentionOf('mode'), held);
      assert.ok(held.until > inDays(3));
    });

    test('delete() hides a locked object behind a marker; its version does not go before its time', async () => {
      const retention = { mode: 'governance', until: inDays(2) } as const;
      await store.put('hidden/locked', bytesOf('kept'), { retention });

      await store.delete(['hidden/locked']);

      assert.deepEqual(await keysOf(store, 'hidden/'), []);
      assert.equal(await store.head('hidden/locked'), undefined);
      const versions = await versionsOf('hidden/');
      assert.deepEqual(await kindsOf('hidden/'), ['current marker 0', 'object 4']);
      const refused = await store.objectLock.deleteVersions(versions.filter(({ kind }) => kind === 'object'));
      assert.deepEqual(refused, [{ version: versions[1], lockedUntil: retention.until }]);
      // Without the marker it is seen again.
      assert.deepEqual(await store.objectLock.deleteVersions(versions.filter(({ kind }) => kind === 'marker')), []);
      assert.equal(textOf(await store.get('hidden/locked')), 'kept');
      assert.deepEqual(await store.objectLock.retentionOf('hidden/locked'), retention);
    });

    test('put() over a locked object leaves the locked version under it', async () => {
      await store.put('over/it', bytesOf('first'), { retention: { mode: 'compliance', until: inDays(1) } });
      await store.put('over/it', bytesOf('second!'));

      assert.deepEqual(await kindsOf('over/'), ['current object 7', 'object 5']);
      assert.equal(await store.objectLock.retentionOf('over/it'), undefined);
    });

    test('deleteVersions() gives back what is not locked, and takes for removed what is gone', async () => {
      await store.put('given/back', bytesOf('one'));
      await store.delete(['given/back']);
      const versions = await versionsOf('given/');

      assert.deepEqual(await store.objectLock.deleteVersions(versions), []);
      assert.deepEqual(await store.objectLock.deleteVersions(versions), []);

      assert.deepEqual(await versionsOf('given/'), []);
    });

    test('listVersions() gives keys in their order, each with all its versions, across pages', { timeout: 120_000 }, async () => {
      const keys = Array.from({ length: 25 }, (_, index) => `many/${String(index).padStart(2, '0')}`);
      for (const key of keys) for (let times = 0; times < 45; times += 1) await store.put(key, bytesOf('x'.repeat(times)));

      const versions = await versionsOf('many/');

      assert.deepEqual([...new Set(versions.map(({ key }) => key))], keys);
      for (const [key, own] of Map.groupBy(versions, (version) => version.key)) {
        assert.equal(own.length, 45, key);
        assert.deepEqual([own[0]?.isCurrent, own[0]?.bytes], [true, 44]);
      }
    });
  });
}

/** What a store does that cannot lock: it says so. Over it, `RetainingStore` asks before it writes: versitygw 1.8 refuses, and writes all the same. */
export function describeNoObjectLock(name: string, makeStore: () => Promise<StoreUnderTest>, why: string): void {
  test(`${name} says that it cannot lock, and nothing is written that was to be locked`, async () => {
    await using made = await makeStore();
    const { store } = made;
    const retention = { mode: 'governance', until: new Date(Date.now() + day) } as const;
    await store.put('there', bytesOf('x'));

    assert.deepEqual(await store.objectLock.ability(), { isEnabled: false, why });
    const retaining = new RetainingStore(store, { mode: 'governance', milliseconds: day, clock: realClock, isLocked: () => true });
    const sentence = `Cannot lock what is written to ${store.location}: ${why}`;
    await assert.rejects(retaining.put('k', bytesOf('x')), failure('E_OBJECT_LOCK_UNSUPPORTED', sentence));
    assert.deepEqual(await keysOf(store, ''), ['there']);
    const refused = (key: string) => failure('E_OBJECT_LOCK_UNSUPPORTED', `Cannot write "${key}" to ${store.location} with a lock: ${why}`);
    await assert.rejects(store.put('k', bytesOf('x'), { retention }), refused('k'));
    await assert.rejects(
      store.putStream('parts', () => inChunks(new Uint8Array(11 * 1024 * 1024), 1024 * 1024), { retention }),
      refused('parts'),
    );
    await assert.rejects(
      store.objectLock.extend('there', retention),
      failure('E_OBJECT_LOCK_UNSUPPORTED', `Cannot lock "there" in ${store.location}: ${why}`),
    );
    assert.equal(await store.objectLock.retentionOf('there'), undefined);
    assert.deepEqual(await all(store.listUnfinished()), []);
  });
}
