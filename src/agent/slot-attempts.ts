import type { Slot } from '../archive/stored-slots.ts';
import type { Job } from '../domain/run-record.ts';
import type { AgentSettings } from './agent-parts.ts';
import type { ExecutedRun } from './execute-run.ts';

/** A slot whose runs end with the death of their agents is given up so many attempts after those that are allowed. */
const deathsAllowed = 2;

export interface BegunAttempt {
  /** To be written before it begins; `done` where it is given up. */
  readonly slot: Slot;
  /** The attempt before, whose agent ended without a word. */
  readonly dead: Slot | undefined;
}

/** The attempt that comes now for the slot of `time`. `known`: what lies in the archive of the job's newest slot, which may be an older one. */
export function beginAttempt(
  job: Job,
  time: string,
  known: Slot | undefined,
  { name, attempts }: Pick<AgentSettings, 'name' | 'attempts'>,
  now: Date,
): BegunAttempt {
  const same = known?.slot === time ? known : undefined;
  const dead = same?.state === 'running' ? same : undefined;
  const attempt = dead === undefined ? (same?.attempt ?? 1) : dead.attempt + 1;
  const failedOn = [...(same?.failedOn ?? []), ...(dead === undefined ? [] : [dead.agent])];
  const facts = { job, slot: time, attempt, agent: name, failedOn, beganAt: now.toISOString(), lastSuccessOn: known?.lastSuccessOn };
  const isGivenUp = attempt > attempts + deathsAllowed;
  return { slot: isGivenUp ? { ...facts, state: 'done', outcome: 'failure' } : { ...facts, state: 'running' }, dead };
}

/** The slot after its attempt. `again`: when the next one may begin, where there is to be one. */
export function slotAfter(running: Slot, { record, stopped }: ExecutedRun, again: Date | undefined, now: Date): Slot {
  const { agent } = running;
  // Whoever of the others is well goes on at once.
  if (stopped === 'agent-stopped' && record.outcome === 'canceled') return { ...running, state: 'waiting', notBefore: now.toISOString() };
  if (again !== undefined) {
    const failedOn = [...running.failedOn, agent];
    return { ...running, state: 'waiting', attempt: running.attempt + 1, failedOn, notBefore: again.toISOString() };
  }
  const lastSuccessOn = record.outcome === 'success' ? agent : running.lastSuccessOn;
  return { ...running, state: 'done', outcome: record.outcome, lastSuccessOn };
}
