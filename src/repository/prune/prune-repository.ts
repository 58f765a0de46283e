import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { BlobIndex } from '../blob-index.ts';
import type { Id } from '../format/hex-id.ts';
import { readForgotten, spentForgotten } from '../forgotten-trees.ts';
import { packIdOf, packKey } from '../format/pack-header.ts';
import { shortened } from '../format/repository-failures.ts';
import type { LoadedIndex } from '../index-loader.ts';
import { listSnapshots } from '../list-snapshots.ts';
import { underLock } from '../locks.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { executeRepositoryPrune, type PruneTools } from './execute-prune.ts';
import { readMarks } from './marks.ts';
import { neededBlobs, refused } from './needed-blobs.ts';
import { planRepositoryPrune, type PackFacts, type RepositoryPrunePlan } from './prune-plan.ts';

const looksAtOnce = 16;

export type PruneOptions = Pick<PruneTools, 'onRemoved' | 'onRefused' | 'signal'>;

/** Decides what a prune would do. Changes nothing. @throws Failure E_PRUNE_REFUSED when it cannot be known what is needed */
export async function planPrune(core: RepositoryCore, signal: AbortSignal | undefined): Promise<RepositoryPrunePlan> {
  const look = async (): Promise<RepositoryPrunePlan> => (await readAndPlan(core, core.options.clock.now(), signal)).plan;
  try {
    return await look();
  } catch (error) {
    if (!isFailure(error, 'E_PRUNE_REFUSED')) throw error;
    // No lock keeps others away: where one has pruned meanwhile, what it removed was missing in what was read before, and is in nothing that is read now.
    return look();
  }
}

/** Plans anew, under an exclusive lock, and does it; of what can go now only what `allowed` names. Resolves to the bytes given back. */
export async function prune(core: RepositoryCore, allowed: ReadonlySet<Id>, { signal, ...tell }: PruneOptions): Promise<number> {
  const { store, documents, cipher } = core;
  const { clock, owner, writer } = core.options;
  return underLock(documents, true, { owner, clock, signal }, async (lock) => {
    const whileHeld = signal === undefined ? lock.signal : AbortSignal.any([signal, lock.signal]);
    // What is old enough is told by the clock that dated the marks: the store's.
    const { plan, index } = await readAndPlan(core, lock.takenAt, whileHeld);
    const spentMarks = [...plan.spentMarks, ...spentForgotten(await readForgotten(core, whileHeld), index.blobs)];
    const missing = await onlyGone(plan.missing, store, whileHeld);
    const confirmed = { ...plan, missing, spentMarks, removable: plan.removable.filter(({ id }) => allowed.has(id)) };
    const packBytes = writer?.packBytes ?? 16 * 1024 * 1024;
    const assertHeld = (): Promise<void> => lock.assertHeld();
    const tools = { store, documents, cipher, index, packBytes, ...tell, assertHeld, signal: whileHeld };
    const given = await executeRepositoryPrune(confirmed, tools);
    core.forgetIndex();
    return given;
  });
}

async function readAndPlan(
  core: RepositoryCore,
  now: Date,
  signal: AbortSignal | undefined,
): Promise<{ readonly plan: RepositoryPrunePlan; readonly index: LoadedIndex }> {
  const { store, documents, cipher } = core;
  // Snapshots before the index: what they name is listed by then.
  const snapshots = await listSnapshots(documents, signal);
  const damagedOne = snapshots.find(({ file }) => file === undefined);
  if (damagedOne !== undefined) throw refused(`snapshot ${shortened(damagedOne.id)} cannot be read`, damagedOne.failure);
  core.forgetIndex();
  const index = await core.loadedIndex(signal);
  const [damagedIndex] = index.damaged;
  if (damagedIndex !== undefined) throw refused(`index ${shortened(damagedIndex.id)} cannot be read`, damagedIndex.failure);
  const [vanished] = index.vanished;
  if (vanished !== undefined) throw refused(`index ${shortened(vanished)} is listed and cannot be found`);
  const roots = snapshots.flatMap(({ file }) => (file === undefined ? [] : [file.tree]));
  const needed = await neededBlobs(await core.reader(signal), roots, signal);
  const packs: PackFacts[] = [];
  for await (const { key, bytes, modifiedAt } of store.list('data/', { signal })) {
    const id = packIdOf(key);
    if (id !== undefined) packs.push({ id, bytes, modifiedAt });
  }
  assertAllThere(index.blobs, needed, packs);
  const marks = await readMarks(store, cipher, signal);
  const plan = planRepositoryPrune({ index: index.blobs, needed, packs, marks }, now, core.options.graceMilliseconds);
  return { plan, index };
}

/** Those packs that are not there by the store's own word: a listing that lags behind may miss some. */
async function onlyGone(packs: readonly Id[], store: ObjectStore, signal: AbortSignal): Promise<Id[]> {
  const found = await mapConcurrently(packs, looksAtOnce, async (id) => store.head(packKey(id), { signal }), signal);
  return packs.filter((_id, place) => found[place] === undefined);
}

/**
 * A needed blob that lies nowhere means damage, or a listing that lags behind: in either case what looks unneeded may be all that is left of it.
 */
function assertAllThere(index: BlobIndex, needed: ReadonlySet<string>, packs: readonly PackFacts[]): void {
  const present = new Set(packs.map(({ id }) => id));
  for (const key of needed) {
    const [type, id = ''] = key.split(' ');
    const places = index.findAll(type === 'tree' ? 'tree' : 'data', id);
    const [place] = places;
    if (place === undefined) throw refused(`${type} blob ${shortened(id)}, which a snapshot names, is in no index`);
    if (!places.some(({ packId }) => present.has(packId)))
      throw refused(`pack ${shortened(place.packId)}, which a snapshot needs, is missing`);
  }
}
