import { underLease, type Lease } from '../archive/lease.ts';
import { jobs, type Job, type RunRecord } from '../domain/run-record.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { exitCodes, Failure, isFailure, messageOf } from '../foundation/failure.ts';
import { longestPause } from '../schedule/schedule.ts';
import { ActiveRuns, type RunEntry } from './active-runs.ts';
import { jobLease, type AgentParts, type AgentSettings, type JobPlan } from './agent-parts.ts';
import type { ActiveRun, AgentEvent, AgentStatus, AgentView, JobStatus, RunRequest } from './agent-view.ts';
import { executeRun, underFreeLease } from './execute-run.ts';
import { KnownRuns } from './known-runs.ts';
import { mayEndBetter, retryPause } from './run-outcome.ts';
import { recordNotBegun, runFailureOf, type AgentScope } from './run-records.ts';
import { SlotFollower } from './slot-follower.ts';
import { Turn } from './turn.ts';

const mostQueued = 20;
const readsAtOnce = 8;
const millisecondsBetweenLooks = 60_000;

/**
 * Follows the schedules and runs what it is asked for, one run at a time. Of a job only one runs in the whole group, whoever asked for it: each run is under the
 * job's lease.
 */
export class Agent implements AgentView {
  readonly #settings: AgentSettings;
  readonly #parts: AgentParts;
  readonly #startedAt: Date;
  readonly #listeners = new Set<(event: AgentEvent) => void>();
  /** Aborts when nothing more is taken. */
  readonly #stopping = new AbortController();
  readonly #turn = new Turn();
  readonly #scope: AgentScope;
  readonly #followers: readonly SlotFollower[];
  readonly #troubles = new Map<string, string>();
  readonly #pauses = new Map<Job, number>();
  readonly #requests = new Set<Promise<void>>();
  #reloadFailure: string | undefined;

  constructor(settings: AgentSettings, parts: AgentParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    const active = new ActiveRuns({ ...parts, emit: (event) => this.#emit(event) });
    this.#scope = { settings, parts, active, known: new KnownRuns(parts.history) };
    this.#followers = settings.jobs.filter(isScheduled).map(
      (plan) =>
        new SlotFollower(plan, this.#scope, {
          turn: this.#turn,
          startedAt: this.#startedAt,
          signal: this.#stopping.signal,
          onTrouble: (message) => this.#setTrouble(plan.job, message),
        }),
    );
  }

  get name(): string {
    return this.#settings.name;
  }

  get group(): string {
    return this.#settings.group;
  }

  /**
   * Works until `leave` aborts, then takes nothing more and resolves when what runs has come to its end. Once `end` aborts too, that may take the grace period of the
   * settings; what still runs after it is undone. Never rejects.
   */
  async work(leave: AbortSignal, end: AbortSignal): Promise<void> {
    const works = [...this.#followers.map((follower) => follower.follow()), this.#watchOthers()];
    await aborted(leave);
    this.#stopping.abort(new Failure('E_AGENT_STOPPING', 'The agent is stopping', { exitCode: exitCodes.busy }));
    this.#scope.active.stopAll('queued', 'agent-stopped');
    const over = new AbortController();
    const undoing = this.#undoAfterGrace(end, over.signal);
    await Promise.all([...works, ...this.#requests]);
    over.abort();
    await undoing;
  }

  /**
   * One run without schedule or queue, tried again as the settings say; resolves to the record of the last attempt. `signal` undoes it.
   *
   * @throws Failure E_BUSY (exit code 11) while another agent of the group runs the job
   */
  async once(job: Job, signal: AbortSignal): Promise<RunRecord> {
    const { leases } = this.#parts;
    const { words } = this.#planOf(job);
    try {
      return await underLease(leases, jobLease(this.group, job), { signal }, (lease) => this.#tryOften(job, words, lease, signal));
    } catch (error) {
      if (!isFailure(error, 'E_BUSY')) throw error;
      throw new Failure('E_BUSY', `Cannot run ${job}: another agent of the group "${this.group}" is running it`, {
        exitCode: exitCodes.busy,
        hint: 'wait until it has ended; "rootcellar runs" tells how it went',
      });
    }
  }

  async #tryOften(job: Job, words: readonly string[], lease: Lease, signal: AbortSignal): Promise<RunRecord> {
    const { attempts, retryPauseMilliseconds } = this.#settings;
    for (let attempt = 1; ; attempt += 1) {
      const entry = this.#scope.active.add({ job, words, trigger: 'once', attempt });
      const stop = (): void => void this.#scope.active.stop(entry.id, 'agent-stopped');
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const { record } = await executeRun(
        entry,
        lease,
        this.#scope,
        (result, stopped) => stopped === undefined && attempt < attempts && mayEndBetter(result),
      );
      signal.removeEventListener('abort', stop);
      if (!record.isTriedAgain) return record;
      await this.#parts.clock.sleep(retryPause(attempt, retryPauseMilliseconds), signal);
    }
  }

  status(): AgentStatus {
    const [trouble] = this.#troubles.values();
    return {
      name: this.name,
      group: this.group,
      startedAt: this.#startedAt.toISOString(),
      state: this.#stopping.signal.aborted ? 'stopping' : 'running',
      trouble,
      jobs: jobs.map((job) => this.#jobStatus(job)),
      active: this.#scope.active.list(),
      reloadFailure: this.#reloadFailure,
    };
  }

  /** What is told of the configuration that was changed last. */
  reloaded(failure: Failure | undefined): void {
    this.#reloadFailure = failure?.message;
    this.#emit({ kind: 'reloaded', failure });
  }

  async runs({ job, limit = 50, signal }: Parameters<AgentView['runs']>[0] = {}): Promise<readonly RunRecord[]> {
    const { history } = this.#parts;
    const stored = (await history.list({ signal })).filter((run) => job === undefined || run.job === job).slice(0, limit);
    const records = await mapConcurrently(stored, readsAtOnce, (run, _, stop) => history.read(run, { signal: stop }), signal);
    return records.filter((record) => record !== undefined);
  }

  async find(id: string): Promise<ActiveRun | RunRecord | undefined> {
    const active = this.#scope.active.find(id);
    if (active !== undefined) return active;
    const stored = (await this.#parts.history.list()).find((run) => run.id === id);
    return stored && this.#parts.history.read(stored);
  }

  request({ job, words, by }: RunRequest): ActiveRun {
    if (this.#stopping.signal.aborted) {
      throw new Failure('E_AGENT_STOPPING', `Cannot run ${job}: agent "${this.name}" is stopping`, {
        exitCode: exitCodes.busy,
        hint: 'ask another agent of the group, or this one once it is back',
      });
    }
    if (this.#requests.size >= mostQueued) {
      throw new Failure('E_QUEUE_FULL', `Cannot run ${job}: ${mostQueued} runs wait at agent "${this.name}" already`, {
        exitCode: exitCodes.busy,
        hint: 'wait until some have ended, or cancel them',
      });
    }
    const entry = this.#scope.active.add({
      job,
      words: requestedWords(this.#planOf(job).words, words),
      trigger: 'request',
      by,
      attempt: 1,
    });
    const work = this.#runRequest(entry).finally(() => this.#requests.delete(work));
    this.#requests.add(work);
    return this.#scope.active.find(entry.id) as ActiveRun;
  }

  cancel(id: string): boolean {
    return this.#scope.active.stop(id, 'canceled');
  }

  onEvent(listener: (event: AgentEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: AgentEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #jobStatus(job: Job): JobStatus {
    const plan = this.#planOf(job);
    const follower = this.#followers.find((each) => each.job === job);
    const { known } = this.#scope;
    const slot = follower?.known;
    return {
      job,
      schedule: plan.schedule?.expression,
      timeZone: this.#settings.timeZone,
      nextAt: follower?.nextAt?.toISOString(),
      expectedIntervalSeconds: this.#expectedInterval(plan),
      isLeader: follower?.isLeader ?? false,
      leader: slot?.state === 'running' ? slot.agent : undefined,
      last: known.last(job),
      lastSuccess: known.lastSuccess(job),
    };
  }

  #planOf(job: Job): JobPlan {
    return this.#settings.jobs.find((plan) => plan.job === job) ?? { job, words: [job], schedule: undefined };
  }

  #expectedInterval(plan: JobPlan): number | undefined {
    if (plan.schedule === undefined) return undefined;
    const seconds = this.#pauses.get(plan.job) ?? longestPause(plan.schedule, this.#startedAt) / 1000;
    this.#pauses.set(plan.job, seconds);
    return seconds;
  }

  async #runRequest(entry: RunEntry): Promise<void> {
    const { leases, clock, log } = this.#parts;
    const { job } = entry.planned;
    try {
      await this.#turn.take(entry.signal, async () => {
        const run = (): Promise<boolean> =>
          underFreeLease(leases, jobLease(this.group, job), entry, (lease) => executeRun(entry, lease, this.#scope));
        while (!(await run())) await clock.sleep(this.#settings.leaseMilliseconds / 4, entry.signal);
      });
    } catch (error) {
      log.warn({ err: error, run: entry.id }, 'a run that was asked for did not begin');
      if (entry.stopped() === undefined) await recordNotBegun(entry, 'failure', runFailureOf(error), this.#scope);
      else await recordNotBegun(entry, 'canceled', { code: 'E_RUN_CANCELED', message: 'The run was taken out of the queue' }, this.#scope);
    }
  }

  /** Learns what the others did, so that this one's status and metrics speak of the group. */
  async #watchOthers(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for (const run of await this.#scope.known.refresh(signal)) this.#emit({ kind: 'ended', run, isOwn: false });
        this.#setTrouble('history', undefined);
      } catch (error) {
        if (!signal.aborted) this.#setTrouble('history', messageOf(error));
      }
      await this.#parts.clock.sleep(millisecondsBetweenLooks, signal).catch(() => undefined);
    }
  }

  async #undoAfterGrace(end: AbortSignal, over: AbortSignal): Promise<void> {
    await aborted(AbortSignal.any([end, over]));
    try {
      await this.#parts.clock.sleep(this.#settings.stopGraceMilliseconds, over);
    } catch {
      return;
    }
    this.#scope.active.stopAll('running', 'agent-stopped');
  }

  #setTrouble(of: string, message: string | undefined): void {
    if (message === undefined) this.#troubles.delete(of);
    else this.#troubles.set(of, message);
  }
}

/** Who says how it is to be done says all of it: of the schedule's own words stays what makes the job do its work at all. */
function requestedWords(planned: readonly string[], own: readonly string[]): readonly string[] {
  return own.length === 0 ? planned : [...planned.slice(0, 1), ...planned.filter((word) => word === '--yes'), ...own];
}

function isScheduled(plan: JobPlan): plan is JobPlan & { readonly schedule: NonNullable<JobPlan['schedule']> } {
  return plan.schedule !== undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
