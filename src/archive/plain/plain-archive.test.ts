import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { asListed } from '../../../test/harness/example-snapshot.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { Failure } from '../../foundation/failure.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';
import { PlainArchive } from './plain-archive.ts';

const hour = 3_600_000;
const files = { 'userRoot/backup.info': 'backup_id=x\n', 'userRoot/backup-userRoot-x': 'a'.repeat(100_000) };

async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = new PlainArchive(store, { clock, graceMilliseconds: hour });
  const folder = await temporaryFolder();
  const keys = async () => (await Array.fromAsync(store.list(''))).map((object) => object.key);
  return { clock, store, archive, folder, keys, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function contentOf(archive: PlainArchive, id: string, name: string): Promise<string> {
  const snapshot = (await archive.list()).find((one) => one.id === id);
  assert.ok(snapshot);
  const manifest = await archive.manifest(snapshot);
  const file = manifest.files.find((one) => one.path === name);
  assert.ok(file);
  return Buffer.concat(await Array.fromAsync(archive.read(snapshot, file))).toString();
}

test('open() refuses a place where no archive was made', async () => {
  await using set = await setUp();

  await assert.rejects(set.archive.open(), {
    code: 'E_ARCHIVE_MISSING',
    exitCode: 10,
    message: 'Cannot open the archive memory: there is none',
  });
});

test('create() makes an archive once', async () => {
  await using set = await setUp();

  assert.equal(await set.archive.create(), true);
  assert.equal(await set.archive.create(), false);
  await set.archive.open();
});

test('open() refuses an archive of another layout', async () => {
  await using set = await setUp();
  const mark = JSON.stringify({ version: 1, layout: 'other', id: 'x', created: 'then' });
  await set.store.put('.rootcellar/archive.json', new TextEncoder().encode(mark));

  await assert.rejects(set.archive.open(), {
    code: 'E_ARCHIVE_FOREIGN',
    message: 'Cannot open memory as a plain archive: it is of layout "other", version 1',
  });
});

test('save() stores every file and the manifest last, and gives the bytes back', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);

  const snapshot = await set.archive.save(set.folder.path, manifest);

  assert.deepEqual(await set.keys(), [
    'prod/20261123100000Z/manifest.json',
    'prod/20261123100000Z/userRoot/backup-userRoot-x',
    'prod/20261123100000Z/userRoot/backup.info',
  ]);
  assert.deepEqual(await set.archive.list(), [asListed(snapshot)]);
  assert.equal(snapshot.state, 'complete');
  assert.deepEqual([snapshot.newBytes, snapshot.storedBytes > 100_012], [100_012, true]);
  assert.equal(snapshot.bytes, 100_012);
  assert.equal(await contentOf(set.archive, snapshot.id, 'userRoot/backup-userRoot-x'), files['userRoot/backup-userRoot-x']);
});

test('save() refuses a file that changed after the manifest was made, and leaves nothing', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await writeFile(path.join(set.folder.path, 'userRoot/backup-userRoot-x'), 'b'.repeat(100_000));

  await assert.rejects(set.archive.save(set.folder.path, manifest), {
    code: 'E_FILE_CHANGED',
    message: /^Cannot archive userRoot\/backup-userRoot-x: it changed after it was checked: it hashes to \w{12}… instead of \w{12}…$/,
  });
  assert.deepEqual(await set.keys(), []);
});

test('save() refuses a file that was truncated after the manifest was made, and leaves nothing', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await writeFile(path.join(set.folder.path, 'userRoot/backup-userRoot-x'), 'a');

  await assert.rejects(set.archive.save(set.folder.path, manifest), {
    code: 'E_FILE_CHANGED',
    message: 'Cannot archive userRoot/backup-userRoot-x: it changed after it was checked: it has 1 bytes instead of 100000',
  });
  assert.deepEqual(await set.keys(), []);
});

test('save() never overwrites a set', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await set.archive.save(set.folder.path, manifest);

  await assert.rejects(set.archive.save(set.folder.path, manifest), { code: 'E_SNAPSHOT_EXISTS' });

  assert.equal((await set.archive.list()).length, 1);
});

test('save() writes no manifest when assertHeld() rejects', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  const assertHeld = () => Promise.reject(new Error('lost'));

  await assert.rejects(set.archive.save(set.folder.path, manifest, { assertHeld }), { message: 'lost' });

  assert.deepEqual(await set.keys(), []);
});

for (const step of [0, 1, 2, 3]) {
  test(`save() leaves no snapshot and a rest that prune() finds when it dies at store operation ${step}`, async () => {
    await using set = await setUp();
    const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
    // A killed process does nothing any more: from operation `step` on the store answers nothing of it.
    const dying = dyingStore(set.store, step);

    await assert.rejects(new PlainArchive(dying, { clock: set.clock, graceMilliseconds: hour }).save(set.folder.path, manifest));

    assert.deepEqual(await set.archive.list(), []);
    await set.clock.advance(2 * hour);
    await set.archive.prune(await set.archive.planPrune());
    assert.deepEqual(await set.keys(), []);
    await set.archive.save(set.folder.path, manifest);
    assert.equal((await set.archive.list()).length, 1);
  });
}

test('save() that dies between the manifest and the removal of its mark has made a snapshot, which prune() leaves alone', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);

  await assert.rejects(
    new PlainArchive(dyingStore(set.store, 4), { clock: set.clock, graceMilliseconds: hour }).save(set.folder.path, manifest),
  );
  await set.clock.advance(2 * hour);
  await set.archive.prune(await set.archive.planPrune());

  const [snapshot] = await set.archive.list();
  assert.ok(snapshot);
  assert.deepEqual(await set.archive.verify(snapshot, true), []);
  assert.equal((await set.keys()).filter((key) => key.startsWith('.rootcellar/')).length, 0);
});

/** The store, of which only the first `operations` writes or deletes happen. */
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

test('list() shows a set whose manifest was removed as damaged, and not one that is being written', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await set.archive.save(set.folder.path, manifest);
  await set.store.delete(['prod/20261123100000Z/manifest.json']);
  await set.store.put('.rootcellar/unfinished/prod/20261123110000Z', new Uint8Array());
  await set.store.put('prod/20261123110000Z/userRoot/backup.info', new Uint8Array());

  const snapshots = await set.archive.list();

  assert.deepEqual(
    snapshots.map(({ backupId, state, remarks }) => ({ backupId, state, remarks })),
    [{ backupId: '20261123100000Z', state: 'damaged', remarks: ['its manifest.json is missing'] }],
  );
});

test('list() shows a set whose manifest does not have its checksum as damaged, and the others as they are', async () => {
  await using set = await setUp();
  for (const backupId of ['20261123100000Z', '20261123110000Z']) {
    await set.archive.save(set.folder.path, await makeSet(set.folder.path, backupId, files));
  }
  const get = set.store.get.bind(set.store);
  set.store.get = (key, options) =>
    key === 'prod/20261123110000Z/manifest.json' ? Promise.reject(new Failure('E_OBJECT_DAMAGED', 'Cannot read it')) : get(key, options);

  const snapshots = await set.archive.list();

  assert.deepEqual(
    snapshots.map(({ backupId, state, remarks }) => ({ backupId, state, remarks })),
    [
      {
        backupId: '20261123110000Z',
        state: 'damaged',
        remarks: ['its manifest.json does not have the checksum that the store keeps of it'],
      },
      { backupId: '20261123100000Z', state: 'complete', remarks: [] },
    ],
  );
});

test('list() shows a copy of a set as damaged, so that forgetting it cannot drop the original', async () => {
  await using set = await setUp();
  await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', files));
  for (const key of await set.keys()) {
    if (key.startsWith('prod/')) await set.store.put(key.replace('prod/', 'prod-copy/'), await set.store.get(key));
  }

  const copy = (await set.archive.list()).find(({ server }) => server === 'prod-copy');

  assert.deepEqual([copy?.state, copy?.remarks], ['damaged', ['its manifest.json is that of prod/20261123100000Z']]);
  assert.ok(copy);
  await set.archive.forget([copy]);
  const [original, ...others] = await set.archive.list();
  assert.ok(original);
  assert.deepEqual(others, []);
  assert.deepEqual(await set.archive.verify(original, true), []);
});

test('save() by a writer that may not delete leaves a mark that does not make the set prunable when its manifest is lost', async () => {
  await using set = await setUp();
  const mayNot = () => Promise.reject(new Failure('E_ACCESS_DENIED', 'Cannot remove it'));
  const remove = set.store.delete.bind(set.store);
  set.store.delete = mayNot;
  await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', files));
  set.store.delete = remove;
  await set.store.delete(['prod/20261123100000Z/manifest.json']);
  await set.clock.advance(2 * hour);

  await set.archive.prune(await set.archive.planPrune());

  const [lost] = await set.archive.list();
  assert.deepEqual([lost?.state, lost?.remarks], ['damaged', ['its manifest.json is missing']]);
  assert.deepEqual(await set.keys(), ['prod/20261123100000Z/userRoot/backup-userRoot-x', 'prod/20261123100000Z/userRoot/backup.info']);
});

test('list() shows a set whose manifest is garbage as damaged', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await set.archive.save(set.folder.path, manifest);
  await set.store.put('prod/20261123100000Z/manifest.json', new TextEncoder().encode('{'));

  const [snapshot] = await set.archive.list();

  assert.equal(snapshot?.state, 'damaged');
  assert.deepEqual(snapshot.remarks, ['its manifest.json cannot be read: it is not JSON']);
  await assert.rejects(set.archive.manifest(snapshot), { code: 'E_SNAPSHOT_DAMAGED', exitCode: 20 });
});

test('list() names only the server that is asked for', async () => {
  await using set = await setUp();
  await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', files));
  await set.archive.save(set.folder.path, { ...(await makeSet(set.folder.path, '20261123100000Z', files)), server: 'test' });

  assert.deepEqual(
    (await set.archive.list({ server: 'test' })).map((snapshot) => snapshot.server),
    ['test'],
  );
  assert.equal((await set.archive.list()).length, 2);
});

test('read() rejects after the last byte when the object was altered', async () => {
  await using set = await setUp();
  const snapshot = await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', files));
  await set.store.put('prod/20261123100000Z/userRoot/backup.info', new TextEncoder().encode('backup_id=y\n'));

  await assert.rejects(contentOf(set.archive, snapshot.id, 'userRoot/backup.info'), {
    code: 'E_FILE_DAMAGED',
    exitCode: 20,
    message: /^Cannot read prod\/20261123100000Z\/userRoot\/backup.info: it hashes to \w{12}… instead of \w{12}…$/,
  });
});

test('verify() finds what is missing, short and altered, the last only when it reads the data', async () => {
  await using set = await setUp();
  const three = { a: 'aaaa', b: 'bbbb', c: 'cccc', d: 'dddd' };
  const snapshot = await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', three));
  const [prefix, text] = ['prod/20261123100000Z/', new TextEncoder()];
  await set.store.delete([`${prefix}a`]);
  await set.store.put(`${prefix}b`, text.encode('bb'));
  await set.store.put(`${prefix}c`, text.encode('cxcc'));

  const quick = await set.archive.verify(snapshot, false);
  const whole = await set.archive.verify(snapshot, true);

  assert.deepEqual(
    quick.map(({ path: name, finding }) => `${name} ${finding}`),
    ['a is missing', 'b has 2 bytes instead of 4'],
  );
  assert.deepEqual(
    whole.map(({ path: name }) => name),
    ['a', 'b', 'c'],
  );
  assert.match(whole[2]?.finding ?? '', /^hashes to /);
});

test('forget() drops a snapshot with all its objects and no other', async () => {
  await using set = await setUp();
  await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261123100000Z', files));
  const old = await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261122100000Z', files));

  await set.archive.forget([old]);

  assert.deepEqual(
    (await set.archive.list()).map((snapshot) => snapshot.backupId),
    ['20261123100000Z'],
  );
  assert.equal((await set.keys()).filter((key) => key.includes('20261122')).length, 0);
});

for (const step of [1, 2, 3, 4, 5]) {
  test(`forget() that dies at store operation ${step} leaves a rest that prune() removes`, async () => {
    await using set = await setUp();
    const snapshot = await set.archive.save(set.folder.path, await makeSet(set.folder.path, '20261122100000Z', files));
    const dying = new PlainArchive(dyingStore(set.store, step), { clock: set.clock, graceMilliseconds: hour });

    await assert.rejects(dying.forget([snapshot]));

    await set.clock.advance(2 * hour);
    await set.archive.prune(await set.archive.planPrune());
    const isWhole = (await set.archive.list()).length === 1;
    assert.equal(isWhole, step <= 2, 'before its manifest is gone it is a snapshot, after that it is none');
    if (isWhole) assert.deepEqual(await set.archive.verify(snapshot, true), []);
    else assert.deepEqual(await set.keys(), []);
  });
}

test('planPrune() spares a rest inside the grace period', async () => {
  await using set = await setUp();
  await set.store.put('.rootcellar/unfinished/prod/20261123110000Z', new Uint8Array());
  await set.store.put('prod/20261123110000Z/userRoot/backup.info', new Uint8Array(7));

  const early = await set.archive.planPrune();
  await set.clock.advance(2 * hour);
  const late = await set.archive.planPrune();

  assert.deepEqual(early, { unfinishedWrites: [], objects: [], bytes: 0, waiting: 1 });
  assert.equal(late.bytes, 7);
  assert.equal(await set.archive.prune(late), 7);
  assert.deepEqual(await set.keys(), []);
});

test('prune() keeps a set that got its manifest after the plan was made', async () => {
  await using set = await setUp();
  const manifest = await makeSet(set.folder.path, '20261123100000Z', files);
  await set.store.put('.rootcellar/unfinished/prod/20261123100000Z', new Uint8Array());
  await set.store.put('prod/20261123100000Z/userRoot/backup.info', new TextEncoder().encode(files['userRoot/backup.info']));
  await set.clock.advance(2 * hour);
  const plan = await set.archive.planPrune();
  await set.store.put('prod/20261123100000Z/userRoot/backup-userRoot-x', new TextEncoder().encode(files['userRoot/backup-userRoot-x']));
  await set.store.put('prod/20261123100000Z/manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));

  await set.archive.prune(plan);

  const [snapshot] = await set.archive.list();
  assert.ok(snapshot);
  assert.deepEqual(await set.archive.verify(snapshot, true), []);
});

test('prune() discards writes that were begun long ago and never ended', async () => {
  await using set = await setUp();
  const stuck = set.store.putStream('prod/20261123100000Z/userRoot/large', async function* () {
    yield new Uint8Array(5);
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  stuck.catch(() => undefined);
  await set.clock.advance(2 * hour);

  const plan = await set.archive.planPrune();
  await set.archive.prune(plan);

  assert.equal(plan.unfinishedWrites.length, 1);
  await assert.rejects(stuck, { code: 'E_WRITE_DISCARDED' });
});
