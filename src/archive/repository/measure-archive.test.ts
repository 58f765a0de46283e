import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { alterTree } from '../../../test/harness/altered-tree.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

const common = randomBytes(100_000);

async function setUp(backupIds: readonly string[]) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const open = () => repositoryArchive(store, { clock });
  await open().create();
  await using home = await temporaryFolder();
  const snapshots: Snapshot[] = [];
  for (const backupId of backupIds) {
    const folder = path.join(home.path, backupId);
    const files = { 'userRoot/common': common, 'userRoot/own': randomBytes(10_000) };
    snapshots.push(await open().save(folder, await makeSet(folder, backupId, files)));
  }
  return { store, open, snapshots };
}

test('measure() tells what each snapshot alone holds, and what several hold together', async () => {
  const { open, snapshots } = await setUp(['20261121100000Z', '20261122100000Z', '20261123100000Z']);
  const [first, second, third] = snapshots;
  assert.ok(first && second && third);

  const all = await open().measure(snapshots);
  const two = await open().measure([first, second]);

  for (const { alone } of [...all.snapshots, ...two.snapshots]) {
    assert.ok(alone && alone.bytes > 10_000 && alone.bytes < 14_000, `${alone?.bytes} bytes alone`);
    assert.ok(alone.storedBytes > 10_000 && alone.storedBytes < 14_000, `${alone.storedBytes} bytes stored alone`);
  }
  assert.deepEqual(all.together, all.unique);
  const sumOfTwo = two.snapshots.reduce((sum, { alone }) => sum + (alone?.bytes ?? 0), 0);
  assert.equal(two.together.bytes, sumOfTwo);
  assert.equal(two.unique.bytes, sumOfTwo + 100_000);
  assert.ok(all.unneededBytes === 0 && all.troubles.length === 0);
  const added = all.snapshots.map((one) => one.added?.bytes ?? 0);
  assert.ok((added[0] ?? 0) > 110_000 && (added[1] ?? 0) < 14_000, `${added.join(', ')} bytes were new`);
});

test('measure() says what is damaged, and what a forgotten snapshot leaves', async () => {
  const { store, open, snapshots } = await setUp(['20261121100000Z', '20261122100000Z']);
  const [first, second] = snapshots;
  assert.ok(first && second);
  const { snapshots: before } = await open().measure(snapshots);

  await open().forget([first]);
  const { unneededBytes } = await open().measure([second]);
  await alterTree(store, (nodes) => nodes.find(({ name }) => name.toString() === 'userRoot')?.subtree);
  const damaged = await open().measure([second]);

  assert.ok(unneededBytes >= (before[0]?.alone?.storedBytes ?? Infinity));
  assert.equal(damaged.troubles.length, 1);
  assert.match(damaged.troubles[0] ?? '', /^Cannot read tree blob \w{12}…?: its MAC does not fit$/);
  assert.ok(damaged.unneededBytes > unneededBytes);
});

test('measure() counts a snapshot file that cannot be read among the troubles', async () => {
  const { store, open } = await setUp(['20261121100000Z']);
  const [object] = await Array.fromAsync(store.list('snapshots/'));
  assert.ok(object);
  await store.put(object.key, new Uint8Array(40));

  const snapshots = await open().list();
  const { snapshots: measured, troubles } = await open().measure(snapshots);

  assert.equal(measured[0]?.alone, undefined);
  assert.match(troubles.join('\n'), /^Cannot read snapshot \w{12}…?: its bytes hash to \w{12}…?$/);
});
