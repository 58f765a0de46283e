import { BlobSummer, type BlobSum } from '../blob-sum.ts';
import type { BlobIndex } from '../blob-index.ts';
import { emptyPackBytes, packKey } from '../format/pack-header.ts';
import { isId, type Id } from '../format/hex-id.ts';
import { listSnapshots } from '../list-snapshots.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { findOwners, type OwnedRoot } from './find-owners.ts';
import type { Owners } from './owners.ts';

export interface RepositoryMeasure {
  /** Everything that lies in the store. */
  readonly objects: number;
  readonly bytes: number;
  readonly packs: number;
  readonly packBytes: number;
  /** Different blobs that the index lists, whether or not somebody needs them. */
  readonly blobs: number;
  /** Of the packs: what no snapshot needs. */
  readonly unneededBytes: number;
  /** What the chosen snapshots need. */
  readonly unique: BlobSum;
  /** Of that: what no other snapshot needs. */
  readonly together: BlobSum;
  /** By the ID of each chosen snapshot: what it alone needs. Of those that can be read. */
  readonly alone: ReadonlyMap<Id, BlobSum>;
  /** Why the figures are not exact, one sentence each. */
  readonly troubles: readonly string[];
}

/** Adds up what the repository holds, and what of it the chosen snapshots need. Memory is a few bytes for each blob, whatever the number of snapshots. */
export async function measureRepository(
  core: RepositoryCore,
  chosen: ReadonlySet<Id>,
  { onRoot, signal }: { readonly onRoot: (done: number, of: number) => void; readonly signal?: AbortSignal | undefined },
): Promise<RepositoryMeasure> {
  const listed = await listSnapshots(core.cachedDocuments, signal);
  core.forgetIndex();
  const { blobs: index, damaged } = await core.loadedIndex(signal);
  const readable = listed.flatMap(({ id, file }) => (file === undefined ? [] : [{ id, tree: file.tree, isChosen: chosen.has(id) }]));
  let done = 0;
  const tellRoot = (): void => onRoot((done += 1), readable.length);
  const found = await findOwners(await core.reader(signal), index, readable, { onRoot: tellRoot, signal });
  const stored = await listStore(core, signal);
  const { lostPacks, ...used } = usedBytes(index, found.owners, stored.packs);
  const troubles = [
    ...listed.flatMap(({ failure }) => (failure === undefined ? [] : [failure.message])),
    ...damaged.map(({ failure }) => failure.message),
    ...found.unreadable.map(({ message }) => message),
    ...troubleOf(found.unlisted, 'blob', 'in no index'),
    ...troubleOf(lostPacks, 'pack', 'missing'),
  ];
  const packBytes = [...stored.packs.values()].reduce((sum, bytes) => sum + bytes, 0);
  return {
    objects: stored.objects,
    bytes: stored.bytes,
    packs: stored.packs.size,
    packBytes,
    blobs: index.size,
    unneededBytes: Math.max(0, packBytes - used.bytes),
    ...sumsOf(index, found.owners, readable),
    troubles,
  };
}

function troubleOf(count: number, what: 'blob' | 'pack', state: string): string[] {
  if (count === 0) return [];
  return [count === 1 ? `1 ${what} that snapshots need is ${state}` : `${count} ${what}s that snapshots need are ${state}`];
}

/** What needed blobs, each in its first place, take of the packs that are there, with the headers of these packs. */
function usedBytes(
  index: BlobIndex,
  owners: Owners,
  packs: ReadonlyMap<Id, number>,
): { readonly bytes: number; readonly lostPacks: number } {
  const used = new Set<Id>();
  const lost = new Set<Id>();
  let bytes = 0;
  for (let number = 0; number < index.size; number += 1) {
    if (owners.ownerOf(number) === undefined) continue;
    const { packId, storedBytes } = index.sizeAt(number);
    if (packs.has(packId)) bytes += storedBytes;
    (packs.has(packId) ? used : lost).add(packId);
  }
  return { bytes: bytes + used.size * emptyPackBytes, lostPacks: lost.size };
}

function sumsOf(
  index: BlobIndex,
  owners: Owners,
  roots: readonly (OwnedRoot & { readonly id: Id })[],
): Pick<RepositoryMeasure, 'unique' | 'together' | 'alone'> {
  const [unique, together] = [new BlobSummer(index), new BlobSummer(index)];
  const alone = new Map<number, BlobSummer>();
  for (const [number, { isChosen }] of roots.entries()) if (isChosen) alone.set(number, new BlobSummer(index));
  for (let number = 0; number < index.size; number += 1) {
    const owner = owners.ownerOf(number);
    const own = typeof owner === 'number' ? alone.get(owner) : undefined;
    own?.add(number);
    if (own !== undefined || owner === 'chosen') together.add(number);
    if (own !== undefined || owner === 'chosen' || owner === 'both') unique.add(number);
  }
  return {
    unique: unique.sum,
    together: together.sum,
    alone: new Map([...alone].map(([number, summer]) => [roots[number]?.id ?? '', summer.sum])),
  };
}

async function listStore(
  { store }: RepositoryCore,
  signal: AbortSignal | undefined,
): Promise<{ readonly objects: number; readonly bytes: number; readonly packs: ReadonlyMap<Id, number> }> {
  const packs = new Map<Id, number>();
  let objects = 0;
  let bytes = 0;
  for await (const object of store.list('', { signal })) {
    objects += 1;
    bytes += object.bytes;
    const id = object.key.slice(object.key.lastIndexOf('/') + 1);
    if (isId(id) && object.key === packKey(id)) packs.set(id, object.bytes);
  }
  return { objects, bytes, packs };
}
