import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { makeSet } from '../../test/harness/example-set.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { CountingStore } from '../object-stores/counting-store.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';

/** An archive with two snapshots; `open()` is a new run with the same cache, and counts its requests. */
async function twoSnapshots(home: string) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const cacheFolder = path.join(home, 'cache');
  const open = () => {
    const counting = new CountingStore(store);
    return { archive: repositoryArchive(counting, { clock, cacheFolder }), gets: () => counting.counts().calls.get };
  };
  const { archive } = open();
  await archive.create();
  for (const backupId of ['20261123000000Z', '20261123060000Z']) {
    const folder = path.join(home, backupId);
    await archive.save(folder, await makeSet(folder, backupId, { 'userRoot/file': backupId }));
  }
  return { store, cacheFolder, open };
}

async function copiesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

test('a second run lists without reading what it has a copy of', async () => {
  await using home = await temporaryFolder();
  const { open } = await twoSnapshots(home.path);
  await open().archive.list();
  const { archive, gets } = open();

  assert.equal((await archive.list()).length, 2);
  assert.equal(gets(), 2, 'config and key');
});

test('a copy that is not what its name says is read from the store again', async () => {
  await using home = await temporaryFolder();
  const { cacheFolder, open } = await twoSnapshots(home.path);
  await open().archive.list();
  for (const copy of await copiesIn(cacheFolder)) await writeFile(copy, 'rubbish');

  assert.equal((await open().archive.list()).length, 2);
});

test('copies of what is no longer stored go', async () => {
  await using home = await temporaryFolder();
  const { cacheFolder, open } = await twoSnapshots(home.path);
  const { archive } = open();
  const [newest] = await archive.list();
  const before = await copiesIn(cacheFolder);
  await archive.forget(newest === undefined ? [] : [newest]);
  await archive.list();

  assert.ok(before.some((name) => name.endsWith(newest?.id ?? 'none')));
  assert.ok(!(await copiesIn(cacheFolder)).some((name) => name.endsWith(newest?.id ?? 'none')));
});

test('verify finds a snapshot that is damaged in the store, whatever is copied here', async () => {
  await using home = await temporaryFolder();
  const { store, open } = await twoSnapshots(home.path);
  const { archive } = open();
  const [newest] = await archive.list();
  assert.ok(newest !== undefined);
  await store.put(`snapshots/${newest.id}`, Buffer.from('damaged'));

  const [damage] = await archive.verify(newest, false);
  assert.match(damage?.finding ?? '', /cannot be read: .*its bytes hash to/);
});

test('a folder that cannot be written is as none', async () => {
  await using home = await temporaryFolder();
  await writeFile(path.join(home.path, 'cache'), 'a file in its place');
  const { open } = await twoSnapshots(home.path);

  assert.equal((await open().archive.list()).length, 2);
});
