import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { asListed } from '../../test/harness/example-snapshot.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { interrupted } from '../foundation/failure.ts';
import { fetchSet } from '../restore/fetch.ts';
import { archiveFolder } from './archive-folder.ts';

const descriptor = (id: string) => `backend_dn=ds-cfg-backend-id=${id},cn=Backends,cn=config

backup_id=20261121000000Z
encrypted=false

backup_id=20261122000000Z
encrypted=true
compressed=true
`;

async function setUp(files: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder('archive');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder.path, name)), { recursive: true });
    await writeFile(path.join(folder.path, name), content);
  }
  const parts = await exampleArchive();
  const request = { ...parts, program: 'rootcellar test', folder: folder.path, serverName: 'prod' };
  return { ...parts, request, folder: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}

test('archiveFolder() archives any folder as one snapshot under the name that it is given', async () => {
  await using place = await setUp({ 'a/b': 'content', c: '' });

  const snapshot = await archiveFolder(place.request);

  const { server, backupId, time, backends, bytes, state } = snapshot;
  assert.deepEqual(
    { server, backupId, time, backends, bytes, state },
    { server: 'prod', backupId: '20261123104646Z', time: '2026-11-23T10:46:46.000Z', backends: [], bytes: 7, state: 'complete' },
  );
  assert.deepEqual(await place.archive.verify(snapshot, true), []);
  assert.equal((await place.archive.manifest(snapshot)).origin, 'archive');
});

test('archiveFolder() knows backends one level below by their backup.info, and their newest backups', async () => {
  await using place = await setUp({
    'userRoot/backup.info': descriptor('userRoot'),
    'schema/backup.info': descriptor('schema'),
    'odd/backup.info': descriptor('constructor'),
    'deep/er/backup.info': descriptor('deep'),
    'none/backup.info': 'backend_dn=cn=none\n',
  });

  const { backends } = await place.archive.manifest(await archiveFolder(place.request));

  const common = { backupId: '20261122000000Z', baseDns: [], isEncrypted: true, isCompressed: true };
  assert.deepEqual(backends, [
    { id: 'constructor', role: 'user', folder: 'odd', ...common },
    { id: 'schema', role: 'schema', folder: 'schema', ...common },
    { id: 'userRoot', role: 'user', folder: 'userRoot', ...common },
  ]);
});

test('archiveFolder() knows a backend whose own folder it is given, and the set can be read back', async () => {
  await using place = await setUp({ 'backup.info': descriptor('userRoot'), 'userRoot-backup-20261122000000Z': 'sealed' });

  const snapshot = await archiveFolder(place.request);

  const [listed] = await place.archive.list();
  assert.deepEqual(listed, asListed(snapshot));
  const { backends } = await place.archive.manifest(snapshot);
  assert.deepEqual(
    backends.map(({ id, folder }) => [id, folder]),
    [['userRoot', '.']],
  );
});

test('archiveFolder() takes the next second when the server has a set of this one', async () => {
  await using place = await setUp({ file: 'content' });
  await archiveFolder(place.request);

  const second = archiveFolder(place.request);
  await place.clock.advance(1000);

  assert.equal((await second).backupId, '20261123104647Z');
});

test('archiveFolder() brings a fetched set to another archive with its ID, time and server', async () => {
  await using source = await setUp();
  await using place = await setUp();
  const original = await saveExample(source.archive, '20261120000000Z');
  await fetchSet(source.archive, original, place.folder);

  const copy = await archiveFolder({ ...place.request, serverName: 'laptop' });

  assert.deepEqual(asListed(copy), original);
});

test('archiveFolder() keeps what a fetched set says of its exports and their indexes', async () => {
  await using source = await setUp();
  await using place = await setUp();
  const files = { 'userRoot/backup.info': 'x', 'export/userRoot.ldif': 'dn: dc=x\n', 'export/userRoot.ldif.index': 'an index' };
  await using folder = await temporaryFolder('set');
  const made = await makeSet(folder.path, '20261120000000Z', files);
  const exported = {
    path: 'export/userRoot.ldif',
    index: 'export/userRoot.ldif.index',
    entries: 1,
    digest: `1-${'0'.repeat(64)}`,
    began: made.time,
    ended: made.time,
  };
  const backends = made.backends.map((backend) => ({ ...backend, export: exported }));
  const original = asListed(await source.archive.save(folder.path, { ...made, backends }));
  await fetchSet(source.archive, original, place.folder);

  const copy = await archiveFolder({ ...place.request, serverName: 'laptop' });

  const { backends: kept, files: keptFiles } = await place.archive.manifest(copy);
  assert.deepEqual(kept[0]?.export, exported);
  assert.deepEqual(keptFiles.map(({ path: name }) => name).toSorted(), Object.keys(files).toSorted());
});

test('archiveFolder() takes the lease of the server that a fetched set is of', async () => {
  await using place = await setUp();
  const original = await saveExample(place.archive, '20261120000000Z');
  await fetchSet(place.archive, original, place.folder);
  const held = await place.leases.take('prod');

  await assert.rejects(archiveFolder({ ...place.request, serverName: 'laptop' }), { code: 'E_BUSY' });

  await held.release();
});

test('archiveFolder() refuses a fetched set that the archive has already', async () => {
  await using place = await setUp();
  await fetchSet(place.archive, await saveExample(place.archive, '20261120000000Z'), place.folder);

  await assert.rejects(archiveFolder(place.request), { code: 'E_SNAPSHOT_EXISTS' });

  assert.equal((await place.archive.list()).length, 1);
});

const changes: readonly (readonly [string, (folder: string) => Promise<void>])[] = [
  ['altered', (folder) => writeFile(path.join(folder, 'userRoot/file'), 'altered')],
  ['with a file more', (folder) => writeFile(path.join(folder, 'more'), '')],
  ['with a file fewer', (folder) => rm(path.join(folder, 'userRoot/file'))],
];
for (const [what, change] of changes) {
  test(`archiveFolder() refuses a fetched set ${what}`, async () => {
    await using place = await setUp();
    await fetchSet(place.archive, await saveExample(place.archive, '20261120000000Z'), place.folder);
    await change(place.folder);

    await assert.rejects(archiveFolder(place.request), {
      code: 'E_SET_CHANGED',
      message: `Cannot archive ${place.folder}: it is no longer what its manifest.json says`,
      hint: "the name manifest.json is rootcellar's; move that file away to archive the rest as a new set",
    });
  });
}

test('archiveFolder() refuses a foreign manifest.json, and leaves no lease behind', async () => {
  await using place = await setUp({ 'manifest.json': '{"name": "an app"}', file: 'content' });

  await assert.rejects(archiveFolder(place.request), {
    code: 'E_SET_CHANGED',
    message: `Cannot archive ${place.folder}: it has a manifest.json of its own`,
  });

  await (await place.leases.take('prod')).release();
});

test('archiveFolder() refuses a folder that is missing, empty or a file', async () => {
  await using place = await setUp();
  const absent = path.join(place.folder, 'absent');
  const usage = (message: string, hint: string) => ({ code: 'E_USAGE', exitCode: 2, message, hint });

  await assert.rejects(
    archiveFolder({ ...place.request, folder: absent }),
    usage(`Cannot archive ${absent}: there is no such folder`, 'name a folder that is there and readable'),
  );
  await assert.rejects(
    archiveFolder(place.request),
    usage(`Cannot archive ${place.folder}: it is empty`, 'name the folder that holds the backup'),
  );
  const file = path.join(place.folder, 'file');
  await writeFile(file, '');
  await assert.rejects(
    archiveFolder({ ...place.request, folder: file }),
    usage(`Cannot archive ${file}: it is not a folder`, 'name the folder that holds the backup'),
  );
});

test('archiveFolder() leaves no snapshot when it is aborted', async () => {
  await using place = await setUp({ file: 'content' });
  const stop = new AbortController();
  const report = () => stop.abort(interrupted('The command'));

  await assert.rejects(archiveFolder(place.request, { signal: stop.signal, report }), { code: 'E_INTERRUPTED' });

  assert.deepEqual(await place.archive.list(), []);
});
