import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { exampleReport } from '../../test/harness/example-report.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { Failure } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import type { Archive } from './archive.ts';
import { isLockedInPlain, isLockedInRepository } from './object-lock/object-lock-rule.ts';
import { PlainArchive } from './plain/plain-archive.ts';

const hour = 3_600_000;
const layouts = {
  repository: (store: MemoryStore, clock: FakeClock): Archive => repositoryArchive(store, { clock, graceMilliseconds: hour }),
  plain: (store: MemoryStore, clock: FakeClock): Archive => new PlainArchive(store, { clock, graceMilliseconds: hour }),
};

for (const [layout, open] of Object.entries(layouts)) {
  describe(`reports beside snapshots of the layout ${layout}`, () => {
    /** An archive with two snapshots, the newer one first. */
    async function setUp() {
      const clock = new FakeClock();
      const store = new MemoryStore({ clock });
      const archive = open(store, clock);
      await archive.create();
      await using home = await temporaryFolder('reports');
      for (const backupId of ['20261122000000Z', '20261123000000Z']) {
        const folder = path.join(home.path, backupId);
        await archive.save(folder, await makeSet(folder, backupId, { file: backupId }));
      }
      const [newer, older] = await archive.list();
      assert.ok(newer !== undefined && older !== undefined);
      const keys = async () => (await Array.fromAsync(store.list('.rootcellar/reports/'))).map(({ key }) => key);
      return { clock, store, archive, newer, older, keys, reopened: () => open(store, clock) };
    }

    test('saveReport() keeps a report, and list() tells from its name that the snapshot is proven', async () => {
      const { archive, older, newer, keys, reopened } = await setUp();
      const report = exampleReport(older, { kind: 'drill' });

      await archive.saveReport(older, report);

      assert.deepEqual(await keys(), [`.rootcellar/reports/${older.id}/20261124T100000123Z-drill-proven.json`]);
      assert.deepEqual(await reopened().list(), [newer, { ...older, provenAt: '2026-11-24T10:00:00.123Z' }]);
      const [stored, ...others] = await reopened().reports(older);
      assert.deepEqual([stored?.report, stored?.damage, stored?.kind, others], [report, undefined, 'drill', []]);
      assert.deepEqual(await reopened().reports(newer), []);
    });

    test('list() tells the newest proof, and none of what proved nothing', async () => {
      const { archive, older, newer } = await setUp();
      await archive.saveReport(newer, exampleReport(newer, { outcome: 'failed', reason: 'it did not come back' }));
      await archive.saveReport(newer, exampleReport(newer, { outcome: 'unproven', time: '2026-11-24T11:00:00.000Z' }));
      for (const time of ['2026-11-26T00:00:00Z', '2026-11-25T00:00:00.000Z'])
        await archive.saveReport(older, exampleReport(older, { time }));
      await archive.saveReport(older, exampleReport(older, { time: '2026-11-27T00:00:00.000Z', outcome: 'failed' }));

      const [first, second] = await archive.list();

      assert.deepEqual([first?.provenAt, second?.provenAt], [undefined, '2026-11-26T00:00:00Z']);
      assert.deepEqual(
        (await archive.reports(older)).map(({ time, outcome, damage }) => [time, outcome, damage]),
        [
          ['2026-11-27T00:00:00.000Z', 'failed', undefined],
          ['2026-11-26T00:00:00Z', 'proven', undefined],
          ['2026-11-25T00:00:00.000Z', 'proven', undefined],
        ],
      );
    });

    test('saveReport() refuses a report of another snapshot', async () => {
      const { archive, older, newer } = await setUp();

      await assert.rejects(async () => archive.saveReport(older, exampleReport(newer)), /is of snapshot/);
    });

    test('reports() tells of damaged ones, and of one that was put under another name', async () => {
      const { archive, store, older, keys } = await setUp();
      await archive.saveReport(older, exampleReport(older, { outcome: 'failed' }));
      const [key = ''] = await keys();
      await store.put(key.replace('failed', 'proven'), await store.get(key));
      await store.put(key.replace('T10', 'T11'), Buffer.from('{"version":1}'));
      await store.put(key.replace('T10', 'T12'), Buffer.from('rubbish'));
      await store.put(key.replace('20261124', 'elsewhere'), Buffer.from('no report by its name'));

      const reports = await archive.reports(older);

      assert.deepEqual(
        reports.map(({ time, damage }) => [time.slice(11, 13), damage]),
        [
          ['12', 'it cannot be read'],
          ['11', 'it cannot be read'],
          ['10', 'it is not the report that its name says'],
          ['10', undefined],
        ],
      );
    });

    test('forget() removes the reports of what it forgets, and no others', async () => {
      const { archive, older, newer, keys } = await setUp();
      for (const snapshot of [older, newer]) await archive.saveReport(snapshot, exampleReport(snapshot));

      await archive.forget([older]);

      assert.deepEqual(
        (await keys()).map((key) => key.split('/')[2]),
        [newer.id],
      );
    });

    test('forget() leaves to prune the reports that it could not remove; those of snapshots that are there stay', async () => {
      const { archive, store, clock, older, newer, keys, reopened } = await setUp();
      for (const snapshot of [older, newer]) await archive.saveReport(snapshot, exampleReport(snapshot));
      const remove = store.delete.bind(store);
      const denied = new Failure('E_ACCESS_DENIED', 'Cannot remove objects: denied');
      store.delete = (names, options) => (names.some((key) => key.includes('/reports/')) ? Promise.reject(denied) : remove(names, options));
      await archive.forget([older]);
      const young = await reopened().planPrune();
      await clock.advance(2 * hour);
      const plan = await reopened().planPrune();
      const refusals: string[] = [];

      await reopened().prune(plan, { onRefused: ({ code }) => refusals.push(code) });
      store.delete = remove;
      await reopened().prune(plan);

      const reportsOf = (objects: typeof plan.objects) => objects.map(({ key }) => key).filter((key) => key.includes('/reports/'));
      assert.deepEqual(reportsOf(young.objects), []);
      assert.deepEqual(
        reportsOf(plan.objects).map((key) => key.split('/')[2]),
        [older.id],
      );
      assert.ok(refusals.includes('E_ACCESS_DENIED'));
      assert.deepEqual(
        (await keys()).map((key) => key.split('/')[2]),
        [newer.id],
      );
      assert.equal((await reopened().list())[0]?.provenAt, '2026-11-24T10:00:00.123Z');
    });
  });
}

test('a report of the layout repository is sealed', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = layouts.repository(store, clock);
  await archive.create();
  await using folder = await temporaryFolder('reports');
  const snapshot = await archive.save(folder.path, await makeSet(folder.path, '20261122000000Z', { file: 'x' }));
  await archive.saveReport(snapshot, exampleReport(snapshot));

  const [stored] = await Array.fromAsync(store.list('.rootcellar/reports/'));

  const bytes = await store.get(stored?.key ?? '');
  assert.ok(!Buffer.from(bytes).includes('userRoot') && !Buffer.from(bytes).includes('proofs'));
});

test('a report is not locked in either layout: nothing needs it, and it goes with its snapshot', () => {
  const key = `.rootcellar/reports/${'a'.repeat(64)}/20261124T100000123Z-drill-proven.json`;

  assert.deepEqual([isLockedInRepository(key), isLockedInPlain(key)], [false, false]);
});
