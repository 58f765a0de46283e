import type { Archive } from '../archive/archive.ts';
import { decideRetention, isEmptyRule, type RetentionRule } from '../domain/retention.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

/**
 * Drops what the rule no longer keeps of one server; what somebody has pinned meanwhile stays. A failure is returned rather than thrown, as the backup that came before it
 * is safe and must be said to be; an abort is thrown.
 */
export async function forgetByRule(
  archive: Archive,
  server: string,
  rule: RetentionRule,
  options: OperationContext,
): Promise<{ readonly forgotten: readonly Snapshot[]; readonly forgetFailure: Failure | undefined }> {
  if (isEmptyRule(rule)) return { forgotten: [], forgetFailure: undefined };
  const forgotten: Snapshot[] = [];
  try {
    for (const snapshot of decideRetention(await archive.list({ server }, options), rule).forget) {
      if (await drop(archive, snapshot, options)) forgotten.push(snapshot);
    }
    return { forgotten, forgetFailure: undefined };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { forgotten, forgetFailure: error };
  }
}

async function drop(archive: Archive, snapshot: Snapshot, options: OperationContext): Promise<boolean> {
  try {
    await archive.forget([snapshot], options);
    return true;
  } catch (error) {
    if (isFailure(error, 'E_SNAPSHOT_PINNED')) return false;
    throw error;
  }
}
