import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { asListed } from '../../../test/harness/example-snapshot.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { isFailure } from '../../foundation/failure.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import type { RepositoryArchive } from './repository-archive.ts';

const hour = 3_600_000;
const grace = 24 * hour;
const common = randomBytes(300_000);

async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const open = (over = store) => repositoryArchive(over, { clock, graceMilliseconds: grace });
  const archive = open();
  await archive.create();
  const home = await temporaryFolder();
  const stage = (backupId: string, own = backupId) =>
    makeSet(path.join(home.path, backupId), backupId, {
      'userRoot/backup.info': own,
      'userRoot/data': Buffer.concat([common, Buffer.from(own.repeat(3000))]),
    });
  const save = async (backupId: string, by: RepositoryArchive = archive) => by.save(path.join(home.path, backupId), await stage(backupId));
  const keys = async (prefix: string) => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
  return { clock, store, open, archive, home, stage, save, keys, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

async function assertWhole(archive: RepositoryArchive, snapshot: Snapshot): Promise<void> {
  assert.deepEqual(await archive.verify(snapshot, true), []);
  const { files } = await archive.manifest(snapshot);
  for (const file of files) await Array.fromAsync(archive.read(snapshot, file));
}

async function contentOf(store: MemoryStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for await (const { key } of store.list('')) content.set(key, await store.get(key));
  return content;
}

async function replaceContent(store: MemoryStore, content: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for await (const { key } of store.list('')) await store.delete([key]);
  for (const [key, bytes] of content) await store.put(key, bytes);
}

/** The store, of which only the first `operations` writes or deletes happen: a killed process does nothing any more. */
function dyingStore(store: MemoryStore, operations: number): MemoryStore {
  let left = operations;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const isWrite = name === 'put' || name === 'putStream' || name === 'delete';
      return (...words: unknown[]): unknown => {
        if (isWrite && left-- <= 0) return Promise.reject(new Error('killed'));
        return Reflect.apply(value, target, words);
      };
    },
  });
}

test('create() makes a repository once, and open() tells a wrong password from a missing repository', async () => {
  await using set = await setUp();

  assert.equal(await set.archive.create(), false);
  await assert.rejects(repositoryArchive(set.store, { clock: set.clock, password: 'wrong' }).open(), {
    code: 'E_WRONG_KEY',
    exitCode: 12,
    message: 'Cannot open the archive memory: the password fits none of its 1 key',
  });
  await assert.rejects(repositoryArchive(new MemoryStore({ clock: set.clock }), { clock: set.clock }).open(), {
    code: 'E_ARCHIVE_MISSING',
    exitCode: 10,
    message: 'Cannot open the archive memory: there is none',
  });
});

test('save() stores what is common once, lists the set and gives its bytes back', async () => {
  await using set = await setUp();
  const first = await set.save('20261123100000Z');
  const bytesOfData = async () => (await Array.fromAsync(set.store.list('data/'))).reduce((sum, { bytes }) => sum + bytes, 0);
  const before = await bytesOfData();

  const second = await set.save('20261123110000Z');

  assert.ok((await bytesOfData()) - before < 60_000);
  assert.equal((await bytesOfData()) - before, second.storedBytes);
  // Chunks that happen to be alike count once.
  assert.ok(first.newBytes <= first.bytes && first.newBytes > 250_000 && second.newBytes < 60_000, `${first.newBytes}, ${second.newBytes}`);
  assert.deepEqual(await set.open().list(), [second, first].map(asListed));
  assert.equal(first.bytes, 345_015);
  for (const snapshot of [first, second]) await assertWhole(set.open(), snapshot);
});

test('save() leaves no lock, and never stores a set twice under one name', async () => {
  await using set = await setUp();
  await set.save('20261123100000Z');

  assert.deepEqual(await set.keys('locks/'), []);
  await assert.rejects(set.save('20261123100000Z'), { code: 'E_SNAPSHOT_EXISTS' });
});

test('save() refuses a file that changed after the manifest was made, and leaves no snapshot', async () => {
  await using set = await setUp();
  const manifest = await set.stage('20261123100000Z');
  await writeFile(path.join(set.home.path, '20261123100000Z/userRoot/backup.info'), '20261123100001Z');

  await assert.rejects(set.archive.save(path.join(set.home.path, '20261123100000Z'), manifest), {
    code: 'E_FILE_CHANGED',
    message: /^Cannot archive userRoot\/backup.info: it changed after it was checked: it hashes to \w{12}… instead of \w{12}…$/,
  });

  assert.deepEqual(await set.archive.list(), []);
});

test('save() refuses a file that went away after the manifest was made', async () => {
  await using set = await setUp();
  const manifest = await set.stage('20261123100000Z');
  await rm(path.join(set.home.path, '20261123100000Z/userRoot/data'));

  await assert.rejects(set.archive.save(path.join(set.home.path, '20261123100000Z'), manifest), {
    code: 'E_FILE_CHANGED',
    message: 'Cannot archive userRoot/data: it changed after it was checked: it is gone',
  });

  assert.deepEqual(await set.archive.list(), []);
});

test('save() writes no snapshot when assertHeld() rejects', async () => {
  await using set = await setUp();
  const manifest = await set.stage('20261123100000Z');
  const assertHeld = () => Promise.reject(new Error('lost'));

  await assert.rejects(set.archive.save(path.join(set.home.path, '20261123100000Z'), manifest, { assertHeld }), { message: 'lost' });

  assert.deepEqual(await set.keys('snapshots/'), []);
});

test('save() that is killed at any write leaves what was there whole, can be run again at once, and its rest goes with prune()', async () => {
  let isFinished = false;
  for (let operations = 0; !isFinished; operations += 1) {
    await using set = await setUp();
    const earlier = await set.save('20261123100000Z');
    isFinished = await set.save('20261123110000Z', set.open(dyingStore(set.store, operations))).then(
      () => true,
      () => false,
    );
    const survivor = set.open();

    const listed = await survivor.list();
    for (const snapshot of listed) await assertWhole(survivor, snapshot);
    assert.ok(listed.some(({ id }) => id === earlier.id));
    if (listed.length === 1) await set.save('20261123110000Z', survivor);
    await set.clock.advance(grace + hour);
    for (let phase = 0; phase < 2; phase += 1) {
      await set.open().prune(await set.open().planPrune());
      await set.clock.advance(grace + hour);
    }
    const plan = await set.open().planPrune();
    assert.deepEqual([plan.objects, plan.waiting], [[], 0]);
    for (const snapshot of await set.open().list()) await assertWhole(set.open(), snapshot);
  }
});

test('prune() that is killed at any write leaves every snapshot whole, and goes on when it is run again', async () => {
  await using set = await setUp();
  const first = await set.save('20261123100000Z');
  const second = await set.save('20261123110000Z');
  const third = await set.save('20261123120000Z');
  await set.archive.forget([first, second]);
  const begin = await contentOf(set.store);
  let isFinished = false;
  for (let operations = 0; !isFinished; operations += 1) {
    await replaceContent(set.store, begin);
    let left = operations;
    isFinished = true;
    for (let phase = 0; phase < 3 && isFinished; phase += 1) {
      const dying = dyingStore(set.store, left);
      isFinished = await set
        .open(dying)
        .planPrune()
        .then((plan) => set.open(dying).prune(plan))
        .then(
          () => true,
          () => false,
        );
      left -= isFinished ? 10 : 0;
      await set.clock.advance(grace + hour);
    }

    await assertWhole(set.open(), third);
    // What a killed one locked ages meanwhile.
    for (let phase = 0; phase < 3; phase += 1) {
      await set.open().prune(await set.open().planPrune());
      await set.clock.advance(grace + hour);
    }
    await assertWhole(set.open(), third);
    const plan = await set.open().planPrune();
    assert.deepEqual([plan.objects, plan.waiting], [[], 0]);
    assert.deepEqual(await set.keys('.rootcellar/'), []);
  }
});

test('prune() removes a pack only in a later run, after the grace period', async () => {
  await using set = await setUp();
  const only = await set.save('20261123100000Z');
  const packs = (await set.keys('data/')).length;
  await set.archive.forget([only]);

  assert.equal(await set.open().prune(await set.open().planPrune()), 0);
  await set.clock.advance(grace - hour);
  assert.equal(await set.open().prune(await set.open().planPrune()), 0);
  assert.equal((await set.keys('data/')).length, packs);
  await set.clock.advance(2 * hour);
  const plan = await set.open().planPrune();
  assert.equal(await set.open().prune(plan), plan.bytes);

  assert.deepEqual(await set.keys('data/'), []);
  assert.deepEqual(await set.keys('index/'), []);
});

test('prune() spares marked packs that a writer who did not know built on', async () => {
  await using set = await setUp();
  const first = await set.save('20261123100000Z');
  // A snapshot file that is taken away and comes back stands for a writer that was frozen meanwhile.
  const [key = ''] = await set.keys('snapshots/');
  const bytes = await set.store.get(key);
  await set.archive.forget([first]);
  await set.open().prune(await set.open().planPrune());
  await set.clock.advance(grace + hour);
  const plan = await set.open().planPrune();
  assert.ok(plan.objects.length > 0);

  await set.store.put(key, bytes);
  assert.equal(await set.open().prune(plan), 0);

  await assertWhole(set.open(), first);
});

test('save() does not build on packs that are marked', async () => {
  await using set = await setUp();
  const first = await set.save('20261123100000Z');
  await set.archive.forget([first]);
  await set.open().prune(await set.open().planPrune());

  const second = await set.save('20261123110000Z', set.open());
  await set.clock.advance(grace + hour);
  assert.ok((await set.open().prune(await set.open().planPrune())) > 0);

  await assertWhole(set.open(), second);
});

test('prune() refuses while a save is under way', async () => {
  await using set = await setUp();
  const manifest = await set.stage('20261123100000Z');
  const refused: unknown[] = [];
  const assertHeld = async () => {
    const other = set.open();
    await other.prune(await other.planPrune()).catch((error: unknown) => refused.push(error));
  };

  await set.archive.save(path.join(set.home.path, '20261123100000Z'), manifest, { assertHeld });

  const [failure] = refused;
  assert.ok(isFailure(failure, 'E_REPOSITORY_LOCKED'));
  assert.equal(failure.exitCode, 11);
  assert.match(String(failure), /Cannot lock the repository: tester on test-host \(process 1\) has had a shared lock since /);
});

test('prune() refuses while a snapshot cannot be read', async () => {
  await using set = await setUp();
  await set.save('20261123100000Z');
  const [key = ''] = await set.keys('snapshots/');
  const bytes = await set.store.get(key);
  await set.store.put(key, Uint8Array.of(...bytes.subarray(0, 40)));

  await assert.rejects(set.open().planPrune(), { code: 'E_PRUNE_REFUSED', exitCode: 20 });
  const [damaged] = await set.open().list();
  assert.equal(damaged?.state, 'damaged');
});

test('verify() says of a pack whose end was cut off, and all of whose blobs are there, that it is damaged and that nobody suffers', async () => {
  await using set = await setUp();
  const snapshot = await set.save('20261123100000Z');
  for (const key of await set.keys('data/')) {
    const bytes = await set.store.get(key);
    await set.store.put(key, bytes.subarray(0, -1));
    const archive = set.open();

    assert.deepEqual(await archive.verify(snapshot, false), []);
    assert.deepEqual(
      (await archive.verifyObjects(false)).map(({ object, remedy }) => [object, remedy]),
      [[key, 'repair packs']],
    );
    await set.store.put(key, bytes);
  }
});

test('verify() names what is damaged: a pack that is gone, cut off, or altered by a bit', async () => {
  await using set = await setUp();
  const snapshot = await set.save('20261123100000Z');
  for (const key of await set.keys('data/')) {
    const bytes = await set.store.get(key);
    const id = key.slice(8, 20);

    await set.store.delete([key]);
    assert.match((await set.open().verify(snapshot, false))[0]?.finding ?? '', new RegExp(`pack ${id}`));
    await set.store.put(key, bytes.subarray(0, 40));
    assert.match((await set.open().verify(snapshot, false))[0]?.finding ?? '', new RegExp(`pack ${id}|cannot be read`));
    const altered = Uint8Array.from(bytes);
    altered[100] = (altered[100] ?? 0) ^ 1;
    await set.store.put(key, altered);
    assert.notDeepEqual(await set.open().verify(snapshot, true), []);
    await set.store.put(key, bytes);
    assert.deepEqual(await set.open().verify(snapshot, true), []);
  }
});
