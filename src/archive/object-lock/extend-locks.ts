import type { Clock } from '../../foundation/clock.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectRetention, ObjectStore } from '../../object-stores/object-store.ts';
import type { LockExtension } from '../archive-locks.ts';
import { decodeLedger, encodeLedger } from './lock-ledger.ts';
import type { LockedContents } from './locked-contents.ts';
import { lockMilliseconds, type ObjectLockRule } from './object-lock-rule.ts';
import { planExtension } from './plan-extension.ts';

export interface ObjectLockSettings extends ObjectLockRule {
  /** What this process has locked by writing it: until when, by key. */
  readonly written: ReadonlyMap<string, Date>;
}

interface ExtensionTools {
  readonly store: ObjectStore;
  readonly contents: LockedContents;
  readonly rule: ObjectLockSettings;
  readonly clock: Clock;
}

const requestsAtOnce = 16;

/**
 * Extends the lock of every live object that ends before the rule asks, and remembers until when. What is gone meanwhile needs none. When it
 * fails, what was done is remembered all the same, and the next run goes on.
 */
export async function extendLocks(
  { store, contents, rule, clock }: ExtensionTools,
  { signal, report }: OperationContext,
): Promise<LockExtension> {
  const remembered = decodeLedger(rule.mode, await contents.readLedger(signal));
  const objects = await contents.live(signal);
  const now = clock.now();
  const until = new Date(now.getTime() + lockMilliseconds(rule));
  const known = new Map([...remembered, ...rule.written]);
  const due = planExtension(objects, known, rule, now);
  const step = 'lock';
  let done = 0;
  if (due.length > 0) report?.({ kind: 'begin', step, total: due.length, unit: 'objects' });
  try {
    await mapConcurrently(
      due,
      requestsAtOnce,
      async (key, _index, inner) => {
        const held = await extendIfThere(store, key, { mode: rule.mode, until }, inner);
        if (held !== undefined) known.set(key, held);
        done += 1;
        report?.({ kind: 'advance', step, done });
      },
      signal,
    );
  } finally {
    const live = new Set(objects);
    const kept = new Map([...known].filter(([key]) => live.has(key)));
    if (!isSame(kept, remembered)) await remember(contents, encodeLedger(rule.mode, kept));
  }
  if (due.length > 0) report?.({ kind: 'end', step });
  return { objects: objects.length, extended: due.length };
}

async function extendIfThere(
  store: ObjectStore,
  key: string,
  retention: ObjectRetention,
  signal: AbortSignal | undefined,
): Promise<Date | undefined> {
  try {
    return (await store.objectLock.extend(key, retention, { signal })).until;
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
    throw error;
  }
}

/** Also after a failure or an abort. Not remembering costs requests the next time, and nothing else. */
async function remember(contents: LockedContents, ledger: Uint8Array): Promise<void> {
  await contents.writeLedger(ledger).catch((error: unknown) => {
    if (!isFailure(error)) throw error;
  });
}

function isSame(a: ReadonlyMap<string, Date>, b: ReadonlyMap<string, Date>): boolean {
  return a.size === b.size && [...a].every(([key, until]) => b.get(key)?.getTime() === Math.floor(until.getTime() / 1000) * 1000);
}
