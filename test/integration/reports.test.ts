import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Archive } from '../../src/archive/archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { exampleReport } from '../harness/example-report.ts';
import { makeSet } from '../harness/example-set.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { runInProcess } from '../harness/run-in-process.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

// An archive in a folder with reports beside its snapshots, as the commands and the stock restic see it.
suite('an archive with reports', () => {
  const clock = new FakeClock('2026-11-24T12:00:00Z');
  let home: TemporaryFolder;
  let archive: Archive;
  let newer: Snapshot;
  let older: Snapshot;
  before(async () => {
    home = await temporaryFolder('reports');
    const store = new LocalFolderStore({ folder: path.join(home.path, 'archive'), clock });
    archive = repositoryArchive(store, { clock, password: archivePassword });
    await archive.create();
    for (const backupId of ['20261122000000Z', '20261123000000Z']) {
      const folder = path.join(home.path, backupId);
      const manifest = await makeSet(folder, backupId, { 'userRoot/data': backupId });
      await archive.save(folder, { ...manifest, time: `2026-11-${backupId.slice(6, 8)}T00:00:00.000Z` });
    }
    [newer, older] = (await archive.list()) as [Snapshot, Snapshot];
    await archive.saveReport(older, exampleReport(older, { kind: 'drill', milliseconds: 61_000 }));
    await archive.saveReport(newer, exampleReport(newer, { outcome: 'failed', reason: 'the server refused it' }));
  });
  after(() => home.remove());

  const run = async (...words: readonly string[]) => {
    const ended = await runInProcess([...words, '--archive', path.join(home.path, 'archive')], { clock });
    assert.equal(ended.exitCode, 0, ended.errorOutput);
    return ended.output;
  };

  test('restic finds nothing wrong with it, and reads its snapshots', async () => {
    const restic = await resticAt({ repository: path.join(home.path, 'archive'), password: archivePassword });

    await restic('check', '--read-data');
    assert.equal((JSON.parse(await restic('snapshots', '--json')) as unknown[]).length, 2);
  });

  test('list tells when a snapshot was proven', async () => {
    const lines = (await run('list')).split('\n');
    const listed = JSON.parse(await run('list', '--json')) as { readonly id: string; readonly provenAt?: string }[];

    assert.match(lines[0] ?? '', /state +proven \(UTC\)/);
    assert.match(lines[1] ?? '', /complete +–/);
    assert.match(lines[2] ?? '', /complete +2026-11-24 10:00:00/);
    assert.deepEqual(
      listed.map(({ id, provenAt }) => [id, provenAt]),
      [
        [newer.id, undefined],
        [older.id, '2026-11-24T10:00:00.123Z'],
      ],
    );
  });

  test('show lists the reports', async () => {
    const proven = await run('show', older.id);
    const failed = await run('show', newer.id);
    const { reports } = JSON.parse(await run('show', older.id, '--json')) as { readonly reports: readonly { readonly report: object }[] };

    assert.match(proven, /proven +2026-11-24 10:00:00 UTC/);
    assert.match(proven, /2026-11-24 10:00:00 +drill +proven +1 min 1 s +OpenDJ 5\.0\.3 at ldaps:\/\/127\.0\.0\.1:1636/);
    assert.match(failed, /2026-11-24 10:00:00 +restore +failed +.* the server refused it/);
    assert.deepEqual(reports[0]?.report, exampleReport(older, { kind: 'drill' }));
  });

  test('status tells the newest snapshot that was proven', async () => {
    const text = await run('status', '--status-max-age', '5d');
    const { servers } = JSON.parse(await run('status', '--status-max-age', '5d', '--json')) as {
      readonly servers: readonly { readonly lastProven: Snapshot | null }[];
    };

    assert.ok(text.includes(`2 snapshots, the newest that is proven is ${older.id.slice(0, 12)} (2026-11-24 10:00:00 UTC).`), text);
    assert.equal(servers[0]?.lastProven?.id, older.id);
  });

  test('forget keeps the newest proven one beside what the rule keeps, unless the floor is 0', async () => {
    const kept = await run('forget', '--keep-last', '1');
    const without = await run('forget', '--keep-last', '1', '--retention-minimum-proven', '0');

    assert.equal(kept, 'Nothing to forget: the rule keeps all 2 snapshots.\n');
    assert.match(without, /With --yes 1 snapshot \(.*\) would be forgotten/);
  });
});
