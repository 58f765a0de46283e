import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { makeZip } from '../../test/harness/example-zip.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { checkBackend } from './check-backend.ts';

const zip = makeZip([{ name: '00000000.jdb', content: Buffer.from('entries'), isStored: true }]);
const hint = "nothing was archived; look at the server's error log, then run the backup again";

function descriptor(parts: Readonly<Record<string, string>> = {}): string {
  const all = { backup_id: 'b1', encrypted: 'false', 'property.archive_file': 'backup-userRoot-b1', ...parts };
  const lines = Object.entries(all).map(([key, value]) => `${key}=${value}`);
  return `backend_dn=ds-cfg-backend-id=userRoot,cn=Backends,cn=config\n\n${lines.join('\n')}\n`;
}

/** Checks backup `b1` of userRoot in a folder of these files. */
async function checked(files: Readonly<Record<string, string | Uint8Array>>, signal?: AbortSignal) {
  await using folder = await temporaryFolder('backend');
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder.path, name), content);
  return await checkBackend(folder.path, '/server/userRoot', 'userRoot', 'b1', signal);
}

test('checkBackend() finds a zip whole by its CRCs', async () => {
  const found = await checked({ 'backup.info': descriptor(), 'backup-userRoot-b1': zip });

  assert.equal(found.isContentChecked, true);
  assert.equal(found.entry.backupId, 'b1');
});

test('checkBackend() takes the file name of PingDirectory where the descriptor names none', async () => {
  const text = descriptor().replace(/property.*\n/, '');

  assert.equal((await checked({ 'backup.info': text, 'userRoot-backup-b1': zip })).isContentChecked, true);
});

test('checkBackend() checks only presence and size of what the server encrypted', async () => {
  const sealed = await checked({ 'backup.info': descriptor({ encrypted: 'true' }), 'backup-userRoot-b1': 'sealed' });
  const other = await checked({ 'backup.info': descriptor(), 'backup-userRoot-b1': 'no zip' });

  assert.deepEqual([sealed.isContentChecked, other.isContentChecked], [false, false]);
});

const damaged = Buffer.from(zip);
damaged.write('E', damaged.indexOf('entries'));
const refusals: readonly (readonly [string, Readonly<Record<string, string | Uint8Array>>, string])[] = [
  ['a descriptor of other backups', { 'backup.info': descriptor({ backup_id: 'b0' }) }, 'its backup.info does not name backup b1'],
  ['an empty descriptor', { 'backup.info': '' }, 'its backup.info does not name backup b1'],
  ['a missing file', { 'backup.info': descriptor() }, 'the file backup-userRoot-b1 that its backup.info names is not there'],
  ['an empty file', { 'backup.info': descriptor(), 'backup-userRoot-b1': '' }, 'backup-userRoot-b1 is empty or no file'],
  [
    'a file elsewhere',
    { 'backup.info': descriptor({ 'property.archive_file': '../b1' }) },
    'its backup.info names the file ../b1, which is not in its folder',
  ],
  [
    'an altered zip',
    { 'backup.info': descriptor(), 'backup-userRoot-b1': damaged },
    'backup-userRoot-b1 is damaged: its member 00000000.jdb does not have the CRC-32 that the zip names',
  ],
  [
    'a cut zip',
    { 'backup.info': descriptor(), 'backup-userRoot-b1': zip.subarray(0, -30) },
    'backup-userRoot-b1 is damaged: it is not a whole zip: End of central directory record signature not found',
  ],
  [
    'a zip whose first bytes were altered',
    { 'backup.info': descriptor(), 'backup-userRoot-b1': Buffer.concat([Buffer.from('XX'), zip.subarray(2)]) },
    'backup-userRoot-b1 is damaged: it is not a whole zip: invalid local file header signature: 0x4035858',
  ],
];
for (const [what, files, state] of refusals) {
  test(`checkBackend() refuses ${what}`, async () => {
    await assert.rejects(checked(files), { code: 'E_BACKUP_INCOMPLETE', message: `Cannot use the backup of userRoot: ${state}`, hint });
  });
}

test('checkBackend() refuses a folder in the place of the file', async () => {
  await using folder = await temporaryFolder('backend');
  await writeFile(path.join(folder.path, 'backup.info'), descriptor());
  await mkdir(path.join(folder.path, 'backup-userRoot-b1'));

  await assert.rejects(checkBackend(folder.path, '/server/userRoot', 'userRoot', 'b1'), {
    code: 'E_BACKUP_INCOMPLETE',
    message: 'Cannot use the backup of userRoot: backup-userRoot-b1 is empty or no file',
  });
});

test('checkBackend() says that the folder may not be the same on both sides when nothing is there', async () => {
  await using folder = await temporaryFolder('backend');

  await assert.rejects(checkBackend(folder.path, '/server/userRoot', 'userRoot', 'b1'), {
    code: 'E_STAGING_NOT_SHARED',
    message: `Cannot find the backup of userRoot: the server said that it wrote it to /server/userRoot, and ${folder.path} has no readable backup.info`,
    hint: 'make ROOTCELLAR_STAGING_FOLDER and ROOTCELLAR_STAGING_SERVER_FOLDER name the same folder as rootcellar and as the server see it, readable by both',
  });
});

test('checkBackend() rejects with the reason of an abort', async () => {
  const files = { 'backup.info': descriptor(), 'backup-userRoot-b1': zip };

  await assert.rejects(checked(files, AbortSignal.abort(new Error('stop'))), { message: 'stop' });
});
