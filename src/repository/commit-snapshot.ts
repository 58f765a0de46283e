import { exitCodes, Failure } from '../foundation/failure.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import type { Lock } from './locks.ts';
import type { SnapshotFinding } from './verify-snapshot.ts';

export interface CommitTools {
  readonly documents: Documents;
  /** Held since before the index was read on which the snapshot was built. */
  readonly lock: Lock;
  readonly graceMilliseconds: number;
  /** What a reader who begins now would miss of the snapshot. */
  readonly findMissing: () => Promise<readonly SnapshotFinding[]>;
  /** The last word before the snapshot comes to be. */
  readonly assertHeld: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** A writer that has all but finished waits for who took its lock away, which is a prune at most. */
const patienceMilliseconds = 10 * 60_000;
const cleanUpMilliseconds = 10_000;

/**
 * Makes the snapshot of this document, once it is certain that everything it names is there and stays; resolves to its ID.
 *
 * As long as the lock is there nobody removed anything. One that was lost is taken anew, and from then on every blob of each snapshot is looked for. The
 * lock is asked for once more when the snapshot is there: from then on every prune sees it, and before that the process may have been frozen.
 */
export async function commitSnapshot(document: Uint8Array, tools: CommitTools): Promise<Id> {
  const { documents, lock, assertHeld, signal } = tools;
  // What was read before it was lost, at an earlier snapshot, may no longer be so.
  if (!(await lock.isHeld()) || lock.retakenAt !== undefined) await makeSure(tools);
  await assertHeld();
  const sealed = documents.seal(document);
  try {
    await documents.put('snapshots', sealed, signal);
    if (!(await lock.isHeld())) await makeSure(tools);
  } catch (error) {
    // The store may have it, though its answer was lost; nobody shall find what is reported as not made.
    await documents.remove('snapshots', [sealed.id], AbortSignal.timeout(cleanUpMilliseconds)).catch(() => undefined);
    throw error;
  }
  return sealed.id;
}

async function makeSure({ lock, graceMilliseconds, findMissing }: CommitTools): Promise<void> {
  const retakenAt = (await lock.isHeld()) && lock.retakenAt !== undefined ? lock.retakenAt : await lock.retake(patienceMilliseconds);
  // A prune that lost its lock in its turn may still have a removal under way, of packs that it found unneeded a grace period ago. Nobody who began since builds on those.
  if (retakenAt.getTime() - lock.takenAt.getTime() >= graceMilliseconds / 2) {
    throw cannotFinish(
      'E_LOCK_LOST',
      'its lock was lost, and it began so long ago that what it builds on may be about to go',
      exitCodes.busy,
    );
  }
  const [missing] = await findMissing();
  if (missing === undefined) return;
  throw cannotFinish('E_REPOSITORY_CHANGED', `its lock was lost, and now ${missing.path} ${missing.finding}`, exitCodes.failure);
}

function cannotFinish(code: `E_${string}`, state: string, exitCode: 1 | 11): Failure {
  return new Failure(code, `Cannot finish the snapshot: ${state}`, {
    exitCode,
    retry: 'later',
    hint: 'run it again; it will store anew what was removed',
  });
}
