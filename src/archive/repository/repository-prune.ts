import type { Clock } from '../../foundation/clock.ts';
import type { ObjectStore, UnfinishedWrite } from '../../object-stores/object-store.ts';
import type { Repository } from '../../repository/repository.ts';
import type { PruneOptions, PrunePlan } from '../archive.ts';
import { isBeside, orphansBeside } from '../beside-snapshots.ts';
import type { StoredPins } from '../stored-pins.ts';
import { deleteBeside } from '../stored-reports.ts';

interface PruneTools {
  readonly repository: Repository;
  readonly store: ObjectStore;
  readonly pins: StoredPins;
}

interface PlanTools extends PruneTools {
  readonly clock: Clock;
  readonly graceMilliseconds: number;
}

type PlannedObject = PrunePlan['objects'][number];

/** Packs that no snapshot needs, what lies beside snapshots that are gone, writes that were never ended: each once it is old enough. */
export async function planPrune(
  { repository, store, pins, clock, graceMilliseconds }: PlanTools,
  signal?: AbortSignal,
): Promise<PrunePlan> {
  const oldest = new Date(clock.now().getTime() - graceMilliseconds);
  const { removable, unneeded, wasteful, waiting } = await repository.planPrune(signal);
  const unfinishedWrites: UnfinishedWrite[] = [];
  let young = 0;
  for await (const write of store.listUnfinished({ signal })) {
    if (write.beganAt <= oldest) unfinishedWrites.push(write);
    else young += 1;
  }
  const objects = [
    ...removable.map(({ id, bytes }) => ({ key: `data/${id.slice(0, 2)}/${id}`, bytes })),
    ...(await forgottenBeside({ repository, store, pins }, oldest, signal)),
  ];
  return {
    unfinishedWrites,
    objects,
    bytes: objects.reduce((sum, object) => sum + object.bytes, 0),
    waiting: waiting.length + unneeded.length + wasteful.length + young,
  };
}

/** Removes what was planned, after looking again at each. */
export async function executePrune(tools: PruneTools, plan: PrunePlan, options: PruneOptions): Promise<number> {
  const { signal, report, onRefused = () => undefined } = options;
  const step = 'prune';
  let done = 0;
  report?.({ kind: 'begin', step, total: plan.objects.length, unit: 'objects' });
  await tools.store.discardUnfinished(plan.unfinishedWrites, { signal });
  const packs = plan.objects.filter(({ key }) => !isBeside(key));
  const allowed = new Set(packs.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)));
  const onRemoved = (objects: number): void => {
    done += objects;
    report?.({ kind: 'advance', step, done });
  };
  const given = await tools.repository.prune(allowed, { onRemoved, onRefused, signal });
  const beside = plan.objects.filter(({ key }) => isBeside(key));
  const ofBeside = beside.length === 0 ? 0 : await removeForgotten(tools, beside, options);
  report?.({ kind: 'end', step });
  return given + ofBeside;
}

async function forgottenBeside(
  { repository, ...places }: PruneTools,
  before: Date,
  signal?: AbortSignal,
): Promise<readonly PlannedObject[]> {
  const snapshots = (await repository.listSnapshots(signal)).map(({ id }) => ({ id, server: '', backupId: '' }));
  const orphans = await orphansBeside(places, { snapshots, nameOf: ({ id }) => id }, before, signal);
  return orphans.map(({ key, bytes }) => ({ key, bytes }));
}

async function removeForgotten(tools: PruneTools, planned: readonly PlannedObject[], options: PruneOptions): Promise<number> {
  const still = new Set((await forgottenBeside(tools, new Date(8.64e15), options.signal)).map(({ key }) => key));
  return deleteBeside(
    tools.store,
    planned.filter(({ key }) => still.has(key)),
    options,
  );
}
