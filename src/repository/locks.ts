import type { Clock } from '../foundation/clock.ts';
import { isFailure } from '../foundation/failure.ts';
import type { ReportProgress } from '../foundation/progress.ts';
import type { Documents } from './documents.ts';
import { HeldLock, type Lock } from './locks/held-lock.ts';
import type { LockOwner } from './locks/lock-owner.ts';

export type { Lock, LockOwner };

export interface LockContext {
  readonly owner: LockOwner;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly report?: ReportProgress | undefined;
}

/**
 * Runs `work` under a lock that restic respects: with an exclusive one nobody else has any lock, with others only an exclusive one stands in the way.
 * It is refreshed meanwhile, and removed in the end.
 *
 * Work under an exclusive lock stops by its signal and asks {@link Lock.assertHeld} before what cannot be undone.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11), which says who holds it; E_LOCK_LOST (11) when work failed because the lock was lost
 */
export async function underLock<Result>(
  documents: Documents,
  isExclusive: boolean,
  context: LockContext,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  const lock = await HeldLock.take(isExclusive, { documents, ...context });
  try {
    return await work(lock);
  } catch (error) {
    if (isExclusive) await throwIfLost(lock, error);
    throw error;
  } finally {
    await lock.release();
  }
}

/** What work says of its abort is less than why it was aborted; and what it misses may have been removed by who took the lock while it stood still. */
async function throwIfLost(lock: Lock, error: unknown): Promise<void> {
  // Not where the store cannot be asked.
  if (isFailure(error) && error.retry === 'never') await lock.isHeld().catch(() => undefined);
  lock.signal.throwIfAborted();
}
