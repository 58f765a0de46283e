import { underLock } from '../locks.ts';
import type { RepositoryCore } from '../repository-core.ts';

/** What work under an exclusive lock goes by. */
export interface Held {
  /** Aborts also when the lock was lost. */
  readonly signal: AbortSignal;
  /** Asked before whatever others could miss. @throws Failure E_LOCK_LOST (exit code 11) */
  readonly assertHeld: () => Promise<void>;
  /** When it was taken, by the store's clock. */
  readonly takenAt: Date;
}

/** Does `work` while nobody else has any lock. @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
export function underExclusiveLock<Result>(
  { documents, options }: RepositoryCore,
  signal: AbortSignal | undefined,
  work: (held: Held) => Promise<Result>,
): Promise<Result> {
  const { owner, clock } = options;
  return underLock(documents, true, { owner, clock, signal }, (lock) =>
    work({
      signal: signal === undefined ? lock.signal : AbortSignal.any([signal, lock.signal]),
      assertHeld: () => lock.assertHeld(),
      takenAt: lock.takenAt,
    }),
  );
}
