import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { encodeManifest } from '../domain/manifest.ts';
import { interrupted } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { fetchSet } from './fetch.ts';

const files = { 'userRoot/backup.info': 'descriptor', 'userRoot/large': Buffer.alloc(300_000, 'abc'), 'schema/file': '' };
const bytes = 300_010;
const backupId = '20261122000000Z';

async function setUp() {
  const folder = await temporaryFolder('fetch');
  const parts = await exampleArchive();
  const snapshot = await saveExample(parts.archive, backupId, files);
  return { ...parts, snapshot, folder: path.join(folder.path, 'to'), [Symbol.asyncDispose]: () => folder.remove() };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? [] : [path.relative(folder, path.join(entry.parentPath, entry.name))]))
    .toSorted();
}

test('fetchSet() writes the same bytes, and the manifest', async () => {
  await using place = await setUp();

  const report = await fetchSet(place.archive, place.snapshot, place.folder);

  assert.deepEqual(report, { snapshot: place.snapshot, folder: place.folder, files: 3, bytes, reusedBytes: 0 });
  assert.deepEqual(await filesBelow(place.folder), ['manifest.json', ...Object.keys(files)].toSorted());
  for (const [name, content] of Object.entries(files)) {
    assert.ok((await readFile(path.join(place.folder, name))).equals(Buffer.from(content)), name);
  }
  const manifest = await place.archive.manifest(place.snapshot);
  assert.equal(await readFile(path.join(place.folder, 'manifest.json'), 'utf8'), encodeManifest(manifest));
});

test('fetchSet() writes no manifest into what was a folder without one', async () => {
  await using place = await setUp();
  await using source = await temporaryFolder('set');
  const manifest = await makeSet(source.path, '20261121000000Z', { file: 'content' });
  const snapshot = await place.archive.save(source.path, { ...manifest, origin: 'archive' });

  await fetchSet(place.archive, snapshot, place.folder);

  assert.deepEqual(await filesBelow(place.folder), ['file']);
});

test('fetchSet() reports the bytes as they come', async () => {
  await using place = await setUp();
  const events: ProgressEvent[] = [];

  await fetchSet(place.archive, place.snapshot, place.folder, { report: (event) => events.push(event) });

  assert.deepEqual(events[0], { kind: 'begin', step: 'fetch', total: bytes, unit: 'bytes' });
  assert.deepEqual(events.at(-2), { kind: 'advance', step: 'fetch', done: bytes });
  assert.deepEqual(events.at(-1), { kind: 'end', step: 'fetch' });
});

test('fetchSet() goes on where an earlier fetch was cut off', async () => {
  await using place = await setUp();
  await fetchSet(place.archive, place.snapshot, place.folder);
  const whole = path.join(place.folder, 'userRoot/large');
  const long = new Date('2020-01-01T00:00:00Z');
  await utimes(whole, long, long);
  await rm(path.join(place.folder, 'manifest.json'));
  await rm(path.join(place.folder, 'userRoot/backup.info'));
  await writeFile(path.join(place.folder, 'userRoot/backup.info.rootcellar-partial'), 'desc');

  const report = await fetchSet(place.archive, place.snapshot, place.folder);

  assert.equal(report.reusedBytes, 300_000);
  assert.deepEqual((await stat(whole)).mtime, long);
  assert.deepEqual(await filesBelow(place.folder), ['manifest.json', ...Object.keys(files)].toSorted());
});

test('fetchSet() fetches again what is there and is not as it should be', async () => {
  await using place = await setUp();
  await fetchSet(place.archive, place.snapshot, place.folder);
  await writeFile(path.join(place.folder, 'userRoot/backup.info'), 'DESCRIPTOR');
  await writeFile(path.join(place.folder, 'userRoot/large'), 'short');

  const report = await fetchSet(place.archive, place.snapshot, place.folder);

  assert.equal(report.reusedBytes, 0);
  assert.equal(await readFile(path.join(place.folder, 'userRoot/backup.info'), 'utf8'), 'descriptor');
  assert.equal((await stat(path.join(place.folder, 'userRoot/large'))).size, 300_000);
});

const foreign = ['notes.txt', 'userRoot/other', 'userRoot/other.rootcellar-partial', 'deep/er/file'];
for (const name of foreign) {
  test(`fetchSet() refuses a folder that holds ${name}, and leaves it`, async () => {
    await using place = await setUp();
    const foreignFile = path.join(place.folder, name);
    await mkdir(path.dirname(foreignFile), { recursive: true });
    await writeFile(foreignFile, 'mine');

    await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), {
      code: 'E_USAGE',
      exitCode: 2,
      message: `Cannot fetch to ${place.folder}: it holds ${name}, which is not of this snapshot`,
      hint: 'name an empty folder, or one that an earlier fetch of this snapshot began',
    });

    assert.deepEqual(await filesBelow(place.folder), [name]);
  });
}

test('fetchSet() refuses a link in the place of a folder, and follows none in the place of a file', async () => {
  await using place = await setUp();
  await using outside = await temporaryFolder('outside');
  const victim = path.join(outside.path, 'victim');
  await writeFile(victim, 'mine');
  await mkdir(place.folder);
  await symlink(outside.path, path.join(place.folder, 'userRoot'));

  await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), { code: 'E_USAGE' });
  await rm(path.join(place.folder, 'userRoot'));
  await mkdir(path.join(place.folder, 'userRoot'));
  await symlink(victim, path.join(place.folder, 'userRoot/large.rootcellar-partial'));
  await symlink(victim, path.join(place.folder, 'userRoot/backup.info'));
  await fetchSet(place.archive, place.snapshot, place.folder);

  assert.equal(await readFile(victim, 'utf8'), 'mine');
  assert.equal(await readFile(path.join(place.folder, 'userRoot/backup.info'), 'utf8'), 'descriptor');
});

test('fetchSet() says when the folder cannot be made', async () => {
  await using place = await setUp();
  await writeFile(place.folder, 'a file in the way');

  await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), {
    code: 'E_USAGE',
    message: `Cannot fetch to ${place.folder}: a file is in the way`,
    hint: 'name a folder that can be made or is there',
  });
});

const damages = [
  [
    'altered',
    Buffer.alloc(300_000, 'xyz'),
    /^Cannot read prod\/20261122000000Z\/userRoot\/large: it hashes to [0-9a-f]{12}… instead of [0-9a-f]{12}…$/,
  ],
  ['cut', Buffer.alloc(299_999, 'abc'), /^Cannot read prod\/20261122000000Z\/userRoot\/large: it has 299999 bytes instead of 300000$/],
  ['removed', undefined, /^Cannot read prod\/20261122000000Z\/userRoot\/large: it is missing$/],
] as const;
for (const [what, content, message] of damages) {
  test(`fetchSet() refuses an object that was ${what}, and leaves nothing under its name`, async () => {
    await using place = await setUp();
    const key = `prod/${backupId}/userRoot/large`;
    await (content === undefined ? place.store.delete([key]) : place.store.put(key, content));

    await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), { code: 'E_FILE_DAMAGED', exitCode: 20, message });

    const left = await filesBelow(place.folder);
    assert.deepEqual(
      left.filter((name) => name.includes('large') || name.includes('partial') || name === 'manifest.json'),
      [],
    );
  });
}

test('fetchSet() refuses a snapshot that is known to be damaged', async () => {
  await using place = await setUp();
  const damaged = { ...place.snapshot, state: 'damaged' as const, remarks: ['one is missing', 'two is altered'] };

  await assert.rejects(fetchSet(place.archive, damaged, place.folder), {
    code: 'E_SNAPSHOT_DAMAGED',
    exitCode: 20,
    message: `Cannot fetch prod/${backupId}: one is missing; two is altered`,
    hint: 'use another snapshot; "rootcellar verify" tells which are whole, and fetch --partial takes what is left of a damaged one',
  });
});

test('fetchSet() writes what is left of a damaged snapshot where that will do', async () => {
  await using place = await setUp();
  const damaged = { ...place.snapshot, state: 'damaged' as const, remarks: ['one is missing'] };

  const { files } = await fetchSet(place.archive, damaged, place.folder, { isPartAccepted: true });

  assert.equal((await filesBelow(place.folder)).length, files + 1);
});

test('fetchSet() refuses a set that is larger than the volume before it reads anything', async () => {
  await using place = await setUp();
  const manifest = await place.archive.manifest(place.snapshot);
  place.archive.manifest = () => Promise.resolve({ ...manifest, files: [{ path: 'huge', bytes: 2 ** 60, sha256: 'a'.repeat(64) }] });

  await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), (error: Error & { code: string }) => {
    assert.equal(error.code, 'E_DISK_FULL');
    assert.match(error.message, /^Cannot fetch to \/.*: it needs 1024 PiB, and [0-9.]+ [KMGTP]iB are free$/);
    return true;
  });
  assert.deepEqual(await filesBelow(place.folder), []);
});

test('fetchSet() names the file that it cannot write', async () => {
  await using place = await setUp();
  const name = path.join(place.folder, 'userRoot/backup.info');
  await mkdir(name, { recursive: true });

  await assert.rejects(fetchSet(place.archive, place.snapshot, place.folder), (error: Error & { code: string; hint: string }) => {
    assert.equal(error.code, 'E_FETCH_FAILED');
    assert.ok(error.message.startsWith(`Cannot write ${name}: EISDIR: illegal operation on a directory, rename`), error.message);
    assert.equal(error.hint, 'see that the folder can be written, then run the command again');
    return true;
  });
  assert.ok(!(await filesBelow(place.folder)).some((file) => file.includes('partial')));
});

for (const reason of [interrupted('The command'), new Error('stop')]) {
  test(`fetchSet() rejects with the reason of an abort (${reason.name}), leaves no part of a file, and can go on`, async () => {
    await using place = await setUp();
    const stop = new AbortController();
    const report = (event: ProgressEvent) => event.kind === 'advance' && event.done > 100_000 && stop.abort(reason);

    await assert.rejects(
      fetchSet(place.archive, place.snapshot, place.folder, { signal: stop.signal, report: (event) => void report(event) }),
      reason,
    );

    const left = await filesBelow(place.folder);
    assert.ok(!left.some((name) => name.includes('partial') || name.includes('large') || name === 'manifest.json'), left.join());
    const again = await fetchSet(place.archive, place.snapshot, place.folder);
    assert.equal(again.bytes, bytes);
  });
}
