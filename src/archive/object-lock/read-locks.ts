import type { Snapshot } from '../../domain/snapshot.ts';
import type { Clock } from '../../foundation/clock.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectRetention, ObjectStore } from '../../object-stores/object-store.ts';
import type { HiddenObject, LockReport, SnapshotLock } from '../archive-locks.ts';
import type { LockedContents } from './locked-contents.ts';
import { type ObjectLockRule, requiredUntil } from './object-lock-rule.ts';
import { planSweep } from './sweep.ts';

/** `missing`: there is no such object, which is damage and told as such. */
type Held = ObjectRetention | 'free' | 'missing';

interface ReadingTools {
  readonly store: ObjectStore;
  readonly contents: LockedContents;
  readonly rule: ObjectLockRule | undefined;
  readonly clock: Clock;
  readonly graceMilliseconds: number;
}

const requestsAtOnce = 16;

/**
 * Asks the store, object by object, until when each snapshot is locked: the least over all that it needs. With a rule it must be as long as the
 * last run should have made it, of old snapshots too. Undefined where there is neither a rule nor a default of the bucket's.
 */
export async function readLocks(
  tools: ReadingTools,
  snapshots: readonly Snapshot[],
  { signal, report }: OperationContext,
): Promise<LockReport | undefined> {
  const { store, contents, rule, clock } = tools;
  if (rule === undefined && !(await locksByDefault(store, signal))) return undefined;
  const needed = await contents.neededBy(snapshots, signal);
  const keys = [...new Set([...needed.values()].flat())];
  const step = 'locks';
  let done = 0;
  report?.({ kind: 'begin', step, total: keys.length, unit: 'objects' });
  const held = await mapConcurrently(
    keys,
    requestsAtOnce,
    async (key, _index, inner) => {
      const found = await retentionOf(store, key, inner);
      done += 1;
      report?.({ kind: 'advance', step, done });
      return [key, found] as const;
    },
    signal,
  );
  report?.({ kind: 'end', step });
  const newest = await contents.newest(signal);
  const required = rule && newest && requiredUntil(rule, earlier(newest, clock.now()));
  const byKey = new Map(held);
  const locks = snapshots.map(({ id }) => [id, lockOf(needed.get(id) ?? [], byKey, required)] as const);
  return { required, locks: new Map(locks), suspicions: rule && (await suspicionsOf(tools, { signal })) };
}

async function suspicionsOf(tools: ReadingTools, options: OperationContext): Promise<readonly HiddenObject[] | undefined> {
  try {
    return (await planSweep(tools, options)).suspicions;
  } catch (error) {
    if (isFailure(error, 'E_ACCESS_DENIED')) return undefined;
    throw error;
  }
}

/** A bucket that may not be asked, or cannot lock, locks nothing that we know of. */
async function locksByDefault(store: ObjectStore, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const ability = await store.objectLock.ability({ signal });
    return ability.isEnabled && ability.byDefault !== undefined;
  } catch (error) {
    if (isFailure(error, 'E_ACCESS_DENIED')) return false;
    throw error;
  }
}

async function retentionOf(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<Held> {
  try {
    return (await store.objectLock.retentionOf(key, { signal })) ?? 'free';
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return 'missing';
    throw error;
  }
}

function lockOf(keys: readonly string[], held: ReadonlyMap<string, Held>, required: Date | undefined): SnapshotLock {
  let weakest: { readonly key: string; readonly retention: ObjectRetention | undefined } | undefined;
  for (const key of keys) {
    const found = held.get(key);
    if (found === undefined || found === 'missing') continue;
    const retention = found === 'free' ? undefined : found;
    if (weakest === undefined || endOf(retention) < endOf(weakest.retention)) weakest = { key, retention };
  }
  const { until, mode } = weakest?.retention ?? {};
  return { until, mode, weakest: weakest?.key, isKept: required === undefined || (until !== undefined && until >= required) };
}

function endOf(retention: ObjectRetention | undefined): number {
  return retention?.until.getTime() ?? 0;
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b;
}
