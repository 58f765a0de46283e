import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { describeFiles, hashFile } from './set-files.ts';

function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

test('describeFiles() lists every file below the folder in the order of the paths, with size and SHA-256', async () => {
  await using folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'userRoot/deep'), { recursive: true });
  await mkdir(path.join(folder.path, 'empty'));
  const contents = { 'userRoot/deep/x': 'deep', 'userRoot/backup.info': 'descriptor', 'a b': '', 'userRoot.txt': 'ä' };
  for (const [name, content] of Object.entries(contents)) await writeFile(path.join(folder.path, name), content);

  assert.deepEqual(await describeFiles(folder.path), [
    { path: 'a b', bytes: 0, sha256: sha256Of('') },
    { path: 'userRoot.txt', bytes: 2, sha256: sha256Of('ä') },
    { path: 'userRoot/backup.info', bytes: 10, sha256: sha256Of('descriptor') },
    { path: 'userRoot/deep/x', bytes: 4, sha256: sha256Of('deep') },
  ]);
});

test('describeFiles() refuses a link, which would not come back', async () => {
  await using folder = await temporaryFolder();
  await symlink('/etc/passwd', path.join(folder.path, 'link'));

  await assert.rejects(describeFiles(folder.path), {
    code: 'E_SET_UNREADABLE',
    message: `Cannot archive ${folder.path}/link: it is neither a file nor a folder`,
    hint: 'archive a folder that holds only files and folders',
  });
});

test('describeFiles() refuses a name that a manifest cannot hold', async () => {
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, 'a\\b'), '');

  await assert.rejects(describeFiles(folder.path), {
    code: 'E_SET_UNREADABLE',
    message: `Cannot archive ${folder.path}/a\\b: its name has a backslash`,
    hint: 'rename the file',
  });
});

test('hashFile() reads a file of many pieces', async () => {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'large');
  const content = Buffer.alloc(3 * 1024 * 1024 + 7, 'abc');
  await writeFile(name, content);

  assert.deepEqual(await hashFile(name), { bytes: content.length, sha256: sha256Of(content) });
});

test('hashFile() says what it cannot read', async () => {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'absent');

  await assert.rejects(hashFile(name), {
    code: 'E_SET_UNREADABLE',
    message: `Cannot read ${name}: ENOENT: no such file or directory, open '${name}'`,
    hint: 'see that the file is there and readable by the user that rootcellar runs as, then run the command again',
  });
});

test('hashFile() and describeFiles() reject with the reason of an abort', async () => {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'file');
  await writeFile(name, Buffer.alloc(4 * 1024 * 1024));
  const stop = new AbortController();

  await assert.rejects(hashFile(name, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
  const describing = describeFiles(folder.path, stop.signal);
  stop.abort(new Error('stop amid'));

  await assert.rejects(describing, { message: 'stop amid' });
});
