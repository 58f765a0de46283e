import assert from 'node:assert/strict';
import path from 'node:path';
import { suite, test } from 'node:test';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { followRemedies, remediesIn } from '../harness/damage/follow-remedies.ts';
import { realClock as clock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { runOn } from '../harness/run-on-archive.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

/** The exit code of `verify --read-data`, what is run to put it right, and how many of the two sets are whole then. */
type Expected = readonly [exitCode: number, remedies: readonly string[], whole: number];

const lost = ['repair snapshots', 'repair snapshots --forget'];
const expected: Readonly<Record<string, Expected>> = {
  'config-flipped': [20, ['repair config'], 2],
  'config-gone': [20, ['repair config'], 2],
  'key-flipped': [20, ['repair config'], 2],
  'content-pack-flipped': [20, ['repair packs'], 2],
  'content-pack-cut': [20, ['repair packs', ...lost], 0],
  'packs-exchanged': [20, ['repair packs'], 2],
  'pack-gone': [20, ['repair index', ...lost], 0],
  'index-empty': [20, ['repair index'], 2],
  'index-gone': [20, ['repair index'], 2],
  'snapshot-flipped': [20, ['repair snapshots'], 2],
  'snapshot-cut': [20, [...lost, 'repair snapshots --recover'], 2],
};
/** What restic wrote names no set in its trees, so that no lost snapshot can be made of one. */
const otherwise: Readonly<Record<string, Expected>> = { 'restic-0.19 snapshot-cut': [20, lost, 1] };

for (const by of ['rootcellar', 'restic-0.19']) {
  suite(`damaged repositories that ${by} wrote`, { concurrency: 2 }, () => {
    for (const [name, usual] of Object.entries(expected)) {
      const [exitCode, remedies, whole] = otherwise[`${by} ${name}`] ?? usual;
      test(`verify() and the repairs that it names leave ${whole} of 2 sets of ${name}, and restic is content`, async () => {
        await using home = await temporaryFolder('damaged-fixture');
        const fixture = path.resolve(import.meta.dirname, '../fixtures/repositories/damaged', `${by}-${name}.tar.gz`);
        await runProgram('tar', ['-C', home.path, '-xzf', fixture]);
        const open = () => repositoryArchive(new LocalFolderStore({ folder: home.path, clock }), { clock });

        const found = await runOn(open(), ['verify', '--read-data'], clock);
        assert.equal(found.exitCode, exitCode, found.text);
        assert.deepEqual(await followRemedies({ open, clock }, remediesIn(found.text)), remedies);

        const archive = open();
        const listed = (await archive.list()).filter(({ state }) => state === 'complete');
        assert.equal(listed.length, whole);
        for (const snapshot of listed) {
          for (const file of (await archive.manifest(snapshot)).files) await Array.fromAsync(archive.read(snapshot, file));
        }
        const after = await runOn(open(), ['verify', '--read-data'], clock);
        assert.equal(after.exitCode, 0, after.text);
        await (
          await resticAt({ repository: home.path, password: 'test' })
        )('check', '--read-data');
      });
    }
  });
}
