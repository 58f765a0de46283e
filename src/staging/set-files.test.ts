import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { describeFiles, hashFile, isFileOf } from './set-files.ts';

function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

test('describeFiles() lists every file below the folder in the order of the paths, with size and SHA-256', async () => {
  await using folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'userRoot/deep'), { recursive: true });
  await mkdir(path.join(folder.path, 'empty'));
  const contents = { 'userRoot/deep/x': 'deep', 'userRoot/backup.info': 'descriptor', 'a b': '', 'userRoot.txt': 'ä' };
  for (const [name, content] of Object.entries(contents)) await writeFile(path.join(folder.path, name), content);

  assert.deepEqual(await describeFiles(folder.path, { isHashed: true }), [
    { path: 'a b', bytes: 0, sha256: sha256Of('') },
    { path: 'userRoot.txt', bytes: 2, sha256: sha256Of('ä') },
    { path: 'userRoot/backup.info', bytes: 10, sha256: sha256Of('descriptor') },
    { path: 'userRoot/deep/x', bytes: 4, sha256: sha256Of('deep') },
  ]);
});

test('describeFiles() refuses a link, which would not come back', async () => {
  await using folder = await temporaryFolder();
  await symlink('/etc/passwd', path.join(folder.path, 'link'));

  await assert.rejects(describeFiles(folder.path, { isHashed: true }), {
    code: 'E_SET_UNREADABLE',
    message: `Cannot archive ${folder.path}/link: it is neither a file nor a folder`,
    hint: 'archive a folder that holds only files and folders',
  });
});

test('describeFiles() refuses a name that a manifest cannot hold', async () => {
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, 'a\\b'), '');

  await assert.rejects(describeFiles(folder.path, { isHashed: true }), {
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
  const describing = describeFiles(folder.path, { isHashed: true, signal: stop.signal });
  stop.abort(new Error('stop amid'));

  await assert.rejects(describing, { message: 'stop amid' });
});

test('describeFiles() reads no content where no hash is wanted', async () => {
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, 'x'), 'four');

  assert.deepEqual(await describeFiles(folder.path, { isHashed: false }), [{ path: 'x', bytes: 4 }]);
});

test('isFileOf() compares size and content, by one hash or by those of the pieces', async () => {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'x');
  const content = Buffer.alloc(2 * 1024 * 1024 + 9, 'abcdefg');
  await writeFile(name, content);
  const lengths = [700_000, 1, content.length - 700_001];
  const parts = lengths.map((length, index) => content.subarray(lengths.slice(0, index).reduce((a, b) => a + b, 0)).subarray(0, length));
  const digests = createHash('sha256');
  for (const part of parts) digests.update(createHash('sha256').update(part).digest());
  const entry = { path: 'x', bytes: content.length };
  const pieces = { bytes: lengths, sha256: digests.digest('hex') };

  assert.equal(await isFileOf(name, { ...entry, sha256: sha256Of(content) }), true);
  assert.equal(await isFileOf(name, { ...entry, sha256: sha256Of('other') }), false);
  assert.equal(await isFileOf(name, { ...entry, pieces }), true);
  assert.equal(await isFileOf(name, { ...entry, pieces: { ...pieces, bytes: [700_001, 1, content.length - 700_002] } }), false);
  assert.equal(await isFileOf(name, { path: 'x', bytes: 3, sha256: sha256Of(content) }), false);
  assert.equal(await isFileOf(name, entry), false, 'an entry that says nothing of the content');
  content[800_000] = 0;
  await writeFile(name, content);
  assert.equal(await isFileOf(name, { ...entry, pieces }), false);
});
