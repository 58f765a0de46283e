import type { Lease } from '../archive/lease.ts';
import type { RunFailure, RunRecord } from '../domain/run-record.ts';
import { isFailure, messageOf } from '../foundation/failure.ts';
import type { ActiveRuns, RunEntry } from './active-runs.ts';
import type { AgentParts, AgentSettings } from './agent-parts.ts';
import type { CommandResult } from './command-runner.ts';
import type { KnownRuns } from './known-runs.ts';
import { failureOf, outcomeOf, type StopReason } from './run-outcome.ts';

/** What an agent's loops have in common. */
export interface AgentScope {
  readonly settings: AgentSettings;
  readonly parts: AgentParts;
  readonly active: ActiveRuns;
  readonly known: KnownRuns;
}

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
  { settings, parts: { clock, runner, log }, active, known }: AgentScope,
  isTriedAgain: (result: CommandResult, stopped: StopReason | undefined) => boolean = () => false,
): Promise<ExecutedRun> {
  const { planned } = entry;
  const loseRun = (): void => void active.stop(entry.id, 'lease-lost');
  lease.signal.addEventListener('abort', loseRun, { once: true });
  active.begin(entry);
  const beganAt = entry.beganAt() ?? clock.now().toISOString();
  log.info({ run: entry.id, job: planned.job, trigger: planned.trigger, attempt: planned.attempt }, 'run begins');
  const result = await runner
    .run(planned.words, {
      signal: entry.signal,
      heldFor: () => lease.heldUntil.getTime() - clock.now().getTime(),
      onProgress: (event) => active.progress(entry, event),
    })
    .catch(notRun);
  lease.signal.removeEventListener('abort', loseRun);
  const stopped = entry.stopped() ?? (lease.heldUntil.getTime() <= clock.now().getTime() ? 'lease-lost' : undefined);
  const record: RunRecord = {
    id: entry.id,
    group: settings.group,
    job: planned.job,
    words: planned.words,
    agent: settings.name,
    trigger: planned.trigger,
    by: planned.by,
    slot: planned.slot,
    attempt: planned.attempt,
    beganAt,
    endedAt: clock.now().toISOString(),
    outcome: outcomeOf(result, stopped),
    exitCode: result.exitCode,
    failure: failureOf(result, stopped),
    isTriedAgain: isTriedAgain(result, stopped),
    result: result.result,
    log: result.log,
  };
  await keep(record, entry, { active, known, log });
  return { record, result, stopped };
}

/** Records a run that never began: it was canceled in the queue, its slot was passed over, or the right to run could not be asked for. */
export async function recordNotBegun(
  entry: RunEntry,
  outcome: 'canceled' | 'skipped' | 'failure',
  failure: RunFailure,
  { settings, parts: { clock, log }, active, known }: AgentScope,
): Promise<void> {
  const { planned, id } = entry;
  const now = clock.now().toISOString();
  const { job, words, trigger, by, slot, attempt } = planned;
  const facts = { id, group: settings.group, agent: settings.name, beganAt: now, endedAt: now, isTriedAgain: false, log: [] };
  await keep({ ...facts, job, words, trigger, by, slot, attempt, outcome, failure }, entry, { active, known, log });
}

async function keep(
  record: RunRecord,
  entry: RunEntry,
  { active, known, log }: Pick<AgentScope, 'active' | 'known'> & Pick<AgentParts, 'log'>,
): Promise<void> {
  const { id, job, outcome, failure } = record;
  if (outcome === 'success') log.info({ run: id, job }, 'run succeeded');
  else log.warn({ run: id, job, outcome, failure }, 'run did not succeed');
  try {
    await known.add(record);
  } catch (error) {
    log.warn({ err: error, run: id }, 'the record of a run cannot be saved now');
  }
  active.end(entry, record);
}

/** A run that could not be begun ends as a failure like any other. */
function notRun(error: unknown): CommandResult {
  return { exitCode: undefined, killedBy: undefined, result: undefined, failure: runFailureOf(error), log: [] };
}

/** A failure as the history keeps it. */
export function runFailureOf(error: unknown): RunFailure {
  return isFailure(error)
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: 'E_RUN_NOT_STARTED', message: `Cannot start a run: ${messageOf(error)}` };
}
