import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Content,
  type DamagedArchive,
  findings,
  flipped,
  largestPack,
  newestFirst,
  threeSets as setUp,
} from '../../../test/harness/damaged-archive.ts';
import { dyingStore } from '../../../test/harness/dying-store.ts';
import type { ArchiveRepairs } from '../archive-repairs.ts';

/** Does the repair with a store that dies after each number of writes, then again whole; afterwards all three are whole each time. */
async function assertKillable(set: DamagedArchive, work: (repairs: ArchiveRepairs) => Promise<unknown>): Promise<number> {
  const begin: Content = await set.content();
  for (let operations = 0; ; operations += 1) {
    await set.comeBackTo(begin);
    const isFinished = await work(set.open(dyingStore(set.store, operations)).repairs).then(
      () => true,
      () => false,
    );
    await set.clock.advance(31 * 60_000);
    await work(set.open().repairs);
    assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] }, `killed after ${operations} writes`);
    assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
    if (isFinished) return operations;
  }
}

test('repairIndex() makes an index again that was removed, from the headers of the packs', async () => {
  await using set = await setUp();
  const [first = '', second = '', third = ''] = await set.keys('index/');
  await set.store.delete([first, second, third]);
  const packs = (await set.keys('data/')).length;
  assert.equal((await findings(set, false)).hurt.length, 3);

  const plan = await set.open().repairs.planIndex(false);

  assert.deepEqual([plan.listed, plan.listedAnew.length, plan.removed, plan.missing, plan.unreadable], [packs, packs, [], [], []]);
  assert.deepEqual(await set.keys('index/'), [], 'a plan changes nothing');
  assert.deepEqual(await set.open().repairs.repairIndex(false), plan);
  assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
});

for (const [how, spoil] of [
  ['altered', (bytes: Uint8Array) => flipped(bytes, 1000)],
  ['cut off', (bytes: Uint8Array) => bytes.subarray(0, -7)],
  ['empty', () => new Uint8Array()],
] as const) {
  test(`repairIndex() replaces an index file that is ${how}, killed at any write`, async () => {
    await using set = await setUp();
    const [key = ''] = await set.keys('index/');
    await set.store.put(key, spoil(await set.store.get(key)));
    const found = await findings(set, false);
    assert.deepEqual(found.objects, [`${key} repair index`]);
    assert.ok(found.hurt.length > 0);

    assert.ok((await assertKillable(set, (repairs) => repairs.repairIndex(false))) >= 3);

    assert.ok(!(await set.keys('index/')).includes(key));
  });
}

test('repairIndex() leaves out packs that are gone, so that a backup of the same files heals the old snapshots', async () => {
  await using set = await setUp();
  const largest = await largestPack(set);
  await set.store.delete([largest]);
  const before = await findings(set, false);
  assert.deepEqual(before.objects, [`${largest} repair index`]);
  assert.ok(before.hurt.length > 0);

  const { missing } = await set.open().repairs.repairIndex(false);

  assert.deepEqual(missing, [largest.slice(-64)]);
  assert.deepEqual(await findings(set, false), { hurt: before.hurt, objects: [] });
  for (const id of before.hurt) await set.saveAgain(id, id.replace('20261123', '20261124'));
  const archive = set.open();
  for (const snapshot of set.snapshots) {
    // The manifest is no file of the backup: where it lay in that pack it is lost.
    const left = (await archive.verify(snapshot, true)).filter(({ path }) => path !== 'manifest.json');
    assert.deepEqual(left, []);
  }
});

test('repairIndex() changes nothing of an index that is right, also when it reads every header', async () => {
  await using set = await setUp();
  const begin = await set.content();

  for (const readAllPacks of [false, true]) {
    const done = await set.open().repairs.repairIndex(readAllPacks);
    assert.deepEqual(done, { removed: [], notUnderstood: [], listed: 0, listedAnew: [], missing: [], unreadable: [] });
  }

  assert.deepEqual([...(await set.content()).keys()], [...begin.keys()]);
});

test('repairIndex() leaves what an index says of a pack whose header is lost', async () => {
  await using set = await setUp();
  const [key = ''] = await set.keys('data/');
  await set.store.put(key, (await set.store.get(key)).subarray(0, -20));

  const { unreadable, removed } = await set.open().repairs.repairIndex(false);

  assert.deepEqual([unreadable.map(({ id }) => id), removed], [[key.slice(-64)], []]);
});

for (const [where, bit] of [
  ['at its beginning', 0],
  ['in a blob', 200_000],
  ['in its header', -200],
  ['in its length field', -30],
  ['at its very end', -1],
] as const) {
  test(`repairPacks() puts right a bit that was flipped ${where} of a pack`, async () => {
    await using set = await setUp();
    const key = await largestPack(set);
    await set.store.put(key, flipped(await set.store.get(key), bit));
    assert.deepEqual((await findings(set, true)).objects, [`${key} repair packs`]);

    const [plan, ...others] = await set.open().repairs.planPacks([]);

    assert.deepEqual([plan?.id, plan?.lost, others], [key.slice(-64), [], []]);
    assert.deepEqual(await set.open().repairs.repairPacks([]), [plan]);
    assert.deepEqual(await set.wholeSnapshots(), { whole: newestFirst, broken: [] });
    assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
    assert.deepEqual(await set.open().repairs.planPacks([]), []);
  });
}

test('repairPacks() that is killed at any write leaves nothing worse, and the next one goes on', async () => {
  await using set = await setUp();
  const key = await largestPack(set);
  await set.store.put(key, flipped(await set.store.get(key), 5000));

  assert.ok((await assertKillable(set, (repairs) => repairs.repairPacks([]))) >= 6);
});

test('repairPacks() saves what is whole of a pack that was cut off, and says what is lost', async () => {
  await using set = await setUp();
  const largest = await largestPack(set);
  await set.store.put(largest, (await set.store.get(largest)).subarray(0, 50_000));
  const { hurt } = await findings(set, true);

  const [done, ...others] = await set.open().repairs.repairPacks([largest.slice(-64, -50)]);

  assert.deepEqual(others, []);
  assert.ok(done && done.savedBlobs > 0 && done.lost.length > 0, JSON.stringify(done));
  const after = await findings(set, true);
  assert.deepEqual(after, { hurt, objects: [] });
  // Nothing refers to it any more: once what cannot be saved is forgotten, a prune removes it after the grace period.
  const archive = set.open();
  await archive.forget((await archive.list()).filter(({ backupId }) => hurt.includes(backupId)));
  await set.open().prune(await set.open().planPrune());
  assert.ok((await set.keys('data/')).includes(largest));
  await set.clock.advance(25 * 3_600_000);
  await set.open().prune(await set.open().planPrune());
  assert.ok(!(await set.keys('data/')).includes(largest));
  assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
});

test('repairPacks() does not have a damaged pack listed again by repairIndex()', async () => {
  await using set = await setUp();
  const [key = ''] = await set.keys('data/');
  await set.store.put(key, flipped(await set.store.get(key), 100));
  await set.open().repairs.repairPacks([]);

  const { listedAnew, missing } = await set.open().repairs.repairIndex(true);

  assert.deepEqual([listedAnew, missing], [[], []]);
  assert.deepEqual(await findings(set, true), { hurt: [], objects: [] });
});

test('planPacks() refuses an ID that names no pack or several', async () => {
  await using set = await setUp();

  await assert.rejects(set.open().repairs.planPacks(['beef'.repeat(16)]), {
    code: 'E_PACK_UNKNOWN',
    message: `Cannot tell which pack "${'beef'.repeat(16)}" is: the archive has none of this ID`,
    hint: 'run "rootcellar verify --read-data" to see the damaged ones, or name none to have all read',
  });
});
