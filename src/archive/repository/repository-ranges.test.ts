import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { describeRanges } from '../../../test/contracts/archive-ranges.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

describeRanges({
  layout: 'repository',
  open: (store, clock) => repositoryArchive(store, { clock, writer: { workers: 2, packBytes: 1024 * 1024 } }),
  isContent: (key) => key.startsWith('data/'),
});

test('readRanges() refuses parts of a damaged blob, a few or many, and gives those of the others', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = repositoryArchive(store, { clock });
  await archive.create();
  await using home = await temporaryFolder();
  const backupId = '20261123104646Z';
  await archive.save(home.path, await makeSet(home.path, backupId, { [path.join('userRoot', 'data')]: randomBytes(1_000_000) }));
  for (const { key, bytes } of await Array.fromAsync(store.list('data/'))) {
    if (bytes < 100_000) continue;
    const pack = await store.get(key);
    await store.put(
      key,
      pack.map((byte, at) => (at === 100 ? byte ^ 1 : byte)),
    );
  }
  const [snapshot] = await archive.list();
  assert.ok(snapshot);
  const [file] = (await archive.manifest(snapshot)).files;
  assert.ok(file);
  const read = (at: number, bytes: number) => Array.fromAsync(archive.readRanges(snapshot, file, [{ at, bytes }]));
  const damaged = {
    code: 'E_FILE_DAMAGED',
    exitCode: 20,
    message: /Cannot read prod\/20261123104646Z\/userRoot\/data: .* its MAC does not fit/,
  };

  await assert.rejects(read(0, 10), damaged);
  await assert.rejects(read(0, 1_000_000), damaged);
  // Of each pack only the first blob is damaged, and those hold the beginning of the file.
  assert.equal((await read(900_000, 1000))[0]?.content.length, 1000);
});
