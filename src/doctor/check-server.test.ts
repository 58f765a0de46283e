import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import { makeZip } from '../../test/harness/example-zip.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { BackUpRequest, DirectoryServer } from '../directory-servers/directory-server.ts';
import { Failure } from '../foundation/failure.ts';
import { checkServer } from './check-server.ts';
import { serverThatOnly } from '../../test/harness/unasked-server.ts';

/** Stands for a directory server whose answers can be made wrong at will; it writes its backups as a real one does. */
function serverThat(parts: Partial<DirectoryServer> = {}): DirectoryServer {
  return serverThatOnly({
    missingPrivileges: async () => [],
    backUp: async (request) => {
      await writeBackup(request);
      return { taskId: 'rootcellar-1', log: [] };
    },
    ...parts,
  });
}

async function writeBackup({ backend, folder, backupId }: BackUpRequest): Promise<void> {
  await mkdir(folder);
  await writeFile(path.join(folder, `backup-${backend}-${backupId}`), makeZip([{ name: 'entries', content: Buffer.from('content') }]));
  await writeFile(path.join(folder, 'backup.info'), `backup_id=${backupId}\nproperty.archive_file=backup-${backend}-${backupId}\n`);
}

async function setUp() {
  const folder = await temporaryFolder('staging');
  const staging = { folder: path.join(folder.path, 'staging'), serverFolder: path.join(folder.path, 'staging') };
  const findings = async (server: DirectoryServer, name = 'visit') => {
    const all = await checkServer(server, staging, name);
    return { all, of: (check: string) => all.find((finding) => finding.check === check) };
  };
  return { staging, findings, [Symbol.asyncDispose]: () => folder.remove() };
}

test('checkServer() finds nothing wrong with a good server, and leaves nothing in the staging folder', async () => {
  await using place = await setUp();

  const { all } = await place.findings(serverThat());

  assert.deepEqual(
    all.map(({ check, state }) => [check, state]),
    [
      ['server: connection', 'ok'],
      ['server: privileges', 'ok'],
      ['server: backends', 'ok'],
      ['server: replication', 'ok'],
      ['staging: folder', 'ok'],
      ['staging: seen from both sides', 'ok'],
      ['staging: space', 'ok'],
    ],
  );
  assert.equal(all[0]?.text, 'OpenDJ Server 5.0.3 at ldaps://127.0.0.1:1636, certificate verified');
  assert.equal(all[2]?.text, 'userRoot (dc=example,dc=com: 2000 entries)');
  assert.match(all[5]?.text ?? '', /^the server's backup of schema was written to .*\/\.doctor\/visit and read at .*\/\.doctor\/visit$/);
  assert.deepEqual(await readdir(place.staging.folder), []);
});

test('checkServer() looks at nothing more when the server cannot be reached', async () => {
  await using place = await setUp();
  const down = new Failure('E_SERVER_UNREACHABLE', 'Cannot reach ldaps://127.0.0.1:1636: connection refused', { hint: 'start it' });

  const { all } = await place.findings(serverThat({ describe: () => Promise.reject(down) }));

  assert.deepEqual(all[0], { check: 'server: connection', state: 'failed', text: down.message, fix: 'start it' });
  assert.equal(all.length, 7);
  assert.ok(all.slice(1).every(({ text }) => text === 'not looked at, as the server could not be reached'));
});

const lacking = (...purposes: readonly string[]) =>
  serverThat({
    missingPrivileges: async (purpose) => (purposes.includes(purpose) ? [{ privilege: `backend-${purpose}`, neededFor: purpose }] : []),
  });
const fix = 'docs/guide/least-privilege-account.md shows how to give them';
const described = (parts: Parameters<typeof exampleDescription>[0]) => serverThat({ describe: async () => exampleDescription(parts) });
const cases: readonly (readonly [string, string, DirectoryServer, object])[] = [
  [
    'an account that may not back up',
    'server: privileges',
    lacking('backup', 'restore'),
    { state: 'failed', text: 'the account lacks backend-backup for a backup', fix },
  ],
  [
    'an account that may not restore',
    'server: privileges',
    lacking('restore'),
    { state: 'warning', text: 'the account may back up, and lacks backend-restore for a restore', fix },
  ],
  [
    'an account that may not export',
    'server: privileges',
    lacking('export'),
    {
      state: 'warning',
      text: 'the account may back up and restore, and lacks backend-export for the export by which a restore is proven entry by entry',
      fix: `${fix}; or set backup.export to false`,
    },
  ],
  [
    'a server that shows no users',
    'server: backends',
    described({ backends: [] }),
    { state: 'failed', text: "no backend with users' entries is shown", fix: 'give the account the privilege config-read' },
  ],
  [
    'a server that has nothing to try with',
    'staging: seen from both sides',
    described({ backends: [] }),
    { state: 'failed', text: 'the server has no backend to try with', fix: 'give the account the privilege config-read' },
  ],
  [
    'a disabled backend',
    'server: backends',
    described({ backends: [exampleBackend({ isEnabled: false, baseDns: [{ dn: 'dc=org', entries: undefined }] })] }),
    {
      state: 'warning',
      text: 'userRoot (dc=org: unknown entries); disabled: userRoot',
      fix: 'enable them, or name the others in backup.backends',
    },
  ],
  [
    'a replicated server',
    'server: replication',
    described({ replication: { state: 'replicated', baseDns: ['dc=org'] } }),
    { state: 'warning', text: 'dc=org is replicated', fix: 'backups are made as usual; a restore of one replica is refused' },
  ],
  [
    'replication that cannot be read',
    'server: replication',
    described({ replication: { state: 'unknown', reason: 'access denied' } }),
    {
      state: 'warning',
      text: 'could not be read: access denied',
      fix: 'give the account the privilege config-read; a restore is refused while this is unknown',
    },
  ],
];
for (const [what, check, server, expected] of cases) {
  test(`checkServer() tells of ${what} (${check})`, async () => {
    await using place = await setUp();

    assert.deepEqual((await place.findings(server)).of(check), { check, ...expected });
  });
}

test('checkServer() tells of a staging folder that is too small, and of a size that is not known', async () => {
  await using place = await setUp();
  const sized = (databaseBytes: number | undefined) => described({ backends: [exampleBackend({ databaseBytes })] });

  const small = (await place.findings(sized(2 ** 60))).of('staging: space');
  const unknown = (await place.findings(sized(undefined))).of('staging: space');

  assert.equal(small?.state, 'failed');
  assert.match(small?.text ?? '', /^a backup needs about 1024 PiB, and [0-9.]+ [KMGTP]iB are free$/);
  assert.equal(unknown?.state, 'warning');
  assert.match(unknown?.text ?? '', /^[0-9.]+ [KMGTP]iB are free; the server does not tell the size of its databases$/);
});

test('checkServer() tells of a folder that is not the same on both sides, and removes what was made', async () => {
  await using place = await setUp();
  const elsewhere = serverThat({ backUp: async () => ({ taskId: 'rootcellar-1', log: [] }) });

  const finding = (await place.findings(elsewhere)).of('staging: seen from both sides');

  assert.equal(finding?.state, 'failed');
  assert.match(finding?.text ?? '', /^Cannot find the backup of schema: the server said that it wrote it to /);
  assert.deepEqual(await readdir(place.staging.folder), []);
});

test('checkServer() tells of a staging folder that cannot be made, and looks no further into it', async () => {
  await using place = await setUp();
  await writeFile(place.staging.folder, 'a file in the way');

  const { all } = await place.findings(serverThat());

  assert.deepEqual(all.slice(4), [
    {
      check: 'staging: folder',
      state: 'failed',
      text: `${place.staging.folder} cannot be used: EEXIST: file already exists, mkdir '${place.staging.folder}'`,
      fix: 'set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a folder that both rootcellar and the server may write',
    },
    ...['staging: seen from both sides', 'staging: space'].map((check) => ({
      check,
      state: 'failed',
      text: 'not looked at, as the staging folder cannot be used',
      fix: 'mend that first',
    })),
  ]);
});

test('checkServer() does not disturb another doctor at work in the same staging folder', async () => {
  await using place = await setUp();
  const nested = serverThat({
    backUp: async (request) => {
      await writeBackup(request);
      await place.findings(serverThat(), 'other visit');
      return { taskId: 'rootcellar-1', log: [] };
    },
  });

  assert.equal((await place.findings(nested)).of('staging: seen from both sides')?.state, 'ok');
  assert.deepEqual(await readdir(place.staging.folder), []);
});
