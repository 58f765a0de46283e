import { underLease, type Lease, type Leases } from '../archive/lease.ts';
import type { RunRecord } from '../domain/run-record.ts';
import { isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RunEntry } from './active-runs.ts';
import type { CommandResult } from './command-runner.ts';
import { keepRecord, recordOf, runFailureOf, type AgentScope } from './run-records.ts';
import { failureOf, outcomeOf, type StopReason } from './run-outcome.ts';

export interface ExecutedRun {
  readonly record: RunRecord;
  readonly result: CommandResult;
  readonly stopped: StopReason | undefined;
}

/**
 * Runs the command under the job's lease, to its end or until the run is stopped, the lease is lost or nobody knows any more whether it is held. Keeps a record
 * of it in the history, which need not be durable when this resolves: where the archive does not answer it is saved later.
 *
 * `isTriedAgain` decides, when the end is known, whether another attempt follows.
 */
export async function executeRun(
  entry: RunEntry,
  lease: Lease,
  scope: AgentScope,
  isTriedAgain: (result: CommandResult, stopped: StopReason | undefined) => boolean = () => false,
): Promise<ExecutedRun> {
  const {
    parts: { clock, runner, log },
    active,
  } = scope;
  const { planned } = entry;
  const loseRun = (): void => void active.stop(entry.id, 'lease-lost');
  lease.signal.addEventListener('abort', loseRun, { once: true });
  active.begin(entry);
  const beganAt = entry.beganAt() ?? clock.now().toISOString();
  log.info({ run: entry.id, job: planned.job, trigger: planned.trigger, attempt: planned.attempt }, 'run begins');
  const result = await runner
    .run(planned.words, {
      signal: entry.signal,
      by: planned.by,
      heldFor: () => lease.heldUntil.getTime() - clock.now().getTime(),
      onProgress: (event) => active.progress(entry, event),
    })
    .catch(notRun);
  lease.signal.removeEventListener('abort', loseRun);
  const stopped = entry.stopped() ?? (lease.heldUntil.getTime() <= clock.now().getTime() ? 'lease-lost' : undefined);
  const record = recordOf(entry, scope, {
    beganAt,
    endedAt: clock.now().toISOString(),
    outcome: outcomeOf(result, stopped),
    exitCode: result.exitCode,
    failure: failureOf(result, stopped),
    isTriedAgain: isTriedAgain(result, stopped),
    result: result.result,
    log: result.log,
  });
  await keepRecord(record, entry, scope);
  return { record, result, stopped };
}

/** A run that could not be begun ends as a failure like any other. */
function notRun(error: unknown): CommandResult {
  return { exitCode: undefined, killedBy: undefined, result: undefined, failure: runFailureOf(error), log: [] };
}

/** Does `work` under a lease, and resolves to true; to false where another one has it, without waiting. */
export async function underFreeLease(
  leases: Leases,
  name: string,
  options: OperationContext,
  work: (lease: Lease) => Promise<unknown>,
): Promise<boolean> {
  try {
    await underLease(leases, name, options, work);
    return true;
  } catch (error) {
    if (isFailure(error, 'E_BUSY')) return false;
    throw error;
  }
}
