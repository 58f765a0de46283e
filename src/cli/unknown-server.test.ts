import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { runInProcess as run } from '../../test/harness/run-in-process.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';

test('runProgram() takes a server of which there is nothing for a mistake, and not for an archive in which nothing is wrong', async () => {
  await using home = await temporaryFolder('server');
  const [archive, folder] = [path.join(home.path, 'archive'), path.join(home.path, 'set')];
  await mkdir(folder);
  await writeFile(path.join(folder, 'data'), 'some bytes');
  await run(['init', '--archive', archive]);
  for (const day of [22, 23]) {
    const words = ['archive', folder, '--quiet', '--archive', archive, '--server-name', 'prod'];
    assert.equal((await run(words, { clock: new FakeClock(`2026-11-${day}T10:00:00Z`) })).exitCode, 0);
  }
  const given = ['--server', 'pord', '--archive', archive];

  for (const words of [
    ['verify'],
    ['stats'],
    ['show', 'latest'],
    ['ls', 'latest'],
    ['cat', 'latest', 'data'],
    ['diff', 'latest~1', 'latest'],
    ['fetch', 'latest', '--to', path.join(folder, 'never')],
    ['forget', '--keep-last', '1', '--yes'],
    ['copy', '--to', path.join(folder, 'never')],
  ]) {
    assert.deepEqual(await run([...words, ...given]), {
      exitCode: 1,
      output: '',
      errorOutput:
        'rootcellar: Cannot find a snapshot of the server "pord": the archive has none\n' +
        '  → run "rootcellar list" without --server to see which servers there are\n',
    });
  }
  const listed = await run(['list', ...given]);
  assert.deepEqual([listed.exitCode, listed.output], [0, 'There are no snapshots of the server "pord".\n']);
  assert.equal((await run(['list', '--json', ...given])).output, '[]\n');
});
