import { StoredLeases } from '../../../src/archive/lease.ts';
import { Secret } from '../../../src/foundation/secret.ts';
import { packKey } from '../../../src/repository/format/pack-header.ts';
import { loadIndex } from '../../../src/repository/index-loader.ts';
import { underLock } from '../../../src/repository/locks.ts';
import { type Content, type DamagedArchive, damagedArchive, ids, threeSets } from '../damaged-archive.ts';
import { keepBooks, openCore } from './bookkeeping.ts';
import type { ByteRange, Victim } from './damages.ts';

const hour = 3_600_000;

/** A class of objects, or of parts of them, of a repository. */
export type RepositoryClass =
  | 'the config'
  | 'the key of another password'
  | 'the key in use'
  | 'a content pack of all sets'
  | 'a content pack of one set'
  | 'a manifest in a content pack'
  | 'the header of a content pack'
  | 'the blobs of a content pack'
  | 'a tree pack of all sets'
  | 'a tree pack of one set'
  | 'the header of a tree pack'
  | 'an index of all sets'
  | 'an index of one set'
  | 'a snapshot'
  | 'a lock'
  | 'a mark of prune'
  | 'a record of forgotten sets'
  | 'a lease';

/** Three sets in a repository with everything in it that a repository may have, all of it whole. */
export interface DamageScene extends DamagedArchive {
  /** All that lies in it. */
  readonly whole: Content;
  readonly victims: Readonly<Record<RepositoryClass, Victim>>;
  /** The IDs of the snapshots, by backup ID. */
  readonly snapshotIds: ReadonlyMap<string, string>;
  /** The backup IDs of the sets that need this part of an object, oldest first; by what was written down of the whole repository. */
  setsThatNeed(key: string, part: ByteRange): readonly string[];
}

/** Also the locks and leases that killed runs left, which are dead by now; what was forgotten is still inside the grace period. */
export async function damageScene(): Promise<DamageScene> {
  const set = await threeSets();
  const [inUse = ''] = await set.keys('keys/');
  const otherKey = await addedBy(set, 'keys/', async () => {
    await (await set.open().keys()).add(new Secret('second'), { username: 'tester', hostname: 'test-host' });
  });
  const marks: string[] = [];
  const records: string[] = [];
  for (const backupId of ['20261123130000Z', '20261123140000Z']) {
    const more = await set.save(backupId);
    records.push(await addedBy(set, '.rootcellar/forgotten/', () => set.open().forget([more])));
    marks.push(await addedBy(set, '.rootcellar/unneeded/', async () => set.open().prune(await set.open().planPrune())));
  }
  const locks = await leaveLocks(set);
  const leases = [await leaveLease(set, 'prod'), await leaveLease(set, 'a-longer-name')];
  await set.clock.advance(hour);
  const books = await keepBooks(set);
  // Every verify reads manifests: of a pack with one in it another damage would be found at once.
  const [content = ''] = books.packs('data', 3).filter((pack) => books.manifestIn(pack) === undefined);
  const [ownContent = ''] = books.packs('data', 1);
  const [trees = ''] = books.packs('tree', 3);
  const [ownTrees = ''] = books.packs('tree', 1);
  const pair = ([key = '', other = '']: readonly string[]): Victim => ({ key, other });
  const header = async (pack: string, other: string): Promise<Victim> => {
    const { length } = await set.store.get(pack);
    return { key: pack, other, part: [books.endOfBlobs(pack), length] };
  };
  const indexes = await indexKeys(set, content, ownContent);
  const indexedPack = new Map([
    [indexes[0], content],
    [indexes[1], ownContent],
  ]);
  const snapshotIds = new Map(set.snapshots.map(({ backupId, id }) => [backupId, id]));
  return {
    ...set,
    snapshotIds,
    setsThatNeed: (key, part) => {
      if (key === 'config' || key === inUse) return ids;
      const pack = indexedPack.get(key);
      if (pack !== undefined) return books.setsThatNeed(pack, [0, Infinity]);
      if (key.startsWith('data/')) return books.setsThatNeed(key, part);
      return ids.filter((id) => key === `snapshots/${snapshotIds.get(id)}`);
    },
    whole: await set.content(),
    victims: {
      'the config': { key: 'config', other: await foreignConfig() },
      'the key of another password': pair([otherKey, inUse]),
      'the key in use': pair([inUse, otherKey]),
      'a content pack of all sets': pair([content, ownContent]),
      'a content pack of one set': pair([ownContent, content]),
      'a manifest in a content pack': { ...pair([ownContent, content]), part: books.manifestIn(ownContent) },
      'the header of a content pack': await header(content, ownContent),
      'the blobs of a content pack': { ...pair([content, ownContent]), part: [0, books.endOfBlobs(content)] },
      'a tree pack of all sets': pair([trees, ownTrees]),
      'a tree pack of one set': pair([ownTrees, trees]),
      'the header of a tree pack': await header(trees, ownTrees),
      'an index of all sets': pair(indexes),
      'an index of one set': pair(indexes.toReversed()),
      'a snapshot': pair(await set.keys('snapshots/')),
      'a lock': pair(locks),
      'a mark of prune': pair(marks),
      'a record of forgotten sets': pair(records),
      'a lease': pair(leases),
    },
  };
}

/** The one object below `prefix` that was not there before. */
async function addedBy(set: DamagedArchive, prefix: string, work: () => Promise<unknown>): Promise<string> {
  const before = await set.keys(prefix);
  await work();
  const added = (await set.keys(prefix)).filter((key) => !before.includes(key));
  if (added.length !== 1) throw new Error(`${added.length} objects were added below ${prefix}`);
  return added[0] ?? '';
}

/** The locks of two runs that were killed. */
async function leaveLocks(set: DamagedArchive): Promise<readonly string[]> {
  const { store, clock } = set;
  const { documents } = await openCore(store, clock);
  const left = new Map<string, Uint8Array>();
  for (const username of ['tester', 'another-tester']) {
    const owner = { hostname: 'test-host', username, pid: 1 };
    await underLock(documents, false, { owner, clock, signal: undefined }, async () => {
      const [key = ''] = await set.keys('locks/');
      left.set(key, await store.get(key));
    });
  }
  for (const [key, bytes] of left) await store.put(key, bytes);
  return [...left.keys()];
}

/** The lease of a run that was killed. */
async function leaveLease({ store, clock }: DamagedArchive, server: string): Promise<string> {
  const holder = { host: 'test-host', processId: 1, space: 'a', processBegan: '1', container: '', work: 'backup' };
  const lease = await new StoredLeases(store, { clock, seconds: 120, holder, isAlive: () => undefined }).take(server);
  const key = `.rootcellar/leases/${server}.json`;
  const held = await store.get(key);
  await lease.release();
  await store.put(key, held);
  return key;
}

/** The first index, which lists what all sets have, and that of the set after it. */
async function indexKeys({ store, clock }: DamagedArchive, content: string, own: string): Promise<readonly string[]> {
  const { documents } = await openCore(store, clock);
  const { files } = await loadIndex(documents);
  const listing = (pack: string): string | undefined => files.find(({ index }) => index.packs.some(({ id }) => packKey(id) === pack))?.id;
  return [content, own].map((pack) => `index/${listing(pack)}`);
}

/** The config of another repository. */
async function foreignConfig(): Promise<Uint8Array> {
  await using other = await damagedArchive();
  return await other.store.get('config');
}
