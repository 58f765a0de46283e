import type { CopyPlan } from '../archive/snapshot-copier.ts';
import { newestFirst, type Snapshot } from '../domain/snapshot.ts';

/**
 * Decides which snapshots a target lacks that stores them in another way: there a set is known by its server and backup ID. What is damaged is not copied; a
 * damaged set of the same name in the target counts as there, as nothing archived is ever overwritten.
 */
export function planByName(snapshots: readonly Snapshot[], there: readonly Snapshot[]): CopyPlan {
  const names = new Set(there.map(nameOf));
  const whole = snapshots.filter(({ state }) => state !== 'damaged');
  const missing = whole.filter((snapshot) => !names.has(nameOf(snapshot))).toSorted((a, b) => newestFirst(b, a));
  return {
    missing: missing.map((snapshot) => ({ snapshot, bytes: snapshot.bytes })),
    present: whole.filter((snapshot) => names.has(nameOf(snapshot))),
    damaged: snapshots.filter(({ state }) => state === 'damaged').map((snapshot) => ({ snapshot, finding: snapshot.remarks.join('; ') })),
  };
}

function nameOf({ server, backupId }: Snapshot): string {
  return `${server}/${backupId}`;
}
