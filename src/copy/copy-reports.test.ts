import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { exampleReport } from '../../test/harness/example-report.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { copyReports } from './copy-reports.ts';

async function setUp() {
  const { archive: source, clock } = await exampleArchive();
  const snapshot = await saveExample(source, '20261123000000Z');
  const target = repositoryArchive(new MemoryStore({ clock }), { clock });
  await target.create();
  await using home = await temporaryFolder('copied');
  const folder = path.join(home.path, 'set');
  const copy = await target.save(folder, await makeSet(folder, '20261123000000Z', { file: 'x' }));
  const run = async () => copyReports({ source, target }, await source.list(), {});
  return { source, target, snapshot, copy, run };
}

test('copyReports() takes the proof of a snapshot over to its copy, under the ID that it has there, once', async () => {
  const { source, target, snapshot, copy, run } = await setUp();
  const [first, second] = [exampleReport(snapshot), exampleReport(snapshot, { time: '2026-11-25T00:00:00.000Z', kind: 'drill' })];
  await source.saveReport(snapshot, first);
  await run();
  await source.saveReport(snapshot, second);
  await run();
  await run();

  assert.notEqual(copy.id, snapshot.id);
  assert.equal((await target.list())[0]?.provenAt, second.time);
  assert.deepEqual(
    (await target.reports(copy)).map(({ report }) => report),
    [second, first].map((report) => ({ ...report, snapshot: copy.id })),
  );
});

test('copyReports() asks nothing of a target where nothing is proven', async () => {
  const { source, target, snapshot, copy, run } = await setUp();
  await source.saveReport(snapshot, exampleReport(snapshot, { outcome: 'failed' }));

  await run();

  assert.deepEqual(await target.reports(copy), []);
});
