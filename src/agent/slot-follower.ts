import { isFailure, messageOf } from '../foundation/failure.ts';
import type { Lease } from '../archive/lease.ts';
import type { Slot } from '../archive/stored-slots.ts';
import type { Job } from '../domain/run-record.ts';
import { decideDue, type Due } from '../schedule/due.ts';
import { stableJitter } from '../schedule/jitter.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { jobLease, type Fitness, type JobPlan } from './agent-parts.ts';
import { orderOf } from './choose-agent.ts';
import { executeRun, underFreeLease } from './execute-run.ts';
import { mayEndBetter, retryPause } from './run-outcome.ts';
import { recordDeath, recordNotBegun, type AgentScope } from './run-records.ts';
import { beginAttempt, slotAfter } from './slot-attempts.ts';
import type { Turn } from './turn.ts';

/** The longest sleep: a clock that was set is noticed after it. */
const mostSleep = 30_000;
const pauseAfterTrouble = 10_000;
const keptRuns = 500;

export interface FollowOptions {
  readonly turn: Turn;
  readonly startedAt: Date;
  /** Aborts when the agent takes nothing more. */
  readonly signal: AbortSignal;
  /** Told what is in the way of its work, or undefined when nothing is any more. */
  readonly onTrouble: (message: string | undefined) => void;
}

/**
 * Follows one job's schedule until the signal aborts, together with the agents of the group. What they agree on lies in the archive: each slot is one document
 * there, which only the holder of the job's lease writes. So an agent that dies, freezes or is cut off leaves it where another one goes on.
 */
export class SlotFollower {
  readonly #plan: JobPlan & { readonly schedule: Schedule };
  readonly #scope: AgentScope;
  readonly #options: FollowOptions;
  readonly #jitter: number;
  #known: Slot | undefined;
  #isLeader = false;

  constructor(plan: JobPlan & { readonly schedule: Schedule }, scope: AgentScope, options: FollowOptions) {
    this.#plan = plan;
    this.#scope = scope;
    this.#options = options;
    const { group, jitterMilliseconds } = scope.settings;
    this.#jitter = stableJitter(`${group} ${plan.job}`, jitterMilliseconds);
  }

  get job(): Job {
    return this.#plan.job;
  }

  /** Whether this agent holds the right to run the job now. */
  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Who ran it last, or runs it now, as far as is known here. */
  get known(): Slot | undefined {
    return this.#known;
  }

  /** When its next run is due. */
  get nextAt(): Date | undefined {
    const due = this.#decide();
    return due.kind === 'wait' ? due.until : new Date(due.slot.getTime() + this.#jitter);
  }

  /** Resolves once the signal has aborted and nothing of it is under way. */
  async follow(): Promise<void> {
    const { signal, onTrouble } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#step();
        onTrouble(undefined);
      } catch (error) {
        if (signal.aborted) return;
        onTrouble(messageOf(error));
        this.#scope.parts.log.warn({ err: error, job: this.#plan.job }, 'cannot follow the schedule now');
        await this.#sleep(pauseAfterTrouble).catch(() => undefined);
      }
    }
  }

  async #step(): Promise<void> {
    const first = this.#decide();
    if (first.kind === 'wait') {
      const now = this.#scope.parts.clock.now().getTime();
      return this.#sleep(Math.min(mostSleep, (first.until?.getTime() ?? Infinity) - now));
    }
    await this.#look();
    const due = this.#decide();
    if (due.kind === 'run') await this.#advance(due);
  }

  #decide(): Due {
    const { schedule, job } = this.#plan;
    const { clock } = this.#scope.parts;
    const known = this.#known && { slot: new Date(this.#known.slot), isDone: this.#known.state === 'done' };
    // Whoever installs it wants a backup now; the others have time until they are due.
    const catchUp = this.#scope.settings.catchUp && (known !== undefined || job === 'backup');
    return decideDue({ schedule, jitter: this.#jitter, now: clock.now(), startedAt: this.#options.startedAt, known, catchUp });
  }

  async #look(): Promise<void> {
    this.#known = await this.#scope.parts.slots.read(this.#plan.job, this.#options);
  }

  /** Brings a slot that is due one step further: waits, watches who runs it, or runs it. */
  async #advance(due: Due & { readonly kind: 'run' }): Promise<void> {
    const now = this.#scope.parts.clock.now().getTime();
    const known = this.#known?.slot === due.slot.toISOString() ? this.#known : undefined;
    if (known?.state === 'waiting' && known.notBefore !== undefined) {
      const pause = Date.parse(known.notBefore) - now;
      if (pause > 0) return this.#sleep(Math.min(mostSleep, pause));
    }
    if (known?.state === 'running' && !(await this.#isFree())) return this.#sleep(this.#scope.settings.leaseMilliseconds / 4);
    await this.#options.turn.take(this.#options.signal, async () => {
      if (known?.state !== 'running' && !(await this.#isMyTurn(due, known))) return;
      const isOurs = await underFreeLease(this.#scope.parts.leases, this.#leaseName, this.#options, (lease) => this.#lead(due, lease));
      if (!isOurs) await this.#sleep(this.#scope.settings.leaseMilliseconds / 4);
    });
  }

  async #isFree(): Promise<boolean> {
    const { leases } = this.#scope.parts;
    try {
      await leases.assertFree(this.#leaseName, this.#options);
      return true;
    } catch (error) {
      if (isFailure(error, 'E_BUSY')) return false;
      throw error;
    }
  }

  /** Offers itself, looks at the offers of the others, and waits as long as better ones may still begin. False once another has begun. */
  async #isMyTurn(due: Due & { readonly kind: 'run' }, known: Slot | undefined): Promise<boolean> {
    const { settings, parts } = this.#scope;
    const { slots } = parts;
    const attempt = { job: this.#plan.job, slot: due.slot.toISOString(), attempt: known?.attempt ?? 1 };
    const { signal } = this.#options;
    const { rank, reasons } = await this.#assessPatiently();
    await slots.bid(attempt, { agent: settings.name, rank, reasons }, { signal });
    await this.#sleep(settings.biddingMilliseconds);
    const order = orderOf(await slots.bids(attempt, { signal }), attempt, this.#known ?? { failedOn: [] });
    const betterOnes = Math.max(0, order.indexOf(settings.name));
    for (let turn = 0; turn < betterOnes; turn += 1) {
      if (!(await this.#isUntouched(due, known))) return false;
      await this.#sleep(settings.biddingMilliseconds);
    }
    return this.#isUntouched(due, known);
  }

  /** A server that is only starting is waited for, as long as a failed attempt would be; meanwhile others may begin. */
  async #assessPatiently(): Promise<Fitness> {
    const { settings, parts } = this.#scope;
    const deadline = parts.clock.now().getTime() + settings.retryPauseMilliseconds;
    for (;;) {
      const fitness = await parts.assess(this.#options.signal);
      if (fitness.isSilent !== true || parts.clock.now().getTime() >= deadline) return fitness;
      await this.#sleep(Math.max(1000, settings.biddingMilliseconds));
    }
  }

  /** Whether the slot is still where it was when it was decided to run it. */
  async #isUntouched(due: Due & { readonly kind: 'run' }, known: Slot | undefined): Promise<boolean> {
    await this.#look();
    const now = this.#known?.slot === due.slot.toISOString() ? this.#known : undefined;
    return now?.state === known?.state && now?.attempt === known?.attempt && this.#decide().kind === 'run';
  }

  get #leaseName(): string {
    return jobLease(this.#scope.settings.group, this.#plan.job);
  }

  async #lead(due: Due & { readonly kind: 'run' }, lease: Lease): Promise<void> {
    this.#isLeader = true;
    try {
      await this.#goOn(due, lease);
    } finally {
      this.#isLeader = false;
    }
  }

  /** Under the lease: nobody else writes the slot. */
  async #goOn(due: Due & { readonly kind: 'run' }, lease: Lease): Promise<void> {
    await this.#look();
    if (this.#decide().kind === 'wait') return;
    const { settings, parts, active } = this.#scope;
    const { job, words } = this.#plan;
    const { slot: begun, dead } = beginAttempt(job, due.slot.toISOString(), this.#known, settings, parts.clock.now());
    if (dead !== undefined) await recordDeath(dead, words, begun.state === 'running', this.#scope);
    await this.#write(begun);
    if (begun.state === 'done') return;
    const { slot, attempt } = begun;
    const entry = active.add({ job, words, trigger: due.isCatchUp ? 'catch-up' : 'schedule', slot, attempt });
    let again: Date | undefined;
    const executed = await executeRun(entry, lease, this.#scope, (result, stopped) => {
      again = stopped === undefined && mayEndBetter(result) ? this.#nextAttempt(due.slot, attempt) : undefined;
      return again !== undefined;
    });
    if (executed.stopped === 'lease-lost') return;
    // Whoever was frozen until now must not write over what its successor wrote.
    await lease.assertHeld();
    await this.#write(slotAfter(begun, executed, again, parts.clock.now()));
    await this.#afterwards();
  }

  /** When it is tried again: inside the slot, or not at all. */
  #nextAttempt(slot: Date, attempt: number): Date | undefined {
    const { attempts, retryPauseMilliseconds } = this.#scope.settings;
    if (attempt >= attempts) return undefined;
    const at = new Date(this.#scope.parts.clock.now().getTime() + retryPause(attempt, retryPauseMilliseconds));
    const next = this.#plan.schedule.next(slot);
    return next === undefined || at.getTime() < next.getTime() + this.#jitter ? at : undefined;
  }

  async #write(slot: Slot): Promise<void> {
    await this.#scope.parts.slots.write(slot);
    this.#known = slot;
  }

  /** What came due while it ran is not run after it, and is recorded as skipped; then what only this slot needed goes. */
  async #afterwards(): Promise<void> {
    const { parts } = this.#scope;
    const slot = this.#known;
    if (slot?.state !== 'done') return;
    const latest = this.#plan.schedule.latest(new Date(parts.clock.now().getTime() - this.#jitter));
    if (latest !== undefined && latest.toISOString() > slot.slot) {
      const entry = this.#scope.active.add({
        job: slot.job,
        words: this.#plan.words,
        trigger: 'schedule',
        slot: latest.toISOString(),
        attempt: 1,
      });
      const message = `The run was skipped: the one of ${slot.slot} had not ended`;
      await recordNotBegun(entry, 'skipped', { code: 'E_RUN_SKIPPED', message, hint: 'let the schedule leave more time' }, this.#scope);
      await this.#write({ ...slot, slot: latest.toISOString(), attempt: 1, outcome: 'skipped' });
    }
    await parts.slots.clearBids(slot.job);
    await parts.history.trim(keptRuns);
  }

  #sleep(milliseconds: number): Promise<void> {
    return this.#scope.parts.clock.sleep(Math.max(0, milliseconds), this.#options.signal);
  }
}
