import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { ObjectLockRule } from '../../src/archive/object-lock/object-lock-rule.ts';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { flipped } from '../harness/damaged-archive.ts';
import { makeSet } from '../harness/example-set.ts';
import type { InteropPlace, InteropPlaces } from '../harness/interop-places.ts';
import { lockedRepository } from '../harness/locked-archive.ts';
import { realClock as clock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { assertResticAgrees, fetchAll, type Files, filesBelow } from '../harness/restic-witness.ts';

const shared = randomBytes(150_000);
const labels = { username: 'tester', hostname: 'test-host' };
const everySnapshot = { ids: [], readData: true, isForgetting: true, isRecovering: false } as const;
const rule: ObjectLockRule = { mode: 'governance', days: 1 };

/** Two sets in a repository of ours, and what restic must find in it. */
interface Scene {
  readonly place: InteropPlace;
  /** As another process finds it; with the password `test` unless told. */
  readonly open: (password?: string) => RepositoryArchive;
  readonly first: Snapshot;
  readonly second: Snapshot;
  readonly files: ReadonlyMap<string, Files>;
  readonly keys: (prefix: string) => Promise<readonly string[]>;
}

/** What an operation of ours leaves: with which password restic opens it, and the IDs of the sets that are there; all of the scene unless told. */
interface Left {
  readonly password?: string;
  readonly ids?: readonly string[];
  /** Where it is another repository. */
  readonly place?: InteropPlace;
  readonly files?: ReadonlyMap<string, Files>;
}

type Operation = (scene: Scene, places: InteropPlaces) => Promise<Left>;

async function flipLargestPack({ place }: Scene, bit: number): Promise<void> {
  const packs = await Array.fromAsync(place.store.list('data/'));
  const key = packs.toSorted((a, b) => b.bytes - a.bytes)[0]?.key ?? '';
  await place.store.put(key, flipped(await place.store.get(key), bit));
}

async function copyTo({ open, files }: Scene, places: InteropPlaces, name: string, areKeysNew: boolean): Promise<Left> {
  const place = await places.at(name);
  const copier = repositoryArchive(place.store, { clock, password: 'second' }).copierFrom(open());
  assert.ok(copier);
  await copier.createTarget(areKeysNew);
  const { copied } = await copier.copy(await open().list());
  assert.equal(copied.length, 2);
  const copies = new Map(copied.map(({ snapshot, id }) => [id, files.get(snapshot.id) ?? {}]));
  return { place, password: 'second', files: copies, ids: [...copies.keys()] };
}

const operations: Readonly<Record<string, Operation>> = {
  'archive()': async () => ({}),
  'forget()': async ({ open, first, second }) => {
    await open().forget([first]);
    return { ids: [second.id] };
  },
  'the first phase of prune()': async ({ open, first, second }) => {
    await open().forget([first]);
    assert.equal(await open().prune(await open().planPrune()), 0);
    return { ids: [second.id] };
  },
  'both phases of prune()': async ({ open, first, second }) => {
    await open().forget([first]);
    await open().prune(await open().planPrune());
    assert.ok((await open().prune(await open().planPrune())) > 0);
    return { ids: [second.id] };
  },
  'copy() with the same keys': (scene, places) => copyTo(scene, places, 'copy-same', false),
  'copy() with new keys': (scene, places) => copyTo(scene, places, 'copy-new', true),
  'key add': async ({ open }) => {
    await (await open().keys()).add(new Secret('second'), labels);
    return { password: 'second' };
  },
  'key change': async ({ open }) => {
    await (await open().keys()).change(new Secret('second'), labels);
    return { password: 'second' };
  },
  'key remove': async ({ open, keys }) => {
    const [old = ''] = await keys('keys/');
    await (await open().keys()).add(new Secret('second'), labels);
    await (await open('second').keys()).remove(old.slice('keys/'.length));
    return { password: 'second' };
  },
  'repair config': async ({ place, open }) => {
    await place.store.put('config', randomBytes(155));
    assert.equal((await open().repairs.repairConfig()).config, 'new');
    return {};
  },
  'repair index': async ({ place, open, keys }) => {
    await place.store.delete(await keys('index/'));
    assert.ok((await open().repairs.repairIndex(false)).listedAnew.length > 0);
    return {};
  },
  'repair packs': async (scene) => {
    await flipLargestPack(scene, 5000);
    const [repaired] = await scene.open().repairs.repairPacks([]);
    assert.deepEqual([repaired?.healedBlobs, repaired?.lost], [1, []]);
    return {};
  },
  'repair snapshots, of what was lost': async ({ place, open, first, second, files, keys }) => {
    // The root of the newer set is in the pack of trees that came with it.
    const before = await keys('data/');
    await open().forget([first]);
    const needed = new Set((await open().contentObjects([second])).map(({ key }) => key));
    const own = [...needed].filter((key) => before.includes(key));
    const sizes = new Map((await Array.fromAsync(place.store.list('data/'))).map(({ key, bytes }) => [key, bytes]));
    const largest = own.toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0))[0] ?? '';
    await place.store.delete([largest]);
    await open().repairs.repairIndex(false);
    const { broken } = await open().repairs.repairSnapshots(everySnapshot);
    const rest = broken[0]?.rest ?? '';
    const lost = new Set(broken[0]?.lost.map((one) => one.path));
    const left = Object.entries(files.get(second.id) ?? {}).filter(([name]) => !lost.has(name));
    assert.ok(left.length > 0 && lost.size > 0);
    return { ids: [rest], files: new Map([[rest, Object.fromEntries(left)]]) };
  },
  'repair snapshots, of a file with a flipped bit': async ({ place, open, first }) => {
    const key = `snapshots/${first.id}`;
    await place.store.put(key, flipped(await place.store.get(key), 777));
    assert.equal((await open().repairs.repairSnapshots(everySnapshot)).healed.length, 1);
    return {};
  },
};

/** After each operation of ours restic finds every byte right, and lists and restores what was archived. */
export function describeResticAfterOurs(name: string, open: () => Promise<InteropPlaces>): void {
  suite(`restic after ours, in ${name}`, { concurrency: 2 }, () => {
    let places: InteropPlaces;
    before(async () => {
      places = await open();
    });
    after(() => places[Symbol.asyncDispose]());

    test('accepts a repository that init() made', async () => {
      const place = await places.at('init');
      const archive = repositoryArchive(place.store, { clock });
      await archive.create();

      await assertResticAgrees(await place.restic(), archive, new Map());
    });

    for (const [number, [operation, act]] of Object.entries(operations).entries()) {
      test(`lists, checks and restores what is there after ${operation}`, async () => {
        const scene = await setUp(places, `after-${number}`);

        const { password = 'test', place = scene.place, files = scene.files, ids = [...files.keys()] } = await act(scene, places);

        const expected = new Map(ids.map((id) => [id, files.get(id) ?? {}]));
        await assertResticAgrees(await place.restic(password), repositoryArchive(place.store, { clock, password }), expected);
      });
    }

    test('lists, checks and restores what is there after objects were locked, where that can be done', async () => {
      const place = await (places.lockedAt ?? places.at)('locked');
      const scene = await setUp(places, 'locked', place, places.lockedAt === undefined ? undefined : rule);
      if (places.lockedAt !== undefined) {
        const locks = await (await lockedRepository(place.store, rule, { clock }).objectLocks()).read(await scene.open().list());
        assert.deepEqual(
          [...(locks?.locks.values() ?? [])].map(({ isKept }) => isKept),
          [true, true],
        );
      }

      await assertResticAgrees(await place.restic(), scene.open(), scene.files);
    });
  });
}

async function setUp(places: InteropPlaces, name: string, at?: InteropPlace, lock?: ObjectLockRule): Promise<Scene> {
  const place = at ?? (await places.at(name));
  const settings = { clock };
  const archive = lock === undefined ? repositoryArchive(place.store, settings) : lockedRepository(place.store, lock, settings);
  await archive.create();
  const files = new Map<string, Files>();
  const save = async (backupId: string, text: string): Promise<Snapshot> => {
    const staged = path.join(places.folder, name, backupId);
    const content = { 'userRoot/backup.info': text, 'userRoot/data': Buffer.concat([shared, Buffer.from(text.repeat(5000))]), empty: '' };
    const snapshot = await archive.save(staged, await makeSet(staged, backupId, content));
    const read = await filesBelow(staged);
    files.set(snapshot.id, read);
    assert.deepEqual(await fetchAll(archive, snapshot), read);
    return snapshot;
  };
  const first = await save('20261123100000Z', 'one line\n');
  const second = await save('20261123110000Z', 'another line\n');
  if (lock !== undefined) await (await archive.objectLocks()).extend();
  return {
    place,
    first,
    second,
    files,
    open: (password = 'test') => repositoryArchive(place.store, { clock, password }),
    keys: async (prefix) => (await Array.fromAsync(place.store.list(prefix))).map(({ key }) => key),
  };
}
