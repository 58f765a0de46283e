import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { runInProcess as run } from '../../test/harness/run-in-process.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';

test('runProgram() tells of a weak password when it makes an archive, and not again', async () => {
  await using home = await temporaryFolder('weak');
  const [archive, weak] = [path.join(home.path, 'archive'), path.join(home.path, 'password')];
  await writeFile(weak, 'short');
  const init = () => run(['init', '--archive', archive, '--password-file', weak]);

  const [first, second] = [await init(), await init()];

  assert.deepEqual([first.exitCode, second.exitCode], [0, 0]);
  assert.equal(first.errorOutput, `! the password in ${weak} is weak: it has fewer than 8 characters\n`);
  assert.equal(second.errorOutput, '');
});
