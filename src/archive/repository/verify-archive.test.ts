import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

async function listedSnapshot() {
  await using folder = await temporaryFolder();
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = repositoryArchive(store, { clock });
  await archive.create();
  await archive.save(folder.path, await makeSet(folder.path, '20261123100000Z', { 'userRoot/data': 'x' }));
  const [snapshot] = await archive.list();
  assert.ok(snapshot);
  return { store, archive, snapshot, other: repositoryArchive(store, { clock }) };
}

test('verify() tells no damage of a snapshot that somebody forgot after it was listed', async () => {
  const { archive, other, snapshot } = await listedSnapshot();
  await other.forget([...(await other.list())]);

  assert.deepEqual(await archive.verify(snapshot, false), []);
});

test('verify() tells of a snapshot that is gone and that nobody forgot', async () => {
  const { store, archive, snapshot } = await listedSnapshot();
  await store.delete([`snapshots/${snapshot.id}`]);

  const [damage] = await archive.verify(snapshot, false);

  assert.match(damage?.finding ?? '', /^cannot be read: .*there is no such object/);
});
