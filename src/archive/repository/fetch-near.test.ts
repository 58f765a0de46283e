import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { CountingStore } from '../../object-stores/counting-store.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

const common = randomBytes(600_000);

/** Two sets of which nearly all is the same, archived; the older one lies on this machine. */
async function setUp() {
  const clock = new FakeClock();
  const store = new CountingStore(new MemoryStore({ clock }));
  const archive = repositoryArchive(store, { clock });
  await archive.create();
  const home = await temporaryFolder('near');
  const own = randomBytes(20_000);
  const folders = { older: path.join(home.path, 'older'), newer: path.join(home.path, 'newer'), fetched: path.join(home.path, 'fetched') };
  const older = await archive.save(folders.older, await makeSet(folders.older, '20261123000000Z', { 'userRoot/data': common }));
  const newer = await archive.save(
    folders.newer,
    await makeSet(folders.newer, '20261124000000Z', { 'userRoot/data': Buffer.concat([common, own]) }),
  );
  const target = path.join(home.path, 'fetched/data');
  const fetchNewer = async (): Promise<number> => {
    await rm(target, { force: true });
    const { files } = await archive.manifest(newer);
    const [file] = files.filter(({ path: name }) => name === 'userRoot/data');
    assert.ok(file);
    const before = store.counts().bytesRead;
    await archive.fetch(newer, [{ file, target }], { near: [{ snapshotId: older.id, folder: folders.older }] });
    assert.deepEqual(await readFile(target), Buffer.concat([common, own]));
    return store.counts().bytesRead - before;
  };
  return { folders, fetchNewer, [Symbol.asyncDispose]: () => home.remove() };
}

test('fetch() takes what a set on this machine has, and only the rest from the store', async () => {
  await using scene = await setUp();

  const bytes = await scene.fetchNewer();

  assert.ok(bytes < 150_000, `${bytes} bytes were read from the store`);
});

test('fetch() believes nothing that lies on this machine: what was altered comes from the store', async () => {
  await using scene = await setUp();
  const near = path.join(scene.folders.older, 'userRoot/data');
  const altered = await readFile(near);
  for (let at = 0; at < altered.length; at += 4096) altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
  await writeFile(near, altered);

  const bytes = await scene.fetchNewer();

  assert.ok(bytes > common.length, `${bytes} bytes were read from the store`);
});

test('fetch() does without a set on this machine that is cut short or gone', async () => {
  await using scene = await setUp();
  const near = path.join(scene.folders.older, 'userRoot/data');
  await writeFile(near, (await readFile(near)).subarray(0, 100_000));
  await scene.fetchNewer();

  await rm(scene.folders.older, { recursive: true });
  await scene.fetchNewer();
});
