import { randomBytes } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import path from 'node:path';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Manifest } from '../../src/domain/manifest.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { makeSet } from './example-set.ts';
import { FakeClock } from './fake-clock.ts';
import { repositoryArchive } from './repository-archive.ts';
import { temporaryFolder } from './temporary-folder.ts';

const hour = 3_600_000;
const common = randomBytes(150_000);

export type Content = ReadonlyMap<string, Uint8Array>;

export interface DamagedArchive extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  /** A fresh process: nothing is known of what another one read. */
  open(over?: ObjectStore): RepositoryArchive;
  /** Archives a set of two backends, `userRoot`, of which most is common to all sets, and `schema`. */
  save(backupId: string): Promise<Snapshot>;
  /** Archives the files of a set that is archived already, as another set. */
  saveAgain(backupId: string, as: string): Promise<Snapshot>;
  /** Where the files of a set lie. */
  folderOf(backupId: string): string;
  keys(prefix: string): Promise<string[]>;
  /** All that lies in the store, to come back to. */
  content(): Promise<Content>;
  comeBackTo(content: Content): Promise<void>;
  /** What can be fetched of each listed snapshot that says it is complete, and the number of those that are not whole. */
  wholeSnapshots(): Promise<{ readonly whole: readonly string[]; readonly broken: readonly string[] }>;
}

/** An empty repository in memory, with a grace of a day. */
export async function damagedArchive(): Promise<DamagedArchive> {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const home = await temporaryFolder('damage');
  const open = (over: ObjectStore = store): RepositoryArchive => repositoryArchive(over, { clock, graceMilliseconds: 24 * hour });
  await open().create();
  const keys = async (prefix: string): Promise<string[]> => (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
  return {
    clock,
    store,
    open,
    keys,
    folderOf: (backupId) => path.join(home.path, backupId),
    save: async (backupId) => {
      const folder = path.join(home.path, backupId);
      return open().save(folder, await stage(folder, backupId, backupId));
    },
    saveAgain: async (backupId, as) => {
      const folder = path.join(home.path, backupId);
      return open().save(folder, await stage(folder, as, backupId));
    },
    content: async () => new Map(await Promise.all((await keys('')).map(async (key) => [key, await store.get(key)] as const))),
    comeBackTo: async (content) => {
      await store.delete(await keys(''));
      for (const [key, bytes] of content) await store.put(key, bytes);
    },
    wholeSnapshots: async () => {
      const archive = open();
      const complete = (await archive.list()).filter(({ state }) => state === 'complete');
      const checked = await Promise.all(complete.map(async (one) => [one.backupId, await isWhole(archive, one)] as const));
      const named = (isWanted: boolean): string[] => checked.filter(([, is]) => is === isWanted).map(([name]) => name);
      return { whole: named(true), broken: named(false) };
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

async function stage(folder: string, backupId: string, content: string): Promise<Manifest> {
  const manifest = await makeSet(folder, backupId, filesOf(content));
  // So that sets have the tree of a folder in common that is the same in them.
  for (const file of manifest.files) await utimes(path.join(folder, file.path), 0, 0);
  const [userRoot] = manifest.backends;
  return {
    ...manifest,
    backends: userRoot === undefined ? [] : [userRoot, { ...userRoot, id: 'schema', role: 'schema', folder: 'schema' }],
  };
}

/** The files of a set; the same for the same backup ID, also in another process. */
function filesOf(backupId: string): Record<string, string | Uint8Array> {
  return {
    'userRoot/backup.info': `backup_id=${backupId}\n`,
    'userRoot/backup-userRoot': Buffer.concat([common, Buffer.from(`${backupId}\n`.repeat(2000))]),
    'schema/backup.info': 'backup_id=schema\n',
    'schema/backup-schema': 'attributeTypes\n'.repeat(500),
  };
}

/** Whether every file can be read and is what was archived. */
export async function isWhole(archive: RepositoryArchive, snapshot: Snapshot): Promise<boolean> {
  const expected = filesOf(snapshot.backupId);
  try {
    const { files } = await archive.manifest(snapshot);
    if (files.length !== Object.keys(expected).length) return false;
    for (const file of files) {
      const read = Buffer.concat(await Array.fromAsync(archive.read(snapshot, file)));
      if (!read.equals(Buffer.from(expected[file.path] ?? ''))) return false;
    }
    return true;
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}

/** A copy with one bit flipped; a negative `bit` counts from the end. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const other = Uint8Array.from(bytes);
  const place = bit < 0 ? bytes.length * 8 + bit : bit;
  other[Math.floor(place / 8)] = (other[Math.floor(place / 8)] ?? 0) ^ (1 << (place % 8));
  return other;
}

/** What verify() says of each snapshot, and of the objects whether or not they hurt any. */
export async function findings(set: DamagedArchive, readData: boolean) {
  const archive = set.open();
  const hurt: string[] = [];
  for (const snapshot of await archive.list()) if ((await archive.verify(snapshot, readData)).length > 0) hurt.push(snapshot.backupId);
  const objects = (await archive.verifyObjects(readData)).filter(({ isDamage }) => isDamage);
  return { hurt, objects: objects.map(({ object, remedy }) => `${object} ${remedy}`) };
}

/** The key of the pack with most in it. */
export async function largestPack(set: DamagedArchive): Promise<string> {
  const packs = await Array.fromAsync(set.store.list('data/'));
  return packs.toSorted((a, b) => b.bytes - a.bytes)[0]?.key ?? '';
}

/** The sets of {@link threeSets}, oldest first. */
export const ids = ['20261123100000Z', '20261123110000Z', '20261123120000Z'] as const;
export const newestFirst = ids.toReversed();

export async function threeSets(): Promise<DamagedArchive & { readonly snapshots: readonly Snapshot[] }> {
  const set = await damagedArchive();
  const snapshots: Snapshot[] = [];
  for (const id of ids) snapshots.push(await set.save(id));
  return { ...set, snapshots };
}
