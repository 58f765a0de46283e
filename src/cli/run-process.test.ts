import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { runRootcellar } from '../../test/harness/rootcellar.ts';

test('the program ends by itself with the code of the command, and without colours in a pipe', async () => {
  const wrong = await runRootcellar(['list', '--nonsense']);

  assert.deepEqual(wrong, {
    exitCode: 2,
    endedBy: null,
    stdout: '',
    stderr:
      'rootcellar: Cannot read the command line: unknown option "--nonsense"\n  → run "rootcellar list --help" to see what there is\n',
  });
});

test('the program ends as if nothing were when nobody reads what it prints', async () => {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts'), 'config', 'schema'], {
    env: { PATH: process.env['PATH'] },
  });
  child.stdout.destroy();
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));

  const [exitCode] = (await once(child, 'close')) as [number];

  assert.deepEqual({ exitCode, complaints }, { exitCode: 0, complaints: '' });
});

test('the program reads its settings from the environment of the process', async () => {
  const { stdout, exitCode } = await runRootcellar(['config', 'show', '--set'], { env: { ROOTCELLAR_KEEP_LOCAL: '2' } });

  assert.deepEqual({ stdout, exitCode }, { stdout: 'setting    value  from\nkeepLocal  2      ROOTCELLAR_KEEP_LOCAL\n', exitCode: 0 });
});
