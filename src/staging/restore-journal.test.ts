import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { type JournalDocument, readJournal, RestoreJournal } from './restore-journal.ts';
import { sweepStaging } from './staging.ts';

const document: JournalDocument = {
  version: 1,
  began: '2026-11-23T10:46:46.000Z',
  server: 'ds-1',
  target: 'ldaps://ds-1.example.com:1636',
  snapshot: 'a'.repeat(64),
  backupId: '20261123104646Z',
  backends: [],
  fences: {},
  direction: 'forward',
  steps: [],
};

async function setUp() {
  const folder = await temporaryFolder('journal');
  const staging = { folder: folder.path, serverFolder: '/server' };
  const clock = new FakeClock();
  return { staging, clock, [Symbol.asyncDispose]: () => folder.remove() };
}

test('RestoreJournal notes a step before its work and after it', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  const journal = await RestoreJournal.begin(staging, document, clock);
  let meanwhile: JournalDocument | undefined;

  await journal.step('suspend', async () => {
    meanwhile = await readJournal(staging, 'ds-1');
  });

  assert.deepEqual(meanwhile?.steps, [{ key: 'suspend', state: 'begun', milliseconds: 0 }]);
  assert.deepEqual((await readJournal(staging, 'ds-1'))?.steps, [{ key: 'suspend', state: 'done', milliseconds: 0 }]);
});

test('RestoreJournal leaves a step that failed begun, for the next run to do again', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  const journal = await RestoreJournal.begin(staging, document, clock);

  await assert.rejects(
    journal.step('restore userRoot', () => Promise.reject(new Error('cut off'))),
    /cut off/,
  );

  const found = await RestoreJournal.find(staging, 'ds-1', clock);
  assert.deepEqual([found?.isBegun('restore userRoot'), found?.isDone('restore userRoot'), found?.isBegun('prove')], [true, false, false]);
});

test('RestoreJournal keeps what a fence put aside first: a second look sees the fence', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  const journal = await RestoreJournal.begin(staging, document, clock);

  await journal.noteFence('ds-2', [{ id: 'userRoot', writability: 'enabled' }]);
  await journal.noteFence('ds-2', [{ id: 'userRoot', writability: 'internal-only' }]);

  assert.deepEqual((await readJournal(staging, 'ds-1'))?.fences, { 'ds-2': [{ id: 'userRoot', writability: 'enabled' }] });
});

test('readJournal() finds none once the journal is removed, and none of another server', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  const journal = await RestoreJournal.begin(staging, document, clock);

  assert.equal(await readJournal(staging, 'ds-2'), undefined);
  await journal.remove();
  assert.equal(await readJournal(staging, 'ds-1'), undefined);
  assert.deepEqual(await readdir(staging.folder), []);
});

test('sweepStaging() leaves the journal of an unfinished restore', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  await RestoreJournal.begin(staging, document, clock);

  await sweepStaging(staging, 'ds-1', 0);

  assert.equal((await readJournal(staging, 'ds-1'))?.backupId, '20261123104646Z');
});

test('readJournal() takes a damaged journal for an unfinished restore, never for none', async () => {
  await using place = await setUp();
  const file = path.join(place.staging.folder, '.restore-ds-1.json');
  for (const text of ['', '{', '{"version":2}']) {
    await writeFile(file, text);
    await assert.rejects(readJournal(place.staging, 'ds-1'), {
      code: 'E_JOURNAL_UNREADABLE',
      message: `Cannot read the journal of an unfinished restore ${file}: it is not a journal of this version`,
      hint: 'see with "dsreplication status" that replication is not suspended and that the server has its entries, then move the file away',
    });
  }
});

test('RestoreJournal that cannot be written stops the restore before the step', async () => {
  await using place = await setUp();
  const { staging, clock } = place;
  const journal = await RestoreJournal.begin(staging, document, clock);
  // A folder is in the way of the new file.
  await mkdir(path.join(staging.folder, '.restore-ds-1.json.new'));
  let isDone = false;

  await assert.rejects(
    journal.step('suspend', async () => {
      isDone = true;
    }),
    { code: 'E_JOURNAL_NOT_WRITABLE' },
  );

  assert.equal(isDone, false);
});
