import assert from 'node:assert/strict';
import { appendFile, readdir, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { formatBytes } from '../../src/foundation/sizes.ts';
import { smallVolume } from '../harness/small-volume.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { assertNoSecretSeen, assertRefusal, type BadDays, meanwhile, type Operator, startBadDays } from './bad-days.ts';
import { assertSameEntries, entriesOf } from './main-job-scene.ts';

/** The answer by which a task's end is seen. */
const taskEnd = /COMPLETED_SUCCESSFULLY.*ds-task-log-message|ds-task-log-message.*COMPLETED_SUCCESSFULLY/s;
const run = 'ds-0/BACKUP-ID';

suite('a bad day of the staging folder', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  before(async () => {
    days = await startBadDays();
    operator = await days.operator('staging');
    await operator.run(['backup']);
    good = await operator.verified();
  });
  afterEach(async () => {
    days.store.reset();
    assert.deepEqual(await operator.verified(), good);
    assert.deepEqual(await operator.rests(), []);
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  /** The same archive, with another staging folder. */
  const stagedIn = (folder: string, serverFolder = folder) => ({
    ROOTCELLAR_STAGING_FOLDER: folder,
    ROOTCELLAR_STAGING_SERVER_FOLDER: serverFolder,
  });

  test('the server cannot write there', async () => {
    await using volume = await smallVolume(4096);
    const view = await volume.readOnlyView();

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says:
          'Cannot back up backend "schema": the server says "An error occurred while attempting to back up backend schema with the requested configuration: ' +
          `An error occurred while trying to create the archive file backup-schema-BACKUP-ID in directory ${view}/${run}/schema for the backup BACKUP-ID: ` +
          `FileNotFoundException: ${view}/${run}/schema/backup-schema-BACKUP-ID (No such file or directory)"`,
        hint: "see that the folder exists for the server too and that the server's user may write there (staging.folder, staging.serverFolder)",
      },
      stagedIn(volume.path, view),
    );

    assert.deepEqual(await readdir(path.join(volume.path, 'ds-0')), []);
  });

  test('rootcellar cannot write there', async () => {
    await using volume = await smallVolume(4096);
    const view = await volume.readOnlyView();

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot make the staging folder ${view}/${run}: the volume is read-only`,
        hint: 'set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a folder that both rootcellar and the server may write',
      },
      stagedIn(view, volume.path),
    );
  });

  test('the server and rootcellar see two different folders', async () => {
    await using other = await temporaryFolder('other');

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot find the backup of schema: the server said that it wrote it to ${other.path}/${run}/schema, and ${operator.staging}/${run}/schema has no readable backup.info`,
        hint: 'make ROOTCELLAR_STAGING_FOLDER and ROOTCELLAR_STAGING_SERVER_FOLDER name the same folder as rootcellar and as the server see it, readable by both',
      },
      stagedIn(operator.staging, other.path),
    );
    const folder = `${other.path}/ds-0/restore-BACKUP-ID/userRoot`;
    await operator.refused(
      ['restore', 'latest', '--yes'],
      {
        exitCode: 1,
        says:
          `Cannot verify the backup of backend "userRoot": the server says "An error occurred while attempting to examine the set of backups contained in backup directory ${folder}: ` +
          `No backup directory descriptor file was found at ${folder}/backup.info"`,
        hint: 'make staging.folder and staging.serverFolder name the same folder as rootcellar and as the server see it, readable by both',
      },
      stagedIn(operator.staging, other.path),
    );
    // A restore that failed keeps what it fetched; where the folder is right, it goes on from there.
    const { stderr } = await operator.run(['restore', 'latest', '--yes']);
    assert.match(stderr, /✓ fetch: \d/);
  });

  test('backup: too little room is seen before the server works', async () => {
    await using volume = await smallVolume(128);

    const { stderr } = await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot stage a backup of schema, userRoot in ${volume.path}: it needs about 208 KiB, and 128 KiB are free`,
        hint: 'make room, lower keepLocal, or set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a larger volume',
      },
      stagedIn(volume.path),
    );

    assert.doesNotMatch(stderr, /back up backend/);
    assert.deepEqual(await readdir(path.join(volume.path, 'ds-0')), []);
  });

  test('backup: the disk gets full while the server writes', async () => {
    await using volume = await smallVolume(1024);
    const request = days.gate.holdRequest(/ds-task-backup-backend-id.*userRoot/s);
    const running = operator.spawn(['backup', '--backend', 'userRoot'], stagedIn(volume.path));
    await meanwhile(running, request.arrived);
    await volume.fill(64 * 1024);
    request.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says:
        'Cannot back up backend "userRoot": the server says "An error occurred while attempting to back up backend userRoot with the requested configuration: ' +
        'An error occurred while attempting to back up file 00000000.jdb of backup BACKUP-ID: IOException: No space left on device"',
      hint: 'free space in the folder that the server writes to, or give staging.folder a larger volume',
    });
    assert.deepEqual(await readdir(path.join(volume.path, 'ds-0')), []);
  });

  test('backup: the disk gets full before the server exports the entries', async () => {
    await using volume = await smallVolume(1024);
    const running = operator.spawn(['backup', '--backend', 'userRoot'], stagedIn(volume.path));
    const answer = days.gate.holdAnswer(taskEnd);
    await meanwhile(running, answer.arrived);
    await volume.fill();
    answer.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says:
        'Cannot export backend "userRoot": the server says "An error occurred while attempting to process the LDIF export: ' +
        'java.io.IOException: No space left on device"',
      hint: 'free space in the folder that the server writes to, or give staging.folder a larger volume',
    });
    assert.deepEqual(await readdir(path.join(volume.path, 'ds-0')), []);
  });

  test('backup: the disk gets full before rootcellar writes the manifest', async () => {
    await using volume = await smallVolume(1024);
    const running = operator.spawn(['backup', '--backend', 'userRoot'], {
      ...stagedIn(volume.path),
      ROOTCELLAR_BACKUP_EXPORT: 'false',
    });
    const answer = days.gate.holdAnswer(taskEnd);
    await meanwhile(running, answer.arrived);
    await volume.fill();
    answer.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says: `Cannot write ${volume.path}/${run}/manifest.json: the volume is full`,
      hint: 'make room, lower keepLocal, or set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a larger volume',
    });
  });

  test('backup: the disk gets full after the set was archived', async () => {
    await using volume = await smallVolume(1024);
    const hold = holdStore(/snapshots\//, 'PUT');
    const running = operator.spawn(['backup', '--backend', 'userRoot', '--keep-local', '1'], stagedIn(volume.path));
    await meanwhile(running, hold.arrived);
    await volume.fill();
    hold.release();

    const { exitCode } = await running.ended;
    good = await operator.verified();
    assert.equal(exitCode, 0);
  });

  for (const [what, change, says] of [
    [
      'truncated',
      (file: string) => truncate(file, 100_000),
      'FILE is damaged: it is not a whole zip: End of central directory record signature not found',
    ],
    ['emptied', (file: string) => truncate(file, 0), 'FILE is empty or no file'],
    ['removed', (file: string) => rm(file), 'the file FILE that its backup.info names is not there'],
  ] as const) {
    test(`backup: a file is ${what} before it is checked`, async () => {
      const running = operator.spawn(['backup', '--backend', 'userRoot']);
      const answer = days.gate.holdAnswer(taskEnd);
      await meanwhile(running, answer.arrived);
      await change(await stagedFile());
      answer.release();

      assertRefusal(await running.ended, {
        exitCode: 1,
        says: `Cannot use the backup of userRoot: ${says.replace('FILE', 'backup-userRoot-BACKUP-ID')}`,
        hint: "nothing was archived; look at the server's error log, then run the backup again",
      });
    });
  }

  for (const [what, change, says] of [
    ['truncated', (file: string) => truncate(file, 100_000), 'has 100000 bytes instead of SIZE'],
    ['grown', (file: string) => appendFile(file, 'more'), 'has MORE bytes instead of SIZE'],
    ['removed', (file: string) => rm(file), 'is gone'],
  ] as const) {
    test(`backup: a file is ${what} after it was listed`, async () => {
      const hold = holdStore(/locks\//, 'PUT');
      const running = operator.spawn(['backup', '--backend', 'userRoot']);
      await meanwhile(running, hold.arrived);
      const file = await stagedFile();
      const { size } = await stat(file);
      await change(file);
      hold.release();

      assertRefusal(await running.ended, {
        exitCode: 1,
        says: `Cannot archive userRoot/backup-userRoot-BACKUP-ID: it changed after it was checked: it ${says.replace('SIZE', `${size}`).replace('MORE', `${size + 4}`)}`,
        hint: 'make sure that nothing else writes to the staging folder, then run the backup again',
      });
    });
  }

  test('fetch: too little room is seen before anything is read', async () => {
    await using volume = await smallVolume(128);
    const [newest] = await operator.list();

    await operator.refused(['fetch', 'latest', '--to', path.join(volume.path, 'set')], {
      exitCode: 1,
      says: `Cannot fetch to ${volume.path}/set: it needs ${formatBytes(newest?.bytes ?? 0)}, and 128 KiB are free`,
      hint: 'make room, or name a folder on a larger volume',
    });
  });

  test('fetch: the disk gets full on the way; run again it goes on', async () => {
    await using volume = await smallVolume(1024);
    const to = path.join(volume.path, 'set');
    await backUpUserRoot();
    const hold = holdFetch();
    const running = operator.spawn(['fetch', 'latest', '--to', to]);
    await meanwhile(running, hold.arrived);
    await volume.fill(16 * 1024);
    hold.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says: `Cannot write ${to}: the volume is full`,
      hint: 'make room and run the command again; what is whole already is not fetched again',
    });
    await volume.empty();
    await operator.run(['fetch', 'latest', '--to', to]);
  });

  test('restore: the disk gets full on the way, and the server is not touched', async () => {
    await using volume = await smallVolume(1024);
    const entries = await entriesOf(days.directory);
    await backUpUserRoot();
    const hold = holdFetch();
    const running = operator.spawn(['restore', 'latest', '--yes'], stagedIn(volume.path));
    await meanwhile(running, hold.arrived);
    await volume.fill(16 * 1024);
    hold.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says: `Cannot write ${volume.path}/ds-0/restore-BACKUP-ID: the volume is full`,
      hint: 'make room and run the command again; what is whole already is not fetched again',
    });
    assertSameEntries(await entriesOf(days.directory), entries);
    await volume.empty();
    await operator.run(['restore', 'latest', '--yes'], stagedIn(volume.path));
  });

  /** A set of two folders and a manifest, which are read one after the other before anything is fetched. */
  async function backUpUserRoot(): Promise<void> {
    const { stdout } = await operator.run(['backup', '--backend', 'userRoot', '--json']);
    good = [(JSON.parse(stdout) as { readonly id: string }).id, ...good];
  }

  function holdFetch(): ReturnType<typeof holdStore> {
    // Past the trees, which come by one request, and the manifest.
    return holdStore(/data\//, 'GET', 2);
  }

  /** Holds the next such request, after so many that pass, until it is released. */
  function holdStore(url: RegExp, method: string, after = 0): { readonly arrived: Promise<void>; release(): void } {
    const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    days.store.arm({ method, url, after, action: { kind: 'hold', what: 'request', reached: arrived.resolve, until: released.promise } });
    return { arrived: arrived.promise, release: released.resolve };
  }

  async function stagedFile(): Promise<string> {
    const [name = ''] = (await readdir(operator.staging, { recursive: true })).filter((one) => /backup-userRoot-\d{14}Z$/.test(one));
    return path.join(operator.staging, name);
  }
});
