import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { makeSet } from '../../test/harness/example-set.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { PlainArchive } from '../archive/plain/plain-archive.ts';
import type { Archive } from '../archive/archive.ts';
import { Failure } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { prune } from './prune.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** A store that lets nothing go whose key matches. */
function refusing(store: MemoryStore, kept: RegExp): MemoryStore {
  const remove: MemoryStore['delete'] = async (keys, options) => {
    const refused = keys.find((key) => kept.test(key));
    if (refused !== undefined)
      throw new Failure('E_ACCESS_DENIED', `Cannot remove "${refused}" from memory: the credentials may not do that`);
    await store.delete(keys, options);
  };
  return new Proxy(store, {
    get: (target, name): unknown => {
      if (name === 'delete') return remove;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Two snapshots, of which the older one is forgotten, and marked by a first prune. */
async function setUp(open: (store: MemoryStore, clock: FakeClock) => Archive) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = open(store, clock);
  await archive.create();
  await using home = await temporaryFolder('prune');
  const save = (backupId: string) => {
    const folder = path.join(home.path, backupId);
    return makeSet(folder, backupId, { own: randomBytes(200_000) }).then((manifest) => archive.save(folder, manifest));
  };
  const first = await save('20261123100000Z');
  const second = await save('20261123110000Z');
  const keys = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
  return { clock, store, first, second, keys, open: (over = store) => open(over, clock) };
}

const repository = (store: MemoryStore, clock: FakeClock): Archive => repositoryArchive(store, { clock, graceMilliseconds: day });

for (const [what, kept] of [
  ['index files', /^index\//],
  ['packs', /^data\//],
] as const) {
  test(`prune() lives with ${what} that may not be removed: it tells, goes on, does not write again and again, and later removes them`, async () => {
    const set = await setUp(repository);
    await set.open().forget([set.first]);
    await prune(set.open(), true, {});
    await set.clock.advance(2 * day);
    const packs = (await set.keys('data/')).length;
    const indexes: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const { refusals, removedBytes } = await prune(set.open(refusing(set.store, kept)), true, {});

      assert.deepEqual([refusals.length, refusals[0]?.code, removedBytes], [1, 'E_ACCESS_DENIED', 0]);
      assert.equal((await set.keys('data/')).length, packs);
      indexes.push((await set.keys('index/')).length);
      assert.deepEqual(await set.open().verify(set.second, true), []);
    }
    assert.equal(indexes[0], indexes[2]);

    const { refusals, removedBytes } = await prune(set.open(), true, {});

    assert.deepEqual(refusals, []);
    assert.ok(removedBytes > 150_000);
    assert.equal((await set.keys('index/')).length, 1);
    assert.deepEqual(await set.open().verify(set.second, true), []);
  });
}

test('prune() of the layout plain lives with files that may not be removed', async () => {
  const set = await setUp((store, clock) => new PlainArchive(store, { clock, graceMilliseconds: day }));
  const keepsFiles = refusing(set.store, /own$/);
  await assert.rejects(set.open(keepsFiles).forget([set.first]), { code: 'E_ACCESS_DENIED' });
  await set.clock.advance(2 * day);

  const refused = await prune(set.open(keepsFiles), true, {});
  const done = await prune(set.open(), true, {});

  assert.deepEqual([refused.refusals.length, refused.removedBytes], [1, 0]);
  assert.deepEqual([done.refusals.length, done.removedBytes], [0, 200_000]);
  assert.deepEqual(
    (await set.open().list()).map(({ id }) => id),
    [set.second.id],
  );
});

test('a set of the layout plain whose manifest may not be removed stays as it was', async () => {
  const set = await setUp((store, clock) => new PlainArchive(store, { clock, graceMilliseconds: day }));

  await assert.rejects(set.open(refusing(set.store, /manifest\.json$/)).forget([set.first]), { code: 'E_ACCESS_DENIED' });

  assert.equal((await set.open().list()).length, 2);
  assert.deepEqual(await set.keys('.rootcellar/unfinished/'), []);
});

test('prune() tells a failure that is no refusal', async () => {
  const set = await setUp(repository);
  await set.open().forget([set.first]);
  await prune(set.open(), true, {});
  await set.clock.advance(2 * day);
  const broken = refusing(set.store, /^$/);
  const failing = new Proxy(broken, {
    get: (target, name): unknown => (name === 'delete' ? () => Promise.reject(new Error('broken')) : Reflect.get(target, name)),
  });

  await assert.rejects(prune(set.open(failing), true, {}), { message: 'broken' });
});
