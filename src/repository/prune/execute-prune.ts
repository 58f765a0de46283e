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
import type { RepositoryPrunePlan } from './prune-plan.ts';

export interface PruneTools {
  readonly store: ObjectStore;
  readonly documents: Documents;
  readonly cipher: Cipher;
  readonly index: LoadedIndex;
  readonly packBytes: number;
  readonly onRemoved: (objects: number) => void;
  /** Rejects when the exclusive lock was lost: asked before whatever others could miss. */
  readonly assertHeld: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** A request of S3 takes so many; and the lock is asked for before each. */
const packsInABatch = 1000;

/**
 * Does what was planned, in an order in which it may be killed anywhere: needed blobs of wasteful packs into new packs, their index, the mark
 * of all that is no longer needed; then an index without what goes, the old index files, the packs, the spent marks. Resolves to the bytes given back.
 */
export async function executeRepositoryPrune(plan: RepositoryPrunePlan, tools: PruneTools): Promise<number> {
  const { store, cipher, documents, signal, onRemoved, assertHeld } = tools;
  await repack(
    plan.wasteful.flatMap(({ kept }) => kept),
    tools,
  );
  const marked = [...plan.unneeded, ...plan.wasteful.map(({ pack }) => pack)].map(({ id }) => id);
  if (marked.length > 0) await writeMark(store, cipher, { packs: marked, signal });
  await assertHeld();
  const gone = new Set(plan.removable.map(({ id }) => id));
  const outdated = tools.index.files.filter(({ index }) => index.packs.some(({ id }) => gone.has(id)));
  if (outdated.length > 0) {
    const packs = new Map<Id, IndexedPack>();
    for (const { index } of outdated) for (const pack of index.packs) if (!gone.has(pack.id)) packs.set(pack.id, pack);
    const supersedes = outdated.map(({ id }) => id);
    if (packs.size > 0) await documents.write('index', encodeIndex({ supersedes, packs: [...packs.values()] }), signal);
    await documents.remove('index', supersedes, signal);
  }
  // A run that was killed here left them: restic minds no `supersedes`, and would look for packs that are gone.
  if (tools.index.superseded.length > 0) await documents.remove('index', tools.index.superseded, signal);
  for (let at = 0; at < plan.removable.length; at += packsInABatch) {
    const batch = plan.removable.slice(at, at + packsInABatch);
    await assertHeld();
    await store.delete(
      batch.map(({ id }) => packKey(id)),
      { signal },
    );
    onRemoved(batch.length);
  }
  if (plan.spentMarks.length > 0) await store.delete(plan.spentMarks, { signal });
  return plan.removable.reduce((sum, { bytes }) => sum + bytes, 0);
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
