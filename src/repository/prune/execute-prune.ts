import type { Failure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { BlobPlace } from '../blob-index.ts';
import type { Documents } from '../documents.ts';
import type { Id } from '../format/hex-id.ts';
import { encodeIndex, type IndexedPack } from '../format/index-file.ts';
import { packKey, type BlobType } from '../format/pack-header.ts';
import type { LoadedIndex } from '../index-loader.ts';
import { IndexWriter } from '../index-writer.ts';
import { openBlob } from '../packs/decode-blobs.ts';
import { PackWriter } from '../packs/pack-writer.ts';
import type { Cipher } from '../sealing/cipher.ts';
import { writeMark } from './marks.ts';
import { refused } from './needed-blobs.ts';
import type { PackFacts, RepositoryPrunePlan } from './prune-plan.ts';
import { removeUnlessRefused } from './remove-unless-refused.ts';

export interface PruneTools {
  readonly store: ObjectStore;
  readonly documents: Documents;
  readonly cipher: Cipher;
  readonly index: LoadedIndex;
  readonly packBytes: number;
  readonly onRemoved: (objects: number) => void;
  /** Called with each refusal of the store to remove something: it stays, and a later prune tries again. */
  readonly onRefused: (refusal: Failure) => void;
  /** Rejects when the exclusive lock was lost: asked before whatever others could miss. */
  readonly assertHeld: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** A request of S3 takes so many; and the lock is asked for before each. */
const packsInABatch = 1000;

/**
 * Does what was planned, in an order in which it may be killed anywhere: needed blobs of wasteful packs into new packs, their index, the mark
 * of all that is no longer needed; then an index without what goes or is gone, the old index files, the packs, the spent marks. Resolves to the bytes given back.
 */
export async function executeRepositoryPrune(plan: RepositoryPrunePlan, tools: PruneTools): Promise<number> {
  const { store, cipher, signal, assertHeld } = tools;
  await repack(
    plan.wasteful.flatMap(({ kept }) => kept),
    tools,
  );
  const marked = [...plan.unneeded.map(({ id }) => id), ...plan.wasteful.map(({ pack }) => pack.id), ...plan.unmarked];
  if (marked.length > 0) await writeMark(store, cipher, { packs: marked, signal });
  await assertHeld();
  // What an index file lists that cannot be removed must stay: restic would look for it.
  const gone = new Set([...plan.removable.map(({ id }) => id), ...plan.missing]);
  if (!(await dropFromIndex(gone, tools))) return 0;
  const given = await removePacks(plan.removable, tools);
  if (plan.spentMarks.length > 0) await removeUnlessRefused(tools, () => store.delete(plan.spentMarks, { signal }));
  return given;
}

/** Replaces the index files that list any of these packs. Resolves to whether all that were replaced are gone, those of earlier runs too. */
async function dropFromIndex(gone: ReadonlySet<Id>, tools: PruneTools): Promise<boolean> {
  const { documents, signal } = tools;
  const outdated = tools.index.files.filter(({ index }) => index.packs.some(({ id }) => gone.has(id)));
  const supersedes = outdated.map(({ id }) => id);
  if (outdated.length > 0) {
    const packs = new Map<Id, IndexedPack>();
    for (const { index } of outdated) for (const pack of index.packs) if (!gone.has(pack.id)) packs.set(pack.id, pack);
    if (packs.size > 0) await documents.write('index', encodeIndex({ supersedes, packs: [...packs.values()] }), signal);
  }
  // A run that was killed here left some: restic minds no `supersedes`, and would look for packs that are gone.
  const replaced = [...supersedes, ...tools.index.superseded];
  return replaced.length === 0 || removeUnlessRefused(tools, () => documents.remove('index', replaced, signal));
}

async function removePacks(packs: readonly PackFacts[], tools: PruneTools): Promise<number> {
  const { store, cipher, signal, assertHeld, onRemoved } = tools;
  let given = 0;
  for (let at = 0; at < packs.length; at += packsInABatch) {
    const batch = packs.slice(at, at + packsInABatch);
    await assertHeld();
    const keys = batch.map(({ id }) => packKey(id));
    if (!(await removeUnlessRefused(tools, () => store.delete(keys, { signal })))) continue;
    given += batch.reduce((sum, { bytes }) => sum + bytes, 0);
    // From now on by the store's clock their names are not used for a grace period: whoever was frozen before this very removal may still send it.
    await writeMark(store, cipher, { packs: batch.map(({ id }) => id), signal });
    onRemoved(batch.length);
  }
  return given;
}

/** Copies sealed blobs into new packs; one that is damaged stops all, as its pack is still its only place. */
async function repack(places: readonly BlobPlace[], tools: PruneTools): Promise<void> {
  if (places.length === 0) return;
  const { store, cipher, packBytes, signal } = tools;
  const index = new IndexWriter(tools.documents, signal);
  const onStored = (pack: IndexedPack): Promise<void> => index.add(pack);
  const make = (type: BlobType): PackWriter =>
    new PackWriter({ store, cipher, type, packBytes, open: type === 'data' ? 2 : 1, uploads: 2, onStored, signal });
  const packs = { data: make('data'), tree: make('tree') };
  for (const place of places) {
    const range = { offset: place.offset, length: place.length };
    const sealed = await store.get(packKey(place.packId), { range, signal });
    const content = openBlob(cipher, Uint8Array.from(sealed), place);
    if (typeof content === 'string')
      throw refused(`blob ${place.id.slice(0, 12)} in pack ${place.packId.slice(0, 12)} is damaged: ${content}`);
    await packs[place.type].add(place.id, sealed, place.rawLength);
  }
  await Promise.all([packs.data.finish(), packs.tree.finish()]);
  await index.finish();
}
