import type { Archive } from '../archive/archive.ts';
import { underLease, type Leases } from '../archive/lease.ts';
import { findSnapshot, shortId } from '../domain/find-snapshot.ts';
import { pinnedFailure } from '../domain/pin.ts';
import { decideRetention, isEmptyRule, type RetentionDecision, type RetentionRule } from '../domain/retention.ts';
import { newestFirst, type Snapshot } from '../domain/snapshot.ts';
import { Failure, isFailure, wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

export interface ForgetRequest {
  readonly rule: RetentionRule;
  /** Instead of a rule: just these, each by ID or prefix. */
  readonly ids: readonly string[];
}

/**
 * Decides what to forget; nothing is changed. The newest good snapshot of each server is never among it, nor by a rule so many as its floor.
 *
 * @throws Failure E_USAGE for a rule that keeps nothing, E_FORGET_REFUSED for the ID of the newest good snapshot, E_SNAPSHOT_PINNED for that of a pinned one
 */
export function planForget(snapshots: readonly Snapshot[], { rule, ids }: ForgetRequest): RetentionDecision {
  if (ids.length > 0) return planByIds(snapshots, ids);
  if (isEmptyRule(rule)) {
    throw wrongUsage(
      'Cannot forget by an empty rule: it would say nothing of what to keep',
      'give at least one of --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, --keep-within, or the IDs of snapshots',
    );
  }
  return decideRetention(snapshots, rule);
}

function planByIds(snapshots: readonly Snapshot[], ids: readonly string[]): RetentionDecision {
  const forget = [...new Set(ids.map((id) => findSnapshot(snapshots, id)))];
  for (const server of new Set(forget.map((snapshot) => snapshot.server))) {
    const newest = snapshots.filter((one) => one.server === server && one.state === 'complete').toSorted(newestFirst)[0];
    if (newest === undefined || !forget.includes(newest)) continue;
    throw new Failure('E_FORGET_REFUSED', `Cannot forget ${shortId(newest.id)}: it is the newest good snapshot of server "${server}"`, {
      hint: 'make a newer backup first',
    });
  }
  for (const snapshot of forget) if (snapshot.pinned !== undefined) throw pinnedFailure(snapshot, snapshot.pinned);
  const keep = snapshots.filter((snapshot) => !forget.includes(snapshot));
  return { keep: keep.map((snapshot) => ({ snapshot, reasons: ['not named'] })), forget };
}

/**
 * Drops what was planned, under the lease of each server in turn. Resolves to what was dropped: by a rule, what was pinned meanwhile stays and is told.
 *
 * @throws Failure E_BUSY when a run of one of the servers is under way, E_SNAPSHOT_PINNED where `isNamed` and one was pinned meanwhile; what was dropped before
 * stays dropped
 */
export async function forget(
  archive: Archive,
  leases: Leases,
  snapshots: readonly Snapshot[],
  { isNamed = false, ...options }: OperationContext & { readonly isNamed?: boolean } = {},
): Promise<readonly Snapshot[]> {
  const forgotten: Snapshot[] = [];
  const step = 'forget';
  let done = 0;
  options.report?.({ kind: 'begin', step, total: snapshots.length, unit: 'objects' });
  for (const [server, ofServer] of Map.groupBy(snapshots, (snapshot) => snapshot.server)) {
    await underLease(leases, server, options, async (_lease, held) => {
      for (const snapshot of ofServer) {
        if (await drop(archive, snapshot, held, isNamed)) forgotten.push(snapshot);
        done += 1;
        options.report?.({ kind: 'advance', step, done });
      }
    });
  }
  options.report?.({ kind: 'end', step });
  return forgotten;
}

/** Resolves to false for one that was pinned since it was listed. */
async function drop(archive: Archive, snapshot: Snapshot, options: OperationContext, isNamed: boolean): Promise<boolean> {
  try {
    await archive.forget([snapshot], options);
    return true;
  } catch (error) {
    if (isNamed || !isFailure(error, 'E_SNAPSHOT_PINNED')) throw error;
    options.report?.({ kind: 'note', level: 'warning', text: `${error.message}; it stays` });
    return false;
  }
}
