import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { makeSet } from '../../test/harness/example-set.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { Archive } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { chooseReading } from './choose-reading.ts';
import { verifyObjects } from './verify-objects.ts';
import { verify } from './verify.ts';

const world = { clock: new FakeClock(), random: () => 0.5 };

interface Place {
  readonly store: MemoryStore;
  readonly open: () => Archive;
  readonly snapshots: readonly Snapshot[];
}

/** Two sets that have most in common, over several packs. */
async function repositoryPlace(): Promise<Place> {
  const { clock } = world;
  const store = new MemoryStore({ clock });
  const open = () => repositoryArchive(store, { clock });
  await open().create();
  await using home = await temporaryFolder();
  const common = randomBytes(600_000);
  const snapshots: Snapshot[] = [];
  for (const backupId of ['20261121100000Z', '20261122100000Z']) {
    const folder = path.join(home.path, backupId);
    snapshots.push(await open().save(folder, await makeSet(folder, backupId, { common, own: randomBytes(20_000) })));
  }
  return { store, open, snapshots };
}

async function plainPlace(): Promise<Place> {
  const { archive, store } = await exampleArchive();
  const snapshots: Snapshot[] = [];
  for (const backupId of ['20261121100000Z', '20261122100000Z']) {
    const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, `${name} of ${backupId}`.repeat(100)]));
    snapshots.push(await saveExample(archive, backupId, files));
  }
  return { store, open: () => archive, snapshots };
}

/** Flips a bit in the middle, which no list and no size shows. */
async function alter(store: MemoryStore, key: string): Promise<void> {
  const bytes = Uint8Array.from(await store.get(key));
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await store.put(key, bytes);
}

for (const [layout, makePlace] of [
  ['repository', repositoryPlace],
  ['plain', plainPlace],
] as const) {
  test(`a part of the layout ${layout}: each altered object is found by just the run of its group, and the others do not call it whole`, async () => {
    const { store, open, snapshots } = await makePlace();
    const objects = await open().contentObjects(undefined);
    assert.ok(objects.length >= 6, `${objects.length} objects`);
    const groups = 4;
    const victim = objects.find(({ key }) => key.startsWith('data/') || key.endsWith('/c'));
    assert.ok(victim);
    await alter(store, victim.key);
    const found: boolean[] = [];
    for (let group = 1; group <= groups; group += 1) {
      const archive = open();
      const choose = chooseReading({ readData: false, readDataSubset: `${group}/${groups}` }, world);

      const { read, part } = await choose(archive, undefined);
      const { damages, isDataRead } = await verify(archive, snapshots, read);
      const reports = await verifyObjects(archive, damages, read);

      assert.ok(part && !isDataRead && typeof read !== 'boolean');
      assert.equal(part.name, `group ${group} of 4`);
      assert.equal(part.objects, read.size);
      assert.deepEqual([part.ofObjects, part.unit], [objects.length, layout === 'plain' ? 'file' : 'pack']);
      assert.equal(damages.length > 0, read.has(victim.key), `group ${group}`);
      if (layout === 'repository')
        assert.equal(
          reports.some(({ isDamage }) => isDamage),
          read.has(victim.key),
        );
      found.push(damages.length > 0);
    }
    assert.equal(found.filter(Boolean).length, 1);
  });

  test(`a part of the layout ${layout} that is all is read as all`, async () => {
    const { store, open, snapshots } = await makePlace();
    const objects = await open().contentObjects(undefined);
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    let given = 0;
    for await (const object of store.list('')) if (objects.some(({ key }) => key === object.key)) given += object.bytes;

    for (const all of ['1/1', '100%', '1GiB']) {
      const { read, part } = await chooseReading({ readData: false, readDataSubset: all }, world)(open(), snapshots);
      assert.deepEqual([read, part], [true, undefined]);
    }
    assert.equal(bytes, given);
  });
}

test('contentObjects() of one snapshot are only the packs that it needs', async () => {
  const { open, snapshots } = await repositoryPlace();
  const [first, second] = snapshots;
  assert.ok(first && second);

  const [all, ofFirst, ofSecond] = await Promise.all([undefined, [first], [second]].map((chosen) => open().contentObjects(chosen)));

  const keys = (objects: typeof all) => new Set(objects?.map(({ key }) => key));
  assert.ok(keys(ofFirst).isSubsetOf(keys(all)) && keys(ofFirst).size < keys(all).size);
  assert.deepEqual(keys(ofFirst).union(keys(ofSecond)), keys(all));
});

test('a part names every snapshot that suffers from a pack in it', async () => {
  const { store, open, snapshots } = await repositoryPlace();
  // Which pack that is depends on the archive's key, by which content is cut.
  const [ofFirst, ofSecond] = await Promise.all(snapshots.map((one) => open().contentObjects([one])));
  const shared = ofFirst?.find(({ key }) => ofSecond?.some((other) => other.key === key));
  assert.ok(shared);
  await alter(store, shared.key);

  const archive = open();
  const { damages } = await verify(archive, snapshots, new Set([shared.key]));
  const [report] = (await verifyObjects(archive, damages, new Set([shared.key]))).filter(({ isDamage }) => isDamage);

  assert.deepEqual(new Set(damages.map(({ snapshot }) => snapshot)), new Set(snapshots.map(({ id }) => id)));
  assert.equal(report?.object, shared.key);
  assert.equal(report.snapshots.length, 2);
});

test('chooseReading() refuses --read-data and a part of it together, before anything is opened', () => {
  assert.throws(() => chooseReading({ readData: true, readDataSubset: '5%' }, world), {
    code: 'E_USAGE',
    exitCode: 2,
    message: 'Cannot read all data and a part of it: --read-data and --read-data-subset are both given',
  });
});
