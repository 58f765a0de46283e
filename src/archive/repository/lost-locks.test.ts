import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { interceptedStore, type StoreCall } from '../../../test/harness/intercepted-store.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

const hour = 3_600_000;
const grace = hour;

const common = { 'userRoot/backup.info': 'info', 'userRoot/data': 'all sets have this' };

async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const home = await temporaryFolder();
  /** An archive to whose store something happens right before a call. */
  const open = (before: (call: StoreCall) => Promise<void> = async () => {}, graceMilliseconds = grace) =>
    repositoryArchive(
      interceptedStore(store, async (call, proceed) => {
        await before(call);
        return proceed();
      }),
      { clock, graceMilliseconds },
    );
  await open().create();
  const keys = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
  const remove = async (prefix: string) => store.delete(await keys(prefix));
  const save = async (backupId: string, by = open(), files: Readonly<Record<string, string | Uint8Array>> = common) => {
    const folder = path.join(home.path, backupId);
    return by.save(folder, await makeSet(folder, backupId, files));
  };
  const prune = async (by = open()) => by.prune(await by.planPrune());
  const assertWhole = async () => {
    for (const snapshot of await open().list()) assert.deepEqual(await open().verify(snapshot, true), []);
  };
  return { clock, store, open, keys, remove, save, prune, assertWhole, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

/** Once, right before the first write of such a key. */
function beforeWriting(prefix: string, act: () => Promise<unknown>): (call: StoreCall) => Promise<void> {
  let isDone = false;
  return async ({ name, keys: [key = ''] }) => {
    if (isDone || name !== 'put' || !key.startsWith(prefix)) return;
    isDone = true;
    await act();
  };
}

for (const [moment, prefix] of [
  ['before the index', 'index/'],
  ['at the snapshot', 'snapshots/'],
] as const) {
  test(`save() whose lock was taken away ${moment} makes the snapshot when nothing else was`, async () => {
    await using set = await setUp();
    await set.save('20261123100000Z');

    await set.save('20261123110000Z', set.open(beforeWriting(prefix, () => set.remove('locks/'))));

    assert.equal((await set.open().list()).length, 2);
    await set.assertWhole();
    assert.deepEqual(await set.keys('locks/'), []);
  });

  test(`save() whose lock was taken away ${moment}, and packs with it, leaves no snapshot`, async () => {
    await using set = await setUp();
    await set.open().forget([await set.save('20261123100000Z')]);
    // What a prune of restic does once nobody has a lock.
    const pruned = async () => {
      for (const prefix of ['locks/', 'index/', 'data/']) await set.remove(prefix);
    };

    await assert.rejects(set.save('20261123110000Z', set.open(beforeWriting(prefix, pruned))), {
      code: 'E_REPOSITORY_CHANGED',
      exitCode: 1,
      message: /^Cannot finish the snapshot: its lock was lost, and now \/.* (cannot be read: .*|needs .*)$/,
      hint: 'run it again; it will store anew what was removed',
    });

    assert.deepEqual(await set.open().list(), []);
    assert.deepEqual(await set.keys('locks/'), []);
    await set.save('20261123120000Z');
    await set.assertWhole();
  });
}

test('save() that lost its lock and began half a grace period ago makes no snapshot', async () => {
  await using set = await setUp();
  const late = beforeWriting('index/', async () => {
    await set.remove('locks/');
    await set.clock.advance(grace / 2);
  });

  await assert.rejects(set.save('20261123110000Z', set.open(late)), {
    code: 'E_LOCK_LOST',
    exitCode: 11,
    message: 'Cannot finish the snapshot: its lock was lost, and it began so long ago that what it builds on may be about to go',
    hint: 'run it again; it will store anew what was removed',
  });

  assert.deepEqual(await set.open().list(), []);
});

test('prune() takes out of the index what a writer lists there whose packs it removed while the writer was frozen', async () => {
  await using set = await setUp();
  await set.save('20261123100000Z');
  const frozen = beforeWriting('index/', async () => {
    await set.remove('locks/');
    await set.clock.advance(2 * grace);
    await set.prune();
  });
  await assert.rejects(set.save('20261123110000Z', set.open(frozen), { 'userRoot/data': 'only this set has it' }), { code: 'E_LOCK_LOST' });
  const missing = async () => (await set.open().verifyObjects(false)).filter(({ isDamage }) => isDamage).map(({ finding }) => finding);
  assert.match((await missing()).join('; '), /is missing, and an index lists it/);

  await set.prune();

  assert.deepEqual(await missing(), []);
  await set.assertWhole();
});

test('prune() leaves in the index what a listing that lags behind does not show', async () => {
  await using set = await setUp();
  await set.open().forget([await set.save('20261123100000Z')]);
  const packs = await set.keys('data/');
  const indexes = await set.keys('index/');

  await set.prune(repositoryArchive(withoutListing(set.store, 'data/'), { clock: set.clock, graceMilliseconds: grace }));

  assert.deepEqual([await set.keys('data/'), await set.keys('index/')], [packs, indexes]);
});

test('save() that outlives the grace period with its lock makes the snapshot', async () => {
  await using set = await setUp();

  await set.save('20261123110000Z', set.open(beforeWriting('index/', () => set.clock.advance(3 * grace))));

  assert.equal((await set.open().list()).length, 1);
  await set.assertWhole();
});

test('save() does not build on packs that are gone or cut off', async () => {
  await using set = await setUp();
  await set.save('20261123100000Z');
  const [first = '', second = ''] = await set.keys('data/');
  await set.store.put(first, (await set.store.get(first)).subarray(1));
  await set.store.delete([second]);

  const snapshot = await set.save('20261123110000Z');

  const archive = set.open();
  const { files } = await archive.manifest(snapshot);
  for (const file of files) await Array.fromAsync(archive.read(snapshot, file));
});

function withoutListing(store: MemoryStore, prefix: string) {
  return interceptedStore(store, async ({ name, keys: [key] }, proceed) => (name === 'list' && key === prefix ? [] : proceed()));
}

/** Two sets that were forgotten, and found unneeded a grace period ago. */
async function setUpToPrune() {
  const set = await setUp();
  await set.open().forget([await set.save('20261123100000Z'), await set.save('20261123110000Z')]);
  await set.prune();
  await set.clock.advance(grace);
  return set;
}

test('prune() whose lock was taken away removes nothing, and the next one does', async () => {
  await using set = await setUpToPrune();
  const before = [...(await set.keys('data/')), ...(await set.keys('index/'))];
  const pruning = set.open(async ({ name, keys: [key = ''] }) => {
    if (name === 'head' && key.startsWith('locks/')) await set.remove('locks/');
  });

  await assert.rejects(pruning.prune(await pruning.planPrune()), { code: 'E_LOCK_LOST', exitCode: 11 });

  assert.deepEqual([...(await set.keys('data/')), ...(await set.keys('index/'))], before);
  assert.ok((await set.prune()) > 0);
  assert.deepEqual(await set.keys('data/'), []);
});

test('prune() that finds at a refresh that its lock was taken away stops at its next step', async () => {
  await using set = await setUpToPrune();
  let isFrozen = true;
  const pruning = set.open(async ({ name, keys: [key = ''] }) => {
    if (!isFrozen || name !== 'list' || key !== 'data/' || (await set.keys('locks/')).length === 0) return;
    isFrozen = false;
    await set.remove('locks/');
    await set.clock.advance(60_000);
  });

  await assert.rejects(pruning.prune(await pruning.planPrune()), { code: 'E_LOCK_LOST' });

  assert.deepEqual(await set.keys('locks/'), []);
  assert.ok((await set.keys('index/')).length > 0);
});

/** A set that needs little of a pack; `others` is two prunes that copy that elsewhere, and remove the pack. */
async function setUpToRepack() {
  const set = await setUp();
  const [little, much] = [randomBytes(8000), randomBytes(100_000)];
  const first = await set.save('20261123100000Z', undefined, { 'userRoot/little': little, 'userRoot/much': much });
  await set.save('20261123110000Z', undefined, { 'userRoot/little': little });
  await set.open().forget([first]);
  const others = async () => {
    await set.remove('locks/');
    // No time passes, so that the process is still to learn that it stood still.
    for (let run = 0; run < 2; run += 1) await set.prune(set.open(undefined, 0));
  };
  /** An archive for which the others come right before it lists such keys: without a lock, or with one. */
  const frozen = (isLocked: boolean, listing = 'data/') => {
    let isDone = false;
    return set.open(async ({ name, keys: [key = ''] }) => {
      if (isDone || name !== 'list' || key !== listing || (await set.keys('locks/')).length > 0 !== isLocked) return;
      isDone = true;
      await others();
    });
  };
  return { ...set, frozen };
}

test('planPrune() that was frozen until others had removed what it had read of looks again', async () => {
  await using set = await setUpToRepack();

  const plan = await set.frozen(false).planPrune();

  assert.deepEqual(plan.objects, []);
  await set.assertWhole();
});

for (const listing of ['data/', '.rootcellar/unneeded/']) {
  test(`prune() that was frozen before it listed ${listing} until others had removed what it had read of says that its lock was lost`, async () => {
    await using set = await setUpToRepack();
    const pruning = set.frozen(true, listing);

    await assert.rejects(pruning.prune(await pruning.planPrune()), {
      code: 'E_LOCK_LOST',
      exitCode: 11,
      message: 'Cannot go on: the lock on the repository was lost: it was not refreshed in time and another process removed it',
    });

    assert.deepEqual(await set.keys('locks/'), []);
    await set.assertWhole();
  });
}

test('prune() refuses while a blob that a snapshot needs is in no index, or its pack is missing', async () => {
  await using set = await setUp();
  await set.save('20261123100000Z');
  const indexes = await Promise.all((await set.keys('index/')).map(async (key) => [key, await set.store.get(key)] as const));
  const packs = await set.keys('data/');

  await set.remove('index/');
  await assert.rejects(set.open().planPrune(), { code: 'E_PRUNE_REFUSED', exitCode: 20 });
  for (const [key, bytes] of indexes) await set.store.put(key, bytes);
  for (const key of packs) {
    const bytes = await set.store.get(key);
    await set.store.delete([key]);
    await assert.rejects(set.open().planPrune(), { code: 'E_PRUNE_REFUSED', exitCode: 20 });
    await set.store.put(key, bytes);
  }

  await set.open().planPrune();
});
