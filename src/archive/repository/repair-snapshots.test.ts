import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DamagedArchive,
  findings,
  flipped,
  largestPack,
  newestFirst,
  threeSets as setUp,
} from '../../../test/harness/damaged-archive.ts';
import { dyingStore } from '../../../test/harness/dying-store.ts';

const request = { ids: [], readData: false, isForgetting: false, isRecovering: false };

/** Cuts off the largest pack and lets `repair packs` save the rest of it; resolves to the sets that lost files. */
async function loseBlobs(set: DamagedArchive): Promise<readonly string[]> {
  const key = await largestPack(set);
  await set.store.put(key, (await set.store.get(key)).subarray(0, 50_000));
  await set.open().repairs.repairPacks([]);
  return (await findings(set, true)).hurt;
}

test('repairSnapshots() keeps what is whole of a set as a damaged snapshot, which never counts and hides the broken one', async () => {
  await using set = await setUp();
  const hurt = await loseBlobs(set);
  assert.ok(hurt.length > 0);

  const plan = await set.open().repairs.planSnapshots(request);

  assert.deepEqual(new Map(plan.broken.map(({ backupId, rest }) => [backupId, rest])), new Map(hurt.map((id) => [id, undefined])));
  assert.equal((await set.open().list()).length, 3, 'a plan changes nothing');
  const { broken } = await set.open().repairs.repairSnapshots(request);
  const archive = set.open();
  const listed = await archive.list();
  assert.equal(listed.length, 3 + hurt.length);
  assert.deepEqual((await set.wholeSnapshots()).broken, []);
  for (const one of broken) {
    const rest = listed.find(({ id }) => id === one.rest);
    const original = listed.find(({ id }) => id === one.id);
    assert.ok(rest && original);
    assert.deepEqual([rest.state, original.state, rest.backupId, rest.time], ['damaged', 'damaged', original.backupId, original.time]);
    assert.deepEqual(rest.backends, one.wholeBackends);
    assert.match(rest.remarks[0] ?? '', /lost in the archive: .*; (whole: |no backend is whole)/);
    assert.deepEqual(original.remarks, [`files of it were lost in the archive; what is left is snapshot ${rest.id.slice(0, 12)}`]);
    assert.deepEqual(await archive.verify(rest, true), [], 'all that a rest names is there');
    const manifest = await archive.manifest(rest);
    assert.deepEqual(manifest.lost?.toSorted(), one.lost.map(({ path }) => path).toSorted());
    for (const file of manifest.files) await Array.fromAsync(archive.read(rest, file));
  }
});

test('repairSnapshots() makes no second rest of the same, and drops the damaged ones where that is asked for', async () => {
  await using set = await setUp();
  const hurt = await loseBlobs(set);
  const { broken } = await set.open().repairs.repairSnapshots(request);

  const again = await set.open().repairs.repairSnapshots({ ...request, isForgetting: true });

  assert.deepEqual(
    again.broken.map(({ rest }) => rest),
    broken.map(({ rest }) => rest),
  );
  assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
  const states = (await set.open().list()).map(({ backupId, state }) => [backupId, state]);
  assert.deepEqual(
    states,
    newestFirst.map((id) => [id, hurt.includes(id) ? 'damaged' : 'complete']),
  );
  assert.deepEqual((await set.open().repairs.planSnapshots(request)).broken, []);
});

test('repairSnapshots() that is killed at any write loses nothing that is whole, and the next one goes on', async () => {
  await using set = await setUp();
  const hurt = await loseBlobs(set);
  const begin = await set.content();
  const { whole } = await set.wholeSnapshots();
  let isFinished = false;
  for (let operations = 0; !isFinished; operations += 1) {
    await set.comeBackTo(begin);
    isFinished = await set
      .open(dyingStore(set.store, operations))
      .repairs.repairSnapshots({ ...request, isForgetting: true })
      .then(
        () => true,
        () => false,
      );
    await set.clock.advance(31 * 60_000);
    await set.open().repairs.repairSnapshots({ ...request, isForgetting: true });

    assert.deepEqual(await set.wholeSnapshots(), { whole: whole.filter((id) => !hurt.includes(id)), broken: [] });
    assert.equal((await set.open().list()).length, 3);
    assert.deepEqual((await findings(set, false)).hurt, []);
  }
});

test('storeAgain() heals the snapshots from files that are still there, and their rests are of no more use', async () => {
  await using set = await setUp();
  const hurt = await loseBlobs(set);
  await set.open().repairs.repairSnapshots(request);

  for (const id of hurt) await set.open().repairs.storeAgain(set.folderOf(id));

  // The manifest is no file of the backup: where it was lost, the rest stays.
  const { broken, outlived } = await set.open().repairs.planSnapshots({ ...request, readData: true });
  assert.equal(broken.length + outlived.length, hurt.length);
  for (const { lost } of broken)
    assert.deepEqual(
      lost.map(({ path }) => path),
      ['manifest.json'],
    );
  await set.open().repairs.repairSnapshots({ ...request, isForgetting: true });
  // A set whose manifest was lost stays beside what was made of it.
  const { length } = await set.open().list();
  assert.ok(length >= 3 && length <= 3 + broken.length, String(length));
  assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
});

for (const [how, spoil] of [
  ['was lost', (set: DamagedArchive, key: string) => set.store.delete([key])],
  [
    'is another one',
    async (set: DamagedArchive, key: string) => set.store.put(key, await set.store.get(`snapshots/${await otherThan(set, key)}`)),
  ],
  ['is empty', (set: DamagedArchive, key: string) => set.store.put(key, new Uint8Array())],
] as const) {
  test(`repairSnapshots() makes a snapshot again whose file ${how}`, async () => {
    await using set = await setUp();
    const [, second] = set.snapshots;
    const [before] = (await set.open().list()).filter(({ backupId }) => backupId === second?.backupId);
    await spoil(set, `snapshots/${second?.id}`);
    const notes = (await set.open().verifyObjects(false)).filter(({ object }) => object.startsWith('tree '));
    assert.deepEqual(
      notes.map(({ finding }) => finding.slice(0, 59)),
      [`is the root of the whole set prod/20261123110000Z, and no snapshot`.slice(0, 59)],
    );

    const { unnamed } = await set.open().repairs.planSnapshots(request);
    assert.deepEqual(
      unnamed.map(({ server, backupId, snapshot }) => [server, backupId, snapshot]),
      [['prod', '20261123110000Z', undefined]],
    );
    await set.open().repairs.repairSnapshots({ ...request, isForgetting: true, isRecovering: true });

    assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
    assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
    const [again] = (await set.open().list()).filter(({ backupId }) => backupId === second?.backupId);
    assert.deepEqual({ ...again, id: '' }, { ...before, id: '' });
  });
}

test('repairSnapshots() puts back a snapshot file with a flipped bit, and two that lie under each other’s names', async () => {
  await using set = await setUp();
  const [first = '', second = '', third = ''] = await set.keys('snapshots/');
  const begin = await set.content();
  await set.store.put(first, begin.get(second) ?? new Uint8Array());
  await set.store.put(second, begin.get(first) ?? new Uint8Array());
  await set.store.put(third, flipped(begin.get(third) ?? new Uint8Array(), 777));
  assert.deepEqual(
    (await findings(set, false)).objects,
    [first, second, third].map((key) => `${key} repair snapshots`),
  );

  const { healed, unreadable } = await set.open().repairs.repairSnapshots(request);

  assert.deepEqual(
    healed.map(({ how }) => how),
    ['it lay under another name', 'it lay under another name', 'a flipped bit was put right'],
  );
  assert.deepEqual(unreadable, []);
  assert.deepEqual((await set.content()).get(first), begin.get(first));
  assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
});

test('a set that was forgotten on purpose is not missed', async () => {
  await using set = await setUp();
  const [, second] = set.snapshots;
  await set.open().forget(second === undefined ? [] : [second]);

  assert.deepEqual((await set.open().repairs.planSnapshots(request)).unnamed, []);
  assert.deepEqual(
    (await set.open().verifyObjects(false)).filter(({ object }) => object.startsWith('tree ')),
    [],
  );
});

async function otherThan(set: DamagedArchive, key: string): Promise<string> {
  return (await set.keys('snapshots/')).find((one) => one !== key)?.slice('snapshots/'.length) ?? '';
}

test('repairSnapshots() drops no damaged snapshot that is pinned, and tells which', async () => {
  await using set = await setUp();
  await loseBlobs(set);
  const [broken] = (await set.open().repairs.planSnapshots(request)).broken;
  const snapshot = (await set.open().list()).find(({ id }) => id === broken?.id);
  assert.ok(snapshot);
  await (await set.open().pins()).pin(snapshot, { at: '2026-11-24T10:00:00.000Z', by: 'anna@ops-1' });
  const plan = await set.open().repairs.planSnapshots({ ...request, isForgetting: true });

  const done = await set.open().repairs.repairSnapshots({ ...request, isForgetting: true });

  assert.deepEqual([plan.pinned, done.pinned], [[snapshot.id], [snapshot.id]]);
  const left = (await set.open().list()).map(({ id }) => id);
  assert.ok(left.includes(snapshot.id));
  assert.ok(done.broken.length > 1 && done.broken.every(({ id }) => id === snapshot.id || !left.includes(id)), 'the others went');
});
