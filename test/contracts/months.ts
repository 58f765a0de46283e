import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { accessPolicy } from '../../src/archive/access-policy.ts';
import type { Archive } from '../../src/archive/archive.ts';
import { StoredLeases, underLease } from '../../src/archive/lease.ts';
import { extendLocksAfter } from '../../src/backup/extend-locks-after.ts';
import { forgetByRule } from '../../src/backup/forget-by-rule.ts';
import { backupIdAt } from '../../src/domain/backup-id.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import type { GivenCredentials } from '../harness/aws-credential-services.ts';
import { makeSet } from '../harness/example-set.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { lockedPlainArchive, lockedRepository } from '../harness/locked-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import type { RoleName, RolesPlace } from './roles.ts';

const day = 86_400_000;
const rule = { mode: 'compliance', days: 20 } as const;
const keepFive = { keepLast: 5, minimum: 1 };
const runs = 40;

/** Four months of a writer that may remove nothing, and of a reader and a pruner beside it, on a real store with real users. */
export function describeMonths(name: string, layout: 'repository' | 'plain', makePlace: () => Promise<RolesPlace>): void {
  describe(`four months of a writer without the right to delete, on ${name}, layout ${layout}`, () => {
    let place: RolesPlace;
    let home: TemporaryFolder;
    let users: Record<RoleName, GivenCredentials>;
    // The store's own time does not pass, so ours goes ahead of it.
    const clock = new FakeClock(new Date().toISOString());
    const prefix = `months/${layout}/`;
    const common = randomBytes(200_000);

    before(async () => {
      [place, home] = await Promise.all([makePlace(), temporaryFolder('months')]);
      const policyOf = (role: RoleName) =>
        accessPolicy({ role, layout, bucket: place.bucket, prefix, partition: 'aws', objectLock: { ...rule, days: 1000 } }).policy;
      users = await place.users({ writer: policyOf('writer'), reader: policyOf('reader'), pruner: policyOf('pruner') });
    });
    after(() => home.remove());

    /** As a process of its own would: with the credentials of a role, and nothing remembered. */
    const as = async <Result>(role: RoleName, work: (archive: Archive, leases: StoredLeases) => Promise<Result>): Promise<Result> => {
      useS3Credentials(users[role]);
      const { endpoint, caFile } = place.server;
      const store = await openS3Store({ bucket: place.bucket, prefix, endpoint, caFile });
      const common_ = { clock, graceMilliseconds: day };
      const archive = layout === 'repository' ? lockedRepository(store, rule, common_) : lockedPlainArchive(store, rule, common_);
      const holder = { host: 'pod', processId: 1, space: '', processBegan: '', container: '', work: 'backup' };
      try {
        return await work(archive, new StoredLeases(store, { clock, seconds: 120, holder, isAlive: () => undefined }));
      } finally {
        await store.close();
      }
    };

    const backUp = (run: number) =>
      as('writer', (archive, leases) =>
        underLease(leases, 'prod', {}, async (lease, held) => {
          const backupId = backupIdAt(clock.now());
          const folder = path.join(home.path, backupId);
          const set = await makeSet(folder, backupId, { common, own: `${run} `.repeat(3000) });
          const manifest = run % 7 === 3 ? { ...set, suspicions: ['far smaller'] } : set;
          const snapshot = await archive.save(folder, manifest, { ...held, assertHeld: () => lease.assertHeld() });
          return { snapshot, ...(await forgetByRule(archive, 'prod', keepFive, held)), ...(await extendLocksAfter(archive, held)) };
        }),
      );

    const assertAllLocked = async (role: RoleName, snapshots: number): Promise<void> => {
      const report = await as(role, async (archive) => (await archive.objectLocks()).read(await archive.list()));
      assert.equal(report?.locks.size, snapshots);
      for (const { until, isKept } of report?.locks.values() ?? []) {
        assert.ok(isKept && until !== undefined && until.getTime() >= clock.now().getTime() + rule.days * day - 3 * day);
      }
    };

    test('every run archives, leaves what it may not forget, and keeps all locked', { timeout: 600_000 }, async () => {
      await as('pruner', (archive) => archive.create());
      let extended = 0;
      for (let run = 0; run < runs; run += 1) {
        const { snapshot, forgotten, forgetFailure, locks, lockFailure } = await backUp(run);

        assert.equal(lockFailure, undefined);
        assert.equal(snapshot.state, run % 7 === 3 ? 'suspicious' : 'complete');
        assert.deepEqual(forgotten, []);
        assert.equal(forgetFailure?.code, run < 6 ? undefined : 'E_ACCESS_DENIED');
        extended += locks?.extended ?? 0;
        if (run % 10 === 9) await assertAllLocked('reader', run + 1);
        await clock.advance(3 * day);
      }
      console.log(`${extended} extensions in ${runs} runs`);
    });

    test('all are there and whole, and no lock or mark of the writer stays', async () => {
      await as('reader', async (archive) => {
        const snapshots = await archive.list();
        assert.equal(snapshots.length, runs);
        for (const snapshot of snapshots) assert.deepEqual(await archive.verify(snapshot, true), []);
      });
      useS3Credentials(users.reader);
      const { endpoint, caFile } = place.server;
      const store = await openS3Store({ bucket: place.bucket, prefix, endpoint, caFile });
      const rests: string[] = [];
      for (const folder of ['locks/', '.rootcellar/unfinished/']) for await (const { key } of store.list(folder)) rests.push(key);
      await store.close();
      assert.deepEqual(rests, []);
    });

    test('the pruner forgets and prunes what is locked; it is hidden, what is kept stays locked, and the writer goes on', async () => {
      await as('pruner', async (archive) => {
        const { forgotten, forgetFailure } = await forgetByRule(archive, 'prod', keepFive, {});
        assert.equal(forgetFailure, undefined);
        assert.ok(forgotten.length > 25);
      });
      for (let phase = 0; phase < 2; phase += 1) {
        await as('pruner', async (archive) => archive.prune(await archive.planPrune()));
        await clock.advance(2 * day);
      }
      const { snapshot, lockFailure } = await backUp(runs);

      assert.equal(lockFailure, undefined);
      const left = await as('reader', async (archive) => {
        const snapshots = await archive.list();
        for (const one of snapshots) assert.deepEqual(await archive.verify(one, true), []);
        return snapshots;
      });
      assert.equal(left[0]?.id, snapshot.id);
      assert.ok(left.length < 15, `${left.length} left`);
      await assertAllLocked('reader', left.length);
    });

    if (layout === 'repository') {
      test('restic finds nothing wrong', async () => {
        const { accessKeyId, secretAccessKey, endpoint, region, caFile } = place.server;
        const environment = {
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_DEFAULT_REGION: region,
          AWS_SESSION_TOKEN: '',
          ...(caFile !== undefined && { RESTIC_CACERT: caFile }),
        };
        const repository = `s3:${endpoint}/${place.bucket}/${prefix.slice(0, -1)}`;
        await (
          await resticAt({ repository, password: 'test', environment })
        )('check', '--read-data');
      });
    }
  });
}
