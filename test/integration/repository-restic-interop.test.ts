import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { makeSet } from '../harness/example-set.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { type Restic, resticAt } from '../harness/restic.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw } from '../harness/versitygw.ts';
import { realClock as clock } from '../harness/real-clock.ts';

interface Place extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly restic: Restic;
  readonly folder: string;
}

async function folderPlace(): Promise<Place> {
  const home = await temporaryFolder('interop');
  const repository = path.join(home.path, 'repository');
  const store = new LocalFolderStore({ folder: repository, clock });
  return { store, restic: await resticAt({ repository, password: 'test' }), folder: home.path, [Symbol.asyncDispose]: () => home.remove() };
}

async function bucketPlace(): Promise<Place> {
  const home = await temporaryFolder('interop');
  const server = await startVersitygw({ buckets: ['archive'] });
  const { accessKeyId, secretAccessKey, endpoint, region } = server;
  // Ours finds them as the SDK does; restic inherits them.
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION: region });
  const store = await openS3Store({ bucket: 'archive', prefix: 'some/path', endpoint, region });
  const restic = await resticAt({ repository: `s3:${endpoint}/archive/some/path`, password: 'test' });
  const dispose = async (): Promise<void> => {
    await store.close();
    await server.kill();
    await home.remove();
  };
  return { store, restic, folder: home.path, [Symbol.asyncDispose]: dispose };
}

/** Text that compresses, bytes that do not, an empty file, odd names. */
function exampleFiles(text: string): Record<string, string | Uint8Array> {
  return {
    'userRoot/backup.info': 'backup_id=x\n',
    'userRoot/backup-userRoot-x': text.repeat(20_000),
    'userRoot/incompressible': shared,
    'schema/empty': '',
    'odd/name with "quotes", <&> and Ünïcödé\u2028': text,
  };
}

const shared = randomBytes(500_000);

/** Every file below a folder, by its path. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  const read = files.map(async (file) => [path.relative(folder, file), (await readFile(file)).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(read));
}

async function save(archive: RepositoryArchive, folder: string, backupId: string, text: string): Promise<Snapshot> {
  const staged = path.join(folder, `staged-${backupId}`);
  return archive.save(staged, await makeSet(staged, backupId, exampleFiles(text)));
}

async function fetchAll(archive: RepositoryArchive, snapshot: Snapshot, folder: string): Promise<Record<string, string>> {
  const { files } = await archive.manifest(snapshot);
  const targets = files.map((file) => ({ file, target: path.join(folder, file.path) }));
  await archive.fetch(snapshot, targets);
  return contentOf(folder);
}

async function assertResticContent(restic: Restic, snapshots: number): Promise<void> {
  await restic('check', '--read-data');
  const listed: unknown = JSON.parse(await restic('snapshots', '--json'));
  assert.equal(Array.isArray(listed) ? listed.length : undefined, snapshots);
}

for (const [name, open] of [
  ['a folder', folderPlace],
  ['an S3 server', bucketPlace],
] as const) {
  suite(`a repository in ${name}`, () => {
    test('restic accepts and restores what save() wrote, after each step', async () => {
      await using place = await open();
      const archive = repositoryArchive(place.store, { clock });
      await archive.create();
      await assertResticContent(place.restic, 0);

      const first = await save(archive, place.folder, '20261123100000Z', 'one line\n');
      await assertResticContent(place.restic, 1);
      const second = await save(archive, place.folder, '20261123110000Z', 'another line\n');
      await assertResticContent(place.restic, 2);

      for (const snapshot of [first, second]) {
        const restored = path.join(place.folder, `restored-${snapshot.backupId}`);
        await place.restic('restore', snapshot.id, '--target', restored);
        await rm(path.join(restored, 'manifest.json'));
        const staged = await contentOf(path.join(place.folder, `staged-${snapshot.backupId}`));
        assert.deepEqual(await contentOf(restored), staged);
        assert.deepEqual(await fetchAll(archive, snapshot, path.join(place.folder, `fetched-${snapshot.backupId}`)), staged);
        assert.deepEqual(await archive.verify(snapshot, true), []);
      }
    });

    test('restic is content after forget() and both phases of prune(), and loses nothing that is needed', async () => {
      await using place = await open();
      const archive = repositoryArchive(place.store, { clock });
      await archive.create();
      const first = await save(archive, place.folder, '20261123100000Z', 'one line\n');
      const second = await save(archive, place.folder, '20261123110000Z', 'another line\n');
      const before = await storedBytes(place.store);

      await archive.forget([first]);
      await assertResticContent(place.restic, 1);
      assert.equal(await archive.prune(await archive.planPrune()), 0);
      await assertResticContent(place.restic, 1);
      const given = await archive.prune(await archive.planPrune());
      await assertResticContent(place.restic, 1);

      assert.ok(given > 0);
      assert.ok((await storedBytes(place.store)) < before);
      assert.deepEqual(await archive.verify(second, true), []);
      const fetched = await fetchAll(archive, second, path.join(place.folder, 'fetched'));
      assert.deepEqual(fetched, await contentOf(path.join(place.folder, 'staged-20261123110000Z')));
    });

    test('what restic did to our repository we read: backup, tag, rewrite, forget and prune, more keys', async () => {
      await using place = await open();
      const archive = repositoryArchive(place.store, { clock });
      await archive.create();
      const first = await save(archive, place.folder, '20261123100000Z', 'one line\n');
      const second = await save(archive, place.folder, '20261123110000Z', 'another line\n');
      const newPassword = path.join(place.folder, 'new-password');
      await writeFile(newPassword, 'other\n');

      await place.restic('backup', '--host', 'by-restic', path.join(place.folder, 'staged-20261123110000Z'));
      await place.restic('tag', '--add', 'kept', second.id);
      await place.restic('forget', '--prune', first.id);
      await place.restic('key', 'add', '--new-password-file', newPassword);

      const again = repositoryArchive(place.store, { clock, password: 'other' });
      const listed = await again.list();
      const staged = await contentOf(path.join(place.folder, 'staged-20261123110000Z'));
      assert.deepEqual(
        listed.map(({ server, state, bytes }) => ({ server, state, bytes })),
        ['by-restic', 'prod'].map((server) => ({ server, state: 'complete', bytes: second.bytes })),
      );
      for (const [index, snapshot] of listed.entries()) {
        const fetched = await fetchAll(again, snapshot, path.join(place.folder, `fetched-${index}`));
        assert.deepEqual(Object.values(fetched), Object.values(staged));
        assert.deepEqual(await again.verify(snapshot, true), []);
      }
    });

    test('a wrong password and a missing repository are told apart', async () => {
      await using place = await open();
      const archive = repositoryArchive(place.store, { clock });
      await assert.rejects(archive.open(), { code: 'E_ARCHIVE_MISSING', exitCode: 10 });
      await archive.create();

      await assert.rejects(repositoryArchive(place.store, { clock, password: 'wrong' }).open(), { code: 'E_WRONG_KEY', exitCode: 12 });
      await assert.rejects(place.restic('--password-command', 'echo wrong', 'snapshots'), /wrong password|no key found/);
    });
  });
}

async function storedBytes(store: ObjectStore): Promise<number> {
  let sum = 0;
  for await (const { bytes } of store.list('data/')) sum += bytes;
  return sum;
}
