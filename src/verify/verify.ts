import type { Archive, Damage, DataToRead } from '../archive/archive.ts';
import type { LockReport } from '../archive/archive-locks.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

export interface VerifyReport {
  readonly snapshots: readonly { readonly snapshot: Snapshot; readonly damages: readonly Damage[] }[];
  readonly damages: readonly Damage[];
  /** Whether every byte was read; otherwise only some were, or presence and size compared. */
  readonly isDataRead: boolean;
  /** Until when they are locked; undefined where nothing asks for locks, or where it could not be learned. */
  readonly locks: LockReport | undefined;
  /** Why it could not be learned. */
  readonly lockFailure: Failure | undefined;
}

/**
 * Checks the snapshots one after the other and reports all damage there is, then until when they are locked; finding something is no failure
 * of the check.
 */
export async function verify(
  archive: Archive,
  snapshots: readonly Snapshot[],
  read: DataToRead,
  options: OperationContext = {},
): Promise<VerifyReport> {
  const checked: { snapshot: Snapshot; damages: readonly Damage[] }[] = [];
  for (const snapshot of snapshots) {
    options.signal?.throwIfAborted();
    checked.push({ snapshot, damages: await archive.verify(snapshot, read, options) });
  }
  const damages = checked.flatMap((one) => one.damages);
  return { snapshots: checked, damages, isDataRead: read === true, ...(await readLocks(archive, snapshots, options)) };
}

/** What was found out about damage must be told whatever becomes of this. */
async function readLocks(
  archive: Archive,
  snapshots: readonly Snapshot[],
  options: OperationContext,
): Promise<Pick<VerifyReport, 'locks' | 'lockFailure'>> {
  try {
    return {
      locks: snapshots.length === 0 ? undefined : await (await archive.objectLocks(options)).read(snapshots, options),
      lockFailure: undefined,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { locks: undefined, lockFailure: error };
  }
}
