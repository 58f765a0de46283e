import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { assertRoom, freeBytesAt, keptSets, makeRunFolder, markArchived, runFolder, sweepStaging } from './staging.ts';

async function setUp() {
  const folder = await temporaryFolder('staging');
  const staging = { folder: folder.path, serverFolder: '/server/staging' };
  return { staging, inProd: () => readdir(path.join(folder.path, 'prod')), [Symbol.asyncDispose]: () => folder.remove() };
}

async function archive(staging: { folder: string; serverFolder: string }, backupId: string): Promise<void> {
  const run = await makeRunFolder(staging, 'prod', backupId);
  await writeFile(path.join(run.folder, 'file'), 'content');
  await markArchived(run, `snapshot-${backupId}`);
}

test('runFolder() names a run as both sides see it', () => {
  assert.deepEqual(runFolder({ folder: '/ours', serverFolder: '/theirs/' }, 'prod', '20261123104646Z'), {
    folder: '/ours/prod/20261123104646Z',
    serverFolder: '/theirs/prod/20261123104646Z',
  });
});

test('makeRunFolder() makes a folder that the group may write', async () => {
  await using place = await setUp();

  const run = await makeRunFolder(place.staging, 'prod', 'one');

  for (const folder of [run.folder, path.dirname(run.folder)]) assert.equal((await stat(folder)).mode & 0o7777, 0o770);
});

test('makeRunFolder() keeps the set-group-ID bit of the volume', async () => {
  await using place = await setUp();
  await chmod(place.staging.folder, 0o2770);

  const run = await makeRunFolder(place.staging, 'prod', 'one');

  assert.equal((await stat(run.folder)).mode & 0o7777, 0o2770);
});

test('makeRunFolder() says what it cannot make', async () => {
  await using place = await setUp();
  await writeFile(path.join(place.staging.folder, 'prod'), 'a file in the way');

  await assert.rejects(makeRunFolder(place.staging, 'prod', 'one'), {
    code: 'E_STAGING_NOT_WRITABLE',
    message: `Cannot make the staging folder ${place.staging.folder}/prod/one: EEXIST: file already exists, mkdir '${place.staging.folder}/prod'`,
    hint: 'set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a folder that both rootcellar and the server may write',
  });
});

test('markArchived() writes the ID of the snapshot beside the set', async () => {
  await using place = await setUp();
  await archive(place.staging, 'one');

  assert.equal(await readFile(path.join(place.staging.folder, 'prod', 'one.archived'), 'utf8'), 'snapshot-one\n');
});

test('keptSets() gives the archived sets, newest first, and nothing else', async () => {
  await using place = await setUp();
  for (const backupId of ['20261121000000Z', '20261123000000Z', '20261122000000Z']) await archive(place.staging, backupId);
  await makeRunFolder(place.staging, 'prod', '20261124000000Z');
  await writeFile(path.join(place.staging.folder, 'prod', '20261125000000Z.archived'), 'no folder\n');

  assert.deepEqual(
    await keptSets(place.staging, 'prod'),
    ['20261123000000Z', '20261122000000Z', '20261121000000Z'].map((backupId) => ({
      backupId,
      snapshotId: `snapshot-${backupId}`,
      folder: path.join(place.staging.folder, 'prod', backupId),
      serverFolder: `/server/staging/prod/${backupId}`,
    })),
  );
});

test('keptSets() and sweepStaging() find nothing where nothing was staged', async () => {
  await using place = await setUp();

  assert.deepEqual(await keptSets(place.staging, 'prod'), []);
  assert.deepEqual(await sweepStaging(place.staging, 'prod', 3), []);
});

test('sweepStaging() removes what killed runs left, with its content, and names it', async () => {
  await using place = await setUp();
  const run = await makeRunFolder(place.staging, 'prod', 'restore-20261122000000Z');
  await mkdir(path.join(run.folder, 'userRoot'));
  await writeFile(path.join(run.folder, 'userRoot', 'part'), 'content');
  await writeFile(path.join(place.staging.folder, 'prod', '20261125000000Z.archived'), 'no folder\n');
  await archive(place.staging, '20261121000000Z');

  const rests = await sweepStaging(place.staging, 'prod', 1);

  assert.deepEqual(rests.toSorted(), ['20261125000000Z.archived', 'restore-20261122000000Z']);
  assert.deepEqual((await place.inProd()).toSorted(), ['20261121000000Z', '20261121000000Z.archived']);
});

test('sweepStaging() keeps so many of the newest archived sets, and does not call the others rests', async () => {
  await using place = await setUp();
  for (const backupId of ['20261121000000Z', '20261122000000Z', '20261123000000Z']) await archive(place.staging, backupId);

  assert.deepEqual(await sweepStaging(place.staging, 'prod', 2), []);

  assert.deepEqual((await place.inProd()).toSorted(), [
    '20261122000000Z',
    '20261122000000Z.archived',
    '20261123000000Z',
    '20261123000000Z.archived',
  ]);
});

test('sweepStaging() keeps nothing when told to keep none', async () => {
  await using place = await setUp();
  await archive(place.staging, '20261121000000Z');

  assert.deepEqual(await sweepStaging(place.staging, 'prod', 0), []);

  assert.deepEqual(await place.inProd(), []);
});

test('sweepStaging() leaves the sets of other servers', async () => {
  await using place = await setUp();
  const other = await makeRunFolder(place.staging, 'test', 'one');

  await sweepStaging(place.staging, 'prod', 0);

  assert.ok((await stat(other.folder)).isDirectory());
});

test('assertRoom() passes when there is enough, and refuses when there is not', async () => {
  await using place = await setUp();

  await assertRoom(place.staging, 1, 'a backup of userRoot');

  await assert.rejects(assertRoom(place.staging, 2 ** 60, 'a backup of userRoot'), (error: Error & { code: string; hint: string }) => {
    assert.equal(error.code, 'E_DISK_FULL');
    assert.match(error.message, /^Cannot stage a backup of userRoot in \/.*: it needs about 1024 PiB, and [0-9.]+ [KMGTP]iB are free$/);
    assert.equal(error.hint, 'make room, lower keepLocal, or set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a larger volume');
    return true;
  });
});

test('freeBytesAt() tells of a folder that is not there yet what is free where it will be, and fails for what can be none', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'file');
  await writeFile(file, '');

  assert.ok((await freeBytesAt(path.join(folder.path, 'not/yet/there'))) > 0);
  await assert.rejects(freeBytesAt(path.join(file, 'below')), { code: 'ENOTDIR' });
});
