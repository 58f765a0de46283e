import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { makeRunFolder, sweepStaging } from './staging.ts';
import { undoFolder } from './undo-folder.ts';

test('undoFolder() is for its user alone, and no sweep takes what lies in it', async () => {
  await using folder = await temporaryFolder('undo-folder');
  const staging = { folder: folder.path, serverFolder: '/server/staging' };
  await makeRunFolder(staging, 'prod', 'rest-of-a-killed-run');

  const undo = await undoFolder(staging);
  await writeFile(path.join(undo, 'one.ldif'), 'dn: dc=example');
  const rests = await sweepStaging(staging, 'prod', 0);

  assert.deepEqual(rests, ['rest-of-a-killed-run']);
  assert.deepEqual(await readdir(await undoFolder(staging)), ['one.ldif']);
  assert.equal((await stat(undo)).mode & 0o777, 0o700);
});

test('undoFolder() says where it could not be made', async () => {
  await using folder = await temporaryFolder('undo-folder');
  const file = path.join(folder.path, 'file');
  await writeFile(file, '');

  await assert.rejects(undoFolder({ folder: file, serverFolder: '/server' }), { code: 'E_STAGING_NOT_WRITABLE' });
});
