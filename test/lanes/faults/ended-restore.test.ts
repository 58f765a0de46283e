import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { opendjSetup } from '../../harness/opendj-template.ts';
import { type OpendjServer, startOpendj } from '../../harness/opendj.ts';
import { type ArchiveScene, assertText, type ListedSnapshot, type Place, startArchiveScene } from '../../e2e/bad-days-archive.ts';

let scene: ArchiveScene;
before(async () => {
  scene = await startArchiveScene({ 'the bind password': opendjSetup.password });
});
after(() => scene.end());

describe('a directory server and its archive', () => {
  let directory: OpendjServer;
  let place: Place;
  before(async () => {
    directory = await startOpendj({ people: 50 });
    const staging = path.join(scene.home, 'staging');
    await mkdir(staging);
    place = scene.place('directory', {
      ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
      ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
      ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
      ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
      ROOTCELLAR_STAGING_FOLDER: staging,
      ROOTCELLAR_BACKUP_BACKENDS: 'userRoot',
    });
    await place.succeeds('init');
    for (let made = 0; made < 2; made += 1) await place.succeeds('backup');
  });
  after(() => directory[Symbol.asyncDispose]());

  const entries = async (): Promise<number> => {
    const client = await directory.connect();
    const { searchEntries } = await client.search(directory.baseDn, { scope: 'sub', attributes: ['1.1'] });
    await client.unbind();
    return searchEntries.length;
  };

  test('restore refuses a damaged snapshot and leaves the server as it is', async () => {
    const damaged = (await place.list()).at(-1);
    assert.ok(damaged);
    const name = `userRoot/backup-userRoot-${damaged.backupId}`;
    const file = path.join(place.objects, 'prod', damaged.backupId, name);
    const content = await readFile(file);
    const client = await directory.connect();
    await client.del(`uid=user.0,ou=People,${directory.baseDn}`);
    await client.unbind();
    const before = await entries();

    const states: readonly (readonly [() => Promise<void>, string])[] = [
      [() => writeFile(file, altered(content)), 'it does not have the checksum that the store keeps of it'],
      [() => rm(file), 'it is missing'],
    ];
    for (const [spoil, state] of states) {
      await spoil();
      const { exitCode, stderr } = await place.run('restore', damaged.id, '--yes');
      assertText(
        stderr.slice(stderr.indexOf('rootcellar: ')),
        `rootcellar: Cannot read prod/${damaged.backupId}/${name}: ${state}\n  → use another snapshot; "rootcellar verify --read-data" tells which are whole\n`,
      );
      assert.equal(exitCode, 20);
      assert.equal(await entries(), before);
    }
    await place.succeeds('forget', damaged.id, '--yes');
  });

  test('a backup that has lost most entries is kept as suspicious, ends with 3, and pushes no good one out', async () => {
    const [good] = await place.list();
    assert.ok(good);
    const client = await directory.connect();
    for (let number = 1; number < 45; number += 1) await client.del(`uid=user.${number},ou=People,${directory.baseDn}`);
    await client.unbind();

    const { exitCode, stdout } = await place.run('backup');

    assert.equal(exitCode, 3);
    const remark = `userRoot has 8 entries, and in ${good.backupId} it had 53`;
    assert.match(stdout, new RegExp(`\nsuspicious: ${remark}\n`));
    await place.succeeds('forget', '--keep-last', '1', '--yes');
    assert.deepEqual(
      (await place.list()).map(({ backupId, state, remarks }) => ({
        backupId: backupId === good.backupId ? 'good' : 'new',
        state,
        remarks,
      })),
      [
        { backupId: 'new', state: 'suspicious', remarks: [remark] },
        { backupId: 'good', state: 'complete', remarks: [] },
      ],
    );
    assert.equal((JSON.parse((await place.succeeds('show', 'latest', '--json')).stdout) as ListedSnapshot).id, good.id);
  });

  test('a backup by an account that may not delete is archived, and leaves older ones to one that may', async () => {
    const older = (await place.list()).at(-1);
    assert.ok(older);
    // Accepted, so that the small set is the newest good one and the rule has one to drop.
    await place.succeeds('backup', '--accept');
    const user = await scene.s3.addUser('backup-writer', { bucket: 'vault', actions: ['s3:PutObject', 's3:GetObject', 's3:ListBucket'] });
    const writer = place.with({
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      ROOTCELLAR_RETENTION_KEEP_LAST: '1',
    });

    const { exitCode, stdout } = await writer.run('backup');

    assert.equal(exitCode, 0);
    assertText(
      stdout,
      'Backed up userRoot of prod as snapshot …: 2 files, …, in ….\n' +
        'Older snapshots are left to an account that may delete: "rootcellar forget" and "rootcellar prune".\n',
    );
    await place.succeeds('verify', '--read-data');
  });
});

/** One bit of it. */
function altered(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt8(copy.readUInt8(100) ^ 1, 100);
  return copy;
}
