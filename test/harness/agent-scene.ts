import { Agent } from '../../src/agent/agent.ts';
import type { AgentSettings, Fitness } from '../../src/agent/agent-parts.ts';
import { StoredLeases } from '../../src/archive/lease.ts';
import { StoredRuns } from '../../src/archive/stored-runs.ts';
import { StoredSlots } from '../../src/archive/stored-slots.ts';
import { jobs, type Job, type RunRecord } from '../../src/domain/run-record.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { parseSchedule } from '../../src/schedule/schedule.ts';
import type { FakeClock } from './fake-clock.ts';
import { ScriptedRunner } from './scripted-runner.ts';

export const silentLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const minute = 60_000;

export interface SceneOptions {
  readonly store: ObjectStore;
  readonly clock: FakeClock;
  readonly name: string;
  readonly schedules?: Partial<Record<Job, string>>;
  readonly settings?: Partial<AgentSettings>;
  readonly assess?: () => Promise<Fitness>;
}

export interface AgentScene {
  readonly agent: Agent;
  readonly runner: ScriptedRunner;
  readonly history: StoredRuns;
  readonly slots: StoredSlots;
  /** Ends it as a SIGTERM does; resolves once it has ended. */
  readonly stop: () => Promise<void>;
  /** Takes nothing more, and waits for what runs as long as that takes. */
  readonly leave: () => Promise<void>;
  readonly ended: Promise<void>;
}

/** An agent on a store of its group, by a clock that a test moves; only the processes of its runs are scripted. */
export function startAgent({ store, clock, name, schedules = { backup: '0 */6 * * *' }, settings, assess }: SceneOptions): AgentScene {
  const runner = new ScriptedRunner(clock);
  const history = new StoredRuns(store, 'directory');
  const slots = new StoredSlots(store, 'directory');
  const holder = { host: name, processId: 1, space: name, processBegan: '1', container: '', work: 'agent' };
  const leases = new StoredLeases(store, { clock, seconds: 20, holder, isAlive: () => undefined });
  const agent = new Agent(
    {
      name,
      group: 'directory',
      timeZone: 'UTC',
      jobs: jobs.map((job) => ({
        job,
        words: [job],
        schedule: schedules[job] === undefined ? undefined : parseSchedule(schedules[job], 'UTC'),
      })),
      jitterMilliseconds: 1,
      catchUp: true,
      attempts: 3,
      retryPauseMilliseconds: minute,
      biddingMilliseconds: 5000,
      leaseMilliseconds: 20_000,
      stopGraceMilliseconds: 4 * minute,
      ...settings,
    },
    {
      clock,
      random: Math.random,
      leases,
      history,
      slots,
      runner,
      assess: assess ?? (async () => ({ rank: [0], reasons: [] })),
      log: silentLog,
    },
  );
  const leave = new AbortController();
  const end = new AbortController();
  const ended = agent.work(AbortSignal.any([leave.signal, end.signal]), end.signal);
  return {
    agent,
    runner,
    history,
    slots,
    stop: () => {
      end.abort();
      return ended;
    },
    leave: () => {
      leave.abort();
      return ended;
    },
    ended,
  };
}

/** All records of the group, the oldest first. */
export async function allRuns({ history }: Pick<AgentScene, 'history'>): Promise<readonly RunRecord[]> {
  const records: RunRecord[] = [];
  for (const run of (await history.list()).toReversed()) {
    const record = await history.read(run);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** `2026-11-26T06:00 backup success 1` */
export function shortRun({ slot, job, outcome, attempt, agent }: RunRecord): string {
  return `${slot?.slice(0, 16) ?? 'asked for'} ${job} ${outcome} ${attempt} ${agent}`;
}
