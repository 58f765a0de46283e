import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { Id } from '../format/hex-id.ts';
import type { IndexedPack } from '../format/index-file.ts';
import { packKey, type BlobType, type PackedBlob } from '../format/pack-header.ts';
import { loadIndex, type LoadedIndex } from '../index-loader.ts';
import { IndexWriter } from '../index-writer.ts';
import { PackChecks } from '../pack-checks.ts';
import { PackWriter } from '../packs/pack-writer.ts';
import { packsAtOnce } from '../pipeline/read-packs.ts';
import { writeMark } from '../prune/marks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { examinePack, type ExaminedPack, type SavedBlob } from './examine-pack.ts';
import { replaceIndex } from './repair-index.ts';
import { underExclusiveLock } from './under-exclusive-lock.ts';

export interface PackRepairRequest {
  /** Just these; empty: every pack that an index lists is read. */
  readonly ids: readonly Id[];
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

export interface PackRepair {
  readonly id: Id;
  /** How many of its blobs go into new packs; of those so many had a flipped bit, which was put right. */
  readonly savedBlobs: number;
  readonly healedBlobs: number;
  /** Of the others those that no other pack has: gone, unless a backup stores them again. */
  readonly lost: readonly LostBlob[];
}

export interface LostBlob {
  readonly type: BlobType;
  readonly id: Id;
  /** One clause. */
  readonly finding: string;
}

/** Reads packs and decides what {@link repairPacks} would do with the damaged ones. Changes nothing. */
export async function planPackRepair(core: RepositoryCore, request: PackRepairRequest): Promise<PackRepair[]> {
  const index = await loadIndex(core.documents, request.signal);
  const damaged = await findDamagedPacks(core, index, request);
  return examineAll(core, index, damaged, { signal: request.signal, save: () => Promise.resolve() });
}

/**
 * Saves what is whole of damaged packs. All is read before; what was found damaged is read once more under an exclusive lock. Its whole blobs go into new packs,
 * then an index that lists them, then a mark on the damaged packs, then an index without these. They stay in the store until a prune after the grace period.
 * Killed in between, all is in place that was.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11)
 */
export async function repairPacks(core: RepositoryCore, request: PackRepairRequest): Promise<PackRepair[]> {
  const { store, documents, cipher } = core;
  const found = await findDamagedPacks(core, await loadIndex(documents, request.signal), request);
  if (found.length === 0) return [];
  return underExclusiveLock(core, request.signal, async (held) => {
    const { signal } = held;
    const index = await loadIndex(documents, signal);
    const repaired = await saveBlobs(core, index, found, signal);
    if (repaired.length === 0) return [];
    const damaged = new Set(repaired.map(({ id }) => id));
    await writeMark(store, cipher, { packs: [...damaged], damaged: [...damaged], signal });
    const outdated = index.files.filter((file) => file.index.packs.some(({ id }) => damaged.has(id)));
    const packs = new Map<Id, IndexedPack>();
    for (const { index: file } of outdated) for (const pack of file.packs) if (!damaged.has(pack.id)) packs.set(pack.id, pack);
    await replaceIndex(core, { packs: [...packs.values()], removed: outdated.map(({ id }) => id) }, held);
    return repaired;
  });
}

async function findDamagedPacks(core: RepositoryCore, index: LoadedIndex, { ids, onRead, signal }: PackRepairRequest): Promise<Id[]> {
  const checks = new PackChecks(core.store, index.blobs);
  const wanted = ids.length > 0 ? ids : index.blobs.packIds;
  const found = await core.withReaders((pipeline) =>
    mapConcurrently(
      wanted,
      packsAtOnce,
      async (id) => {
        const content = await checks.checkContent(id, { pipeline, onRead, signal });
        return content !== undefined && content.pack.length + content.blobs.size > 0 ? [id] : [];
      },
      signal,
    ),
  );
  return found.flat();
}

/** Copies all blobs that can be had of these packs into new ones, and writes their index. */
async function saveBlobs(
  core: RepositoryCore,
  index: LoadedIndex,
  ids: readonly Id[],
  signal: AbortSignal | undefined,
): Promise<PackRepair[]> {
  const { store, cipher, documents, options } = core;
  const newIndex = new IndexWriter(documents, signal);
  const onStored = (pack: IndexedPack): Promise<void> => newIndex.add(pack);
  const packBytes = options.writer?.packBytes ?? 16 * 1024 * 1024;
  const make = (type: BlobType): PackWriter => new PackWriter({ store, cipher, type, packBytes, open: 1, uploads: 1, onStored, signal });
  const packs = { data: make('data'), tree: make('tree') };
  const save = ({ blob, sealed }: SavedBlob): Promise<void> => packs[blob.type].add(blob.id, sealed, blob.rawLength);
  const repaired = await examineAll(core, index, ids, { signal, save });
  await Promise.all([packs.data.finish(), packs.tree.finish()]);
  await newIndex.finish();
  return repaired;
}

/** Examines packs one after the other, so that one at a time is in memory, and gives what can be had to `save`, each blob once. */
async function examineAll(
  core: RepositoryCore,
  index: LoadedIndex,
  ids: readonly Id[],
  { signal, save }: { readonly signal: AbortSignal | undefined; readonly save: (blob: SavedBlob) => Promise<void> },
): Promise<PackRepair[]> {
  const saved = new Set<string>();
  const repaired: PackRepair[] = [];
  for (const id of ids) {
    const examined = await examine(core, index, id, signal);
    if (examined === undefined) continue;
    for (const one of examined.saved) if (saved.size !== saved.add(nameOf(one.blob)).size) await save(one);
    repaired.push(reportOf(id, examined, index, new Set(ids)));
  }
  // What one pack lost another damaged one may have had.
  return repaired.map((pack) => ({ ...pack, lost: pack.lost.filter((blob) => !saved.has(nameOf(blob))) }));
}

/** Undefined for a pack that is gone, or whole at a second look. */
async function examine(
  { store, cipher, opened }: RepositoryCore,
  index: LoadedIndex,
  id: Id,
  signal: AbortSignal | undefined,
): Promise<ExaminedPack | undefined> {
  try {
    const bytes = await store.get(packKey(id), { isCheckedByCaller: true, signal });
    const examined = examinePack({ cipher, keys: opened.keys }, { id, bytes, listed: listedOf(index, id) });
    return examined.isWhole ? undefined : examined;
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

function listedOf({ files }: LoadedIndex, packId: Id): readonly PackedBlob[] {
  return files.flatMap(({ index }) => index.packs.filter(({ id }) => id === packId).flatMap(({ blobs }) => blobs));
}

function reportOf(id: Id, { saved, lost }: ExaminedPack, { blobs }: LoadedIndex, damaged: ReadonlySet<Id>): PackRepair {
  const isElsewhere = ({ type, id: blob }: PackedBlob): boolean => blobs.findAll(type, blob).some(({ packId }) => !damaged.has(packId));
  return {
    id,
    savedBlobs: saved.length,
    healedBlobs: saved.filter(({ isHealed }) => isHealed).length,
    lost: lost.filter(({ blob }) => !isElsewhere(blob)).map(({ blob, finding }) => ({ type: blob.type, id: blob.id, finding })),
  };
}

function nameOf({ type, id }: { readonly type: BlobType; readonly id: Id }): string {
  return `${type} ${id}`;
}
