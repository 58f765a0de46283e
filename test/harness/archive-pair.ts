import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { CopyOutcome, SnapshotCopier } from '../../src/archive/snapshot-copier.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { makeSet } from './example-set.ts';
import { FakeClock } from './fake-clock.ts';
import { repositoryArchive } from './repository-archive.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const hour = 3_600_000;
export const grace = 24 * hour;
const common = randomBytes(200_000);

/** How the target comes to be: its keys are those of the source, or others; `made` is by `create()`, and so cuts otherwise too. */
export type TargetKind = 'same keys' | 'new keys' | 'made';

export async function archivePair(kind: TargetKind) {
  const clock = new FakeClock();
  const [from, to] = [new MemoryStore({ clock }), new MemoryStore({ clock })];
  const openSource = (over: ObjectStore = from): RepositoryArchive => repositoryArchive(over, { clock, graceMilliseconds: grace });
  const openTarget = (over: ObjectStore = to): RepositoryArchive =>
    repositoryArchive(over, { clock, graceMilliseconds: grace, password: 'second' });
  const source = openSource();
  await source.create();
  const copier = (target = openTarget(), origin = openSource()): SnapshotCopier => {
    const found = target.copierFrom(origin);
    assert.ok(found);
    return found;
  };
  if (kind === 'made') await openTarget().create();
  else await copier().createTarget(kind === 'new keys');
  const home = await temporaryFolder();
  const save = async (backupId: string, own = backupId, by = source): Promise<Snapshot> => {
    const folder = path.join(home.path, backupId);
    // Does not compress, so that it takes more than the trees.
    const data = Buffer.concat([common, createHash('shake256', { outputLength: 10_000 }).update(own).digest()]);
    await clock.advance(60_000);
    return by.save(folder, await makeSet(folder, backupId, { 'userRoot/backup.info': own, 'userRoot/data': data }));
  };
  const copyAll = async (by = copier()): Promise<CopyOutcome> => by.copy(await source.list());
  return {
    clock,
    from,
    to,
    source,
    openSource,
    openTarget,
    copier,
    copyAll,
    save,
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

export async function assertWhole(archive: RepositoryArchive): Promise<readonly Snapshot[]> {
  const listed = await archive.list();
  for (const snapshot of listed) {
    assert.deepEqual(await archive.verify(snapshot, true), []);
    for (const file of (await archive.manifest(snapshot)).files) await Array.fromAsync(archive.read(snapshot, file));
  }
  return listed;
}

export async function contentOf(store: ObjectStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const content = new Map<string, Uint8Array>();
  for (const key of await keysOf(store, '')) content.set(key, await store.get(key));
  return content;
}

export async function keysOf(store: ObjectStore, prefix: string): Promise<readonly string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
}

export async function bytesOf(store: ObjectStore, prefix: string): Promise<number> {
  return (await Array.fromAsync(store.list(prefix))).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What a snapshot is, but for its ID. */
export function facts(snapshots: readonly Snapshot[]): readonly Omit<Snapshot, 'id'>[] {
  return snapshots.map(({ id: _id, ...others }) => others);
}
