import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { passwordFile } from '../../../test/harness/archive-password.ts';
import { exampleRun } from '../../../test/harness/example-agent.ts';
import { realClock } from '../../../test/harness/real-clock.ts';
import { runInProcess } from '../../../test/harness/run-in-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { StoredRuns } from '../../archive/stored-runs.ts';
import { LocalFolderStore } from '../../object-stores/local-folder-store.ts';

let folder: TemporaryFolder;
before(async () => void (folder = await temporaryFolder('runs')));
after(() => folder.remove());

async function runs(name: string, words: readonly string[] = []) {
  const environment = { ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_ARCHIVE: `${folder.path}/${name}` };
  return runInProcess(['runs', ...words], { environment });
}

describe('runs', () => {
  test('lists what the agents of the group did, the newest first, by job and number', async () => {
    const archive = `${folder.path}/with-runs`;
    const environment = { ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_ARCHIVE: archive };
    assert.equal((await runInProcess(['init'], { environment })).exitCode, 0);
    assert.equal((await runs('with-runs')).output, 'There are no runs yet.\n');
    const history = new StoredRuns(new LocalFolderStore({ folder: archive, clock: realClock }), 'directory');
    const failure = { code: 'E_X', message: 'Cannot back up: it failed' };
    const first = exampleRun({ id: '20261123T104646000Z-000001', outcome: 'failure', exitCode: 1, failure, isTriedAgain: true });
    const second = exampleRun({ id: '20261123T104746000Z-000002', attempt: 2, endedAt: '2026-11-23T10:49:46.000Z' });
    const third = exampleRun({
      id: '20261123T105746000Z-000003',
      job: 'verify',
      trigger: 'request',
      by: 'operator',
      endedAt: '2026-11-23T10:59:46.000Z',
    });
    for (const record of [first, second, third]) await history.save(record);

    const { exitCode, output } = await runs('with-runs');
    const backups = JSON.parse((await runs('with-runs', ['--job', 'backup', '--json'])).output) as { id: string }[];
    const newest = JSON.parse((await runs('with-runs', ['--limit', '1', '--json'])).output) as { id: string }[];

    assert.equal(exitCode, 0);
    assert.deepEqual(
      output.split('\n').map((line) => line.split(/ {2,}/).slice(1)),
      [
        ['job', 'outcome', 'took', 'agent', 'why', 'what it told'],
        ['verify', 'success', '13 min', 'ds-0', 'request (operator)'],
        ['backup', 'success (attempt 2)', '3 min', 'ds-0', 'schedule'],
        ['backup', 'failure (attempt 1, tried again)', '1 min', 'ds-0', 'schedule', 'Cannot back up: it failed'],
        [],
      ],
    );
    assert.deepEqual([backups.map(({ id }) => id.at(-1)), newest.map(({ id }) => id.at(-1))], [['2', '1'], ['3']]);
  });

  test('says when there is no archive, or no such job', async () => {
    const missing = await runs('nowhere');
    const wrong = await runs('nowhere', ['--job', 'restore']);

    assert.equal(missing.exitCode, 10);
    assert.deepEqual([wrong.exitCode, wrong.errorOutput.split('\n')[0]], [2, 'rootcellar: Cannot list runs: "restore" is no job']);
  });
});
