import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readSecretFile } from './secret-file.ts';

let file = '';
before(async () => {
  file = path.join(await mkdtemp(path.join(tmpdir(), 'rootcellar-secret-')), 'password');
});
after(() => rm(path.dirname(file), { recursive: true }));

test('readSecretFile() leaves out line ends at the end, and nothing else', async () => {
  await writeFile(file, ' pass word \r\n\n');

  const secret = await readSecretFile(file, 'passwordFile');

  assert.equal(secret.reveal(), ' pass word ');
});

test('readSecretFile() refuses a file that is empty or not there', async () => {
  await writeFile(file, '\n');

  await assert.rejects(readSecretFile(file, 'passwordFile'), {
    code: 'E_SECRET_FILE',
    exitCode: 2,
    message: `Cannot read the file ${file} of the setting passwordFile: it is empty`,
    hint: 'name a file that holds the secret and that this user may read',
  });
  await assert.rejects(readSecretFile('/nowhere/password', 'server.bindPasswordFile'), {
    message: 'Cannot read the file /nowhere/password of the setting server.bindPasswordFile: there is no such file',
  });
});
