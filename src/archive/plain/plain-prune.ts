import { manifestName } from '../../domain/manifest.ts';
import type { Clock } from '../../foundation/clock.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore, UnfinishedWrite } from '../../object-stores/object-store.ts';
import type { PruneOptions, PrunePlan } from '../archive.ts';
import { isBeside, orphansBeside } from '../beside-snapshots.ts';
import type { StoredPins } from '../stored-pins.ts';
import { deleteBeside } from '../stored-reports.ts';
import { isMarkedArchived, readCatalog, unfinishedSets } from './plain-catalog.ts';
import { unfinishedKey } from './plain-keys.ts';
import { plainPinName } from './plain-pins.ts';

type PlannedObject = PrunePlan['objects'][number];

interface BesidePlaces {
  readonly store: ObjectStore;
  readonly pins: StoredPins;
}

/** Lists what killed runs left, and what lies beside sets that were forgotten: the objects of sets that are marked unfinished and have no manifest, once the mark is older than the grace period. */
export async function planPrune(
  store: ObjectStore,
  { clock, graceMilliseconds, pins }: { readonly clock: Clock; readonly graceMilliseconds: number; readonly pins: StoredPins },
  { signal }: OperationContext,
): Promise<PrunePlan> {
  const objects: { key: string; bytes: number }[] = [];
  const unfinishedWrites: UnfinishedWrite[] = [];
  const isSpared = (moment: Date) => clock.now().getTime() - moment.getTime() < graceMilliseconds;
  let waiting = 0;
  for await (const write of store.listUnfinished({ signal })) {
    if (isSpared(write.beganAt)) waiting += 1;
    else unfinishedWrites.push(write);
  }
  for (const [name, markedAt] of await unfinishedSets(store, signal)) {
    if (isSpared(markedAt)) {
      waiting += 1;
      continue;
    }
    const [server = '', backupId = ''] = name.split('/');
    const rest = (await isMarkedArchived(store, { server, backupId }, signal)) ? [] : await restOf(store, name, signal);
    objects.push(...rest, { key: unfinishedKey(server, backupId), bytes: 0 });
  }
  objects.push(...(await forgottenBeside({ store, pins }, new Date(clock.now().getTime() - graceMilliseconds), signal)));
  return { unfinishedWrites, objects, bytes: objects.reduce((sum, object) => sum + object.bytes, 0), waiting };
}

/** Removes what was planned, looking again first: a set that got its manifest meanwhile keeps its files. */
export async function executePrune(places: BesidePlaces, plan: PrunePlan, { signal, report, onRefused }: PruneOptions): Promise<number> {
  const { store } = places;
  const step = 'prune';
  let given = 0;
  report?.({ kind: 'begin', step, total: plan.objects.length, unit: 'objects' });
  await store.discardUnfinished(plan.unfinishedWrites, { signal });
  const beside = plan.objects.filter(({ key }) => isBeside(key));
  given += await removeForgotten(places, beside, { signal, onRefused });
  const bySet = Map.groupBy(
    plan.objects.filter(({ key }) => !isBeside(key)),
    (object) => setNameOf(object.key),
  );
  for (const [name, objects] of bySet) {
    const isComplete = (await store.head(`${name}/${manifestName}`, { signal })) !== undefined;
    const marks = objects.filter((object) => object.key.startsWith('.rootcellar/'));
    const removed = isComplete ? marks : objects;
    const rest = removed.filter((object) => !marks.includes(object)).map((object) => object.key);
    try {
      // The mark last: as long as anything is left, the rest stays known as one.
      await store.delete(rest, { signal });
      await store.delete(
        marks.map((object) => object.key),
        { signal },
      );
    } catch (error) {
      if (!isFailure(error, 'E_ACCESS_DENIED') && !isFailure(error, 'E_OBJECT_LOCKED')) throw error;
      onRefused?.(error);
      continue;
    }
    given += removed.reduce((sum, object) => sum + object.bytes, 0);
    report?.({ kind: 'advance', step, done: removed.length });
  }
  report?.({ kind: 'end', step });
  return given;
}

/**
 * What lies beside sets that are gone. A damaged set is listed under another ID than it had, so where there is one, nothing is taken for forgotten.
 */
async function forgottenBeside(places: BesidePlaces, before: Date, signal: AbortSignal | undefined): Promise<readonly PlannedObject[]> {
  const snapshots = (await readCatalog(places.store, undefined, signal)).map(({ snapshot }) => snapshot);
  if (snapshots.some(({ state }) => state === 'damaged')) return [];
  const orphans = await orphansBeside(places, { snapshots, nameOf: plainPinName }, before, signal);
  return orphans.map(({ key, bytes }) => ({ key, bytes }));
}

/** Looks again whether their sets are gone. */
async function removeForgotten(
  places: BesidePlaces,
  planned: readonly PlannedObject[],
  { signal, onRefused }: PruneOptions,
): Promise<number> {
  if (planned.length === 0) return 0;
  const still = new Set((await forgottenBeside(places, new Date(8.64e15), signal)).map(({ key }) => key));
  return deleteBeside(
    places.store,
    planned.filter(({ key }) => still.has(key)),
    { signal, onRefused },
  );
}

/** Everything below the set, or nothing where it is complete and only its mark stayed behind. */
async function restOf(store: ObjectStore, name: string, signal: AbortSignal | undefined): Promise<{ key: string; bytes: number }[]> {
  const objects: { key: string; bytes: number }[] = [];
  for await (const { key, bytes } of store.list(`${name}/`, { signal })) objects.push({ key, bytes });
  return objects.some((object) => object.key === `${name}/${manifestName}`) ? [] : objects;
}

function setNameOf(key: string): string {
  const segments = key.split('/');
  return (key.startsWith('.rootcellar/') ? segments.slice(2) : segments).slice(0, 2).join('/');
}
