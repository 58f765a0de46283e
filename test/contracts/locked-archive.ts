import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';

import type { Archive } from '../../src/archive/archive.ts';
import { lockMilliseconds } from '../../src/archive/object-lock/object-lock-rule.ts';
import { backupIdAt } from '../../src/domain/backup-id.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import { prune } from '../../src/history/prune.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { makeSet } from '../harness/example-set.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { lockedPlainArchive, lockedRepository } from '../harness/locked-archive.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import type { S3Server } from '../harness/s3-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { all, bytesOf } from './object-store-helpers.ts';

const second = 1000;
const rule = { mode: 'compliance', days: 2 } as const;

export interface LockingServer {
  readonly server: S3Server;
  /** Made with Object Lock. */
  readonly bucket: string;
  /** Made with Object Lock; the tests give it a default retention. */
  readonly defaultBucket: string;
}

/** An archive in a bucket that really locks: what comes back of what was removed, and what becomes of it in wrong hands. */
export function describeLockedArchive(name: string, layout: 'repository' | 'plain', makePlace: () => Promise<LockingServer>): void {
  describe(`a locked archive on ${name}, layout ${layout}`, () => {
    let place: LockingServer;
    let home: TemporaryFolder;
    before(async () => {
      [place, home] = await Promise.all([makePlace(), temporaryFolder('locked-archive')]);
      useS3Credentials(place.server);
    });
    after(() => home.remove());

    const openStore = (bucket: string, prefix: string): Promise<ObjectStore> =>
      openS3Store({ bucket, prefix, endpoint: place.server.endpoint, caFile: place.server.caFile });
    const openArchive = (store: ObjectStore, clock: FakeClock): Archive => {
      const options = { clock, graceMilliseconds: 0 };
      return layout === 'repository' ? lockedRepository(store, rule, options) : lockedPlainArchive(store, rule, options);
    };
    const archiveAt = async (prefix: string, clock: FakeClock) => {
      const store = await openStore(place.bucket, `${layout}/${prefix}`);
      return { store, archive: () => openArchive(store, clock), [Symbol.asyncDispose]: () => store.close() };
    };
    const common = randomBytes(200_000);
    const backUp = async (archive: Archive, clock: FakeClock, own: string): Promise<Snapshot> => {
      const backupId = backupIdAt(clock.now());
      const folder = path.join(home.path, backupId, own);
      const snapshot = await archive.save(folder, await makeSet(folder, backupId, { common, own: randomBytes(100_000) }));
      await (await archive.objectLocks()).extend();
      return snapshot;
    };
    const now = () => new FakeClock(new Date().toISOString());

    /** How long this machine, with this store, takes to make an archive with a snapshot, in milliseconds. */
    const timeOfOne = async (): Promise<number> => {
      const began = Date.now();
      await using set = await archiveAt('one/', now());
      await set.archive().create();
      await backUp(set.archive(), now(), 'one');
      return Date.now() - began;
    };

    test('what was forgotten stays under its lock, and is given back once that has ended', { timeout: 240_000 }, async () => {
      // By this clock locks end some seconds from now: not before all that is to happen under them.
      const spanUnderLock = 5 * second + 6 * (await timeOfOne());
      const clock = new FakeClock(new Date(Date.now() - lockMilliseconds(rule) + spanUnderLock).toISOString());
      await using set = await archiveAt('ended/', clock);
      await set.archive().create();
      const first = await backUp(set.archive(), clock, 'first');
      await clock.advance(second);
      const second_ = await backUp(set.archive(), clock, 'second');
      // From here on by the store's own time, and a little ahead of it: what is removed now counts as removed before.
      await clock.advance(Date.now() - clock.now().getTime() + 60 * second);
      await set.archive().forget([first]);
      await prune(set.archive(), true, {});

      const held = await prune(set.archive(), true, {});
      assert.deepEqual(held.refusals, []);
      assert.deepEqual(held.sweepPlan?.suspicions, []);
      const { locked, refused } = held.swept ?? assert.fail('nothing was swept');
      assert.ok(locked.versions > 0 && locked.bytes > 40_000 && locked.until !== undefined, JSON.stringify(locked));
      assert.equal(refused.versions, 0);

      // An index that the prunes wrote and replaced again is locked for days.
      for (let left = locked.bytes; left > 20_000;) {
        await delay(500);
        const { swept } = await prune(set.archive(), true, {});
        left = swept?.locked.bytes ?? 0;
      }

      const snapshots = await set.archive().list();
      assert.deepEqual(
        snapshots.map(({ id }) => id),
        [second_.id],
      );
      assert.deepEqual(await set.archive().verify(second_, true), []);
      // Markers went with what they hid, and nothing that was forgotten is seen again.
      const data = layout === 'repository' ? 'data/' : 'prod/';
      assert.ok((await all(set.store.objectLock.listVersions(data))).every(({ isCurrent, kind }) => isCurrent && kind === 'object'));
    });

    test('what wrong hands wrote over or hid is found, is kept by prune, and comes back whole', async () => {
      const clock = now();
      await using set = await archiveAt('wrong-hands/', clock);
      await set.archive().create();
      const snapshot = await backUp(set.archive(), clock, 'only');
      const [overwritten, hidden] = await layHandsOn(set.store, layout === 'repository' ? 'data/' : 'prod/');

      const archive = set.archive();
      const report = await (await archive.objectLocks()).read(await archive.list());
      assert.deepEqual(
        new Map(report?.suspicions?.map(({ key, what }) => [key, what])),
        new Map([
          [overwritten, 'overwritten'],
          [hidden, 'hidden'],
        ]),
      );
      const [listed] = await archive.list();
      assert.ok(listed?.state === 'damaged' || (await archive.verify(snapshot, true)).length > 0);
      // With what is left it may not be known what is needed; then it does nothing at all.
      const pruned = await prune(set.archive(), true, {}).catch((error: unknown) =>
        assert.equal(isFailure(error, 'E_PRUNE_REFUSED'), true),
      );
      assert.equal(pruned?.sweepPlan?.suspicions.length ?? 2, 2);

      // By hand, as the guide says it: what lies on top is removed.
      const versions = await all(set.store.objectLock.listVersions(''));
      const onTop = versions.filter(({ isCurrent, key }) => isCurrent && [overwritten, hidden].includes(key));
      assert.deepEqual(await set.store.objectLock.deleteVersions(onTop), []);
      const healed = set.archive();
      assert.deepEqual(await healed.verify((await healed.list())[0] ?? assert.fail('no snapshot'), true), []);
      const after_ = await (await healed.objectLocks()).read(await healed.list());
      assert.deepEqual(after_?.suspicions, []);
      assert.ok([...(after_?.locks.values() ?? [])].every(({ isKept }) => isKept));
    });

    if (layout === 'repository') {
      test('an overwritten snapshot or index is found by its name', async () => {
        const clock = now();
        await using set = await archiveAt('overwritten/', clock);
        await set.archive().create();
        const snapshot = await backUp(set.archive(), clock, 'only');
        const [index] = (await all(set.store.list('index/'))).map(({ key }) => key);
        for (const key of [`snapshots/${snapshot.id}`, index ?? '']) {
          const genuine = await set.store.get(key);
          await set.store.put(key, bytesOf('rubbish'));

          const archive = set.archive();
          const [listed] = await archive.list();
          const damages = listed === undefined ? [] : await archive.verify(listed, false);
          const suspicions = (await (await archive.objectLocks()).planSweep())?.suspicions;
          await assert.rejects(set.archive().planPrune(), { code: 'E_PRUNE_REFUSED' });

          assert.ok(listed?.state === 'damaged' || damages.length > 0, key);
          assert.deepEqual(suspicions, [{ key, what: 'overwritten' }]);
          await set.store.put(key, genuine);
        }
        assert.deepEqual((await (await set.archive().objectLocks()).planSweep())?.suspicions, []);
      });
    }

    test('a default retention of the bucket locks also what must be removable, which is hidden and in nobody’s way', async () => {
      const s3 = place.server.client();
      const byDefault = { Mode: 'GOVERNANCE', Days: 3 } as const;
      const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: byDefault } } as const;
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket: place.defaultBucket, ObjectLockConfiguration }));
      s3.destroy();
      const clock = now();
      const store = await openStore(place.defaultBucket, `${layout}/default/`);
      // No rule of ours: only the bucket's.
      const { PlainArchive } = await import('../../src/archive/plain/plain-archive.ts');
      const options = { clock, graceMilliseconds: 0 };
      const open = (): Archive => (layout === 'repository' ? repositoryArchive(store, options) : new PlainArchive(store, options));
      await open().create();
      const snapshots: Snapshot[] = [];
      for (const own of ['one', 'two', 'three']) {
        snapshots.push(await backUp(open(), clock, own));
        await clock.advance(2 * second);
      }
      const [first] = snapshots;
      await open().forget(first === undefined ? [] : [first]);
      for (let phase = 0; phase < 2; phase += 1) {
        const { refusals, sweepPlan } = await prune(open(), true, {});
        assert.deepEqual([refusals, sweepPlan], [[], undefined]);
      }
      await backUp(open(), clock, 'four');

      const listed = await open().list();
      assert.equal(listed.length, 3);
      for (const snapshot of listed) assert.deepEqual(await open().verify(snapshot, true), []);
      assert.deepEqual(await all(store.list('locks/')), []);
      const report = await (await open().objectLocks()).read(listed);
      assert.deepEqual([report?.required, report?.suspicions, report?.locks.size], [undefined, undefined, 3]);
      await store.close();
    });
  });
}

/** What somebody does who has stolen a key: writes over one object, with as many bytes as before, and removes another. */
async function layHandsOn(store: ObjectStore, prefix: string): Promise<readonly [overwritten: string, hidden: string]> {
  const [first, second_] = await all(store.list(prefix));
  assert.ok(first !== undefined && second_ !== undefined);
  await store.put(first.key, new Uint8Array(first.bytes));
  await store.delete([second_.key]);
  return [first.key, second_.key];
}
