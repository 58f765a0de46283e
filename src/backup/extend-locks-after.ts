import type { Archive } from '../archive/archive.ts';
import type { LockExtension } from '../archive/archive-locks.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

export interface Protection {
  /** Undefined where no rule asks for locks, or where it failed. */
  readonly locks: LockExtension | undefined;
  /** Why older objects that the snapshot shares may be locked for less long than they should. */
  readonly lockFailure: Failure | undefined;
}

/**
 * Extends the locks of what the archive holds after a set was archived. A failure is returned rather than thrown, as the set is safe and must
 * be said to be; an abort is thrown.
 */
export async function extendLocksAfter(archive: Archive, options: OperationContext): Promise<Protection> {
  try {
    return { locks: await (await archive.objectLocks(options)).extend(options), lockFailure: undefined };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { locks: undefined, lockFailure: error };
  }
}
