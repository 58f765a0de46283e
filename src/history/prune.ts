import type { Archive, PrunePlan } from '../archive/archive.ts';
import type { LockExtension, SweepPlan, SweepReport } from '../archive/archive-locks.ts';
import { isFailure, type Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

export interface PruneReport {
  readonly plan: PrunePlan;
  /** Whether it was done, or only planned. */
  readonly isDone: boolean;
  /** Of the objects that were removed; where locks are set they are only hidden by it. */
  readonly removedBytes: number;
  /** Each thing that the store did not let go; a later prune tries again. */
  readonly refusals: readonly Failure[];
  /** Of versions that only take space; undefined where no rule asks for locks, or where the account may not list versions. */
  readonly sweepPlan: SweepPlan | undefined;
  readonly swept: SweepReport | undefined;
  /** Why versions were not looked at. */
  readonly sweepRefusal: Failure | undefined;
  readonly locks: LockExtension | undefined;
  readonly lockFailure: Failure | undefined;
}

/**
 * Gives back what no snapshot needs: objects, then the versions that stayed of what was removed earlier. What the store does not let go is told
 * and left. At the end the locks of what stays are extended, so that they hold where no backup runs.
 */
export async function prune(archive: Archive, isDone: boolean, options: OperationContext): Promise<PruneReport> {
  const plan = await archive.planPrune(options);
  const refusals: Failure[] = [];
  const removedBytes = isDone ? await archive.prune(plan, { ...options, onRefused: (refusal) => refusals.push(refusal) }) : 0;
  const rest = await sweepVersions(archive, isDone, options);
  return { plan, isDone, removedBytes, refusals, ...rest, ...(isDone ? await extendLocks(archive, options) : notExtended) };
}

const notExtended = { locks: undefined, lockFailure: undefined };

/** What was given back must be told whatever becomes of this. */
async function extendLocks(archive: Archive, options: OperationContext): Promise<Pick<PruneReport, 'locks' | 'lockFailure'>> {
  try {
    return { ...notExtended, locks: await (await archive.objectLocks(options)).extend(options) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isFailure(error)) throw error;
    return { ...notExtended, lockFailure: error };
  }
}

async function sweepVersions(
  archive: Archive,
  isDone: boolean,
  options: OperationContext,
): Promise<Pick<PruneReport, 'sweepPlan' | 'swept' | 'sweepRefusal'>> {
  const locks = await archive.objectLocks(options);
  try {
    const sweepPlan = await locks.planSweep(options);
    const swept = isDone && sweepPlan !== undefined ? await locks.sweep(sweepPlan, options) : undefined;
    return { sweepPlan, swept, sweepRefusal: undefined };
  } catch (error) {
    // A lifecycle rule of the bucket may do it in its place.
    if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    return { sweepPlan: undefined, swept: undefined, sweepRefusal: error };
  }
}
