import type { Slot } from '../archive/stored-slots.ts';
import type { RunFailure, RunRecord } from '../domain/run-record.ts';
import { isFailure, messageOf } from '../foundation/failure.ts';
import type { ActiveRuns, RunEntry } from './active-runs.ts';
import type { AgentParts, AgentSettings } from './agent-parts.ts';
import type { KnownRuns } from './known-runs.ts';

/** What an agent's loops have in common. */
export interface AgentScope {
  readonly settings: AgentSettings;
  readonly parts: AgentParts;
  readonly active: ActiveRuns;
  readonly known: KnownRuns;
}

type RunEnd = Pick<RunRecord, 'beganAt' | 'endedAt' | 'outcome'> & Partial<RunRecord>;

/** The record of a run: what was planned, with how it ended. */
export function recordOf({ id, planned }: RunEntry, { settings: { group, name } }: AgentScope, end: RunEnd): RunRecord {
  const { job, words, trigger, by, slot, attempt } = planned;
  return { id, group, job, words, agent: name, trigger, by, slot, attempt, isTriedAgain: false, log: [], ...end };
}

/**
 * Keeps the record of an own run in the history and tells that it has ended. It need not be durable when this resolves: where the archive does not answer it is
 * saved later.
 */
export async function keepRecord(record: RunRecord, entry: RunEntry, scope: AgentScope): Promise<void> {
  const { log } = scope.parts;
  const { id, job, outcome, failure } = record;
  if (outcome === 'success') log.info({ run: id, job }, 'run succeeded');
  else log.warn({ run: id, job, outcome, failure }, 'run did not succeed');
  await saveRecord(record, entry, scope);
}

/** Records a run that never began: it was canceled in the queue, its slot was passed over, or the right to run could not be asked for. */
export async function recordNotBegun(
  entry: RunEntry,
  outcome: 'canceled' | 'skipped' | 'failure',
  failure: RunFailure,
  scope: AgentScope,
): Promise<void> {
  const now = scope.parts.clock.now().toISOString();
  await keepRecord(recordOf(entry, scope, { beganAt: now, endedAt: now, outcome, failure }), entry, scope);
}

/** The attempt of an agent that ended without a word is a failure like any other; the history shall not keep silent about it. */
export async function recordDeath(
  { job, slot, attempt, agent, beganAt }: Slot,
  words: readonly string[],
  isTriedAgain: boolean,
  scope: AgentScope,
): Promise<void> {
  const entry = scope.active.add({ job, words, trigger: 'schedule', slot, attempt });
  const message = `The run of agent "${agent}" did not come to its end: the agent was killed, cut off or frozen`;
  const failure = { code: 'E_AGENT_GONE', message, hint: 'look at the log and the events of its pod' };
  const endedAt = scope.parts.clock.now().toISOString();
  const record = recordOf(entry, scope, { agent, beganAt, endedAt, outcome: 'failure', failure, isTriedAgain });
  await saveRecord(record, entry, scope);
}

async function saveRecord(record: RunRecord, entry: RunEntry, { parts: { log }, active, known }: AgentScope): Promise<void> {
  try {
    await known.add(record);
  } catch (error) {
    log.warn({ err: error, run: record.id }, 'the record of a run cannot be saved now');
  }
  active.end(entry, record);
}

/** A failure as the history keeps it. */
export function runFailureOf(error: unknown): RunFailure {
  return isFailure(error)
    ? { code: error.code, message: error.message, hint: error.hint }
    : { code: 'E_RUN_NOT_STARTED', message: `Cannot start a run: ${messageOf(error)}` };
}
