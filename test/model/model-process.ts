import type { Clock } from '../../src/foundation/clock.ts';
import { Failure, isFailure } from '../../src/foundation/failure.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { RetryingStore } from '../../src/object-stores/retrying-store.ts';
import type { LockOwner } from '../../src/repository/repository.ts';
import { interceptedStore, type StoreCall } from '../harness/intercepted-store.ts';
import type { Bell, Interleaving, Participant } from './interleaving.ts';
import { RememberingStore } from './remembering-store.ts';
import type { Fault, ProcessPlan, Step } from './steps.ts';

/** For how long a lock is good that is not refreshed. */
export const lockMilliseconds = 120_000;

export interface ProcessTools {
  readonly clock: Clock;
  /** Rung whenever a process falls asleep, wakes or ends. */
  readonly bell: Bell;
  readonly pid: number;
  /** Whether a process runs; undefined where nobody can see that. */
  readonly isAlive: (pid: number) => boolean | undefined;
  readonly pass: (milliseconds: number) => Promise<void>;
  /** While it is frozen. */
  readonly runMeanwhile: (steps: readonly Step[]) => Promise<void>;
  readonly interleaving: Interleaving | undefined;
  /** Told of each fault that happened, and of the call at which it did. */
  readonly onFault: (fault: Fault, call: StoreCall) => void;
  /** Told of each call, for whoever must find out why a sequence fails. */
  readonly onCall: (text: string) => void;
}

/** What became of a process. */
export type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** Nobody heard of what it did. */
  | { readonly kind: 'killed' };

type Around = (proceed: () => Promise<unknown>) => Promise<unknown>;

/** One run of the program, as its stores see it: what it asks for passes through here, and meets the fault that is planned for it. */
export class ModelProcess implements Participant {
  readonly plan: ProcessPlan;
  readonly clock: Clock;
  isKilled = false;
  isFrozen = false;
  /** For how long it stood still. */
  frozenMilliseconds = 0;
  readonly #tools: ProcessTools;
  #hasEnded = false;
  #isStale = false;
  #calls = 0;
  #writes = 0;
  #sleepers = 0;
  #callsToLose = 0;
  #thaw: Promise<void> | undefined;
  #late: { readonly due: number; readonly arrive: () => Promise<unknown> } | undefined;

  constructor(plan: ProcessPlan, tools: ProcessTools) {
    this.plan = plan;
    this.#tools = tools;
    this.clock = { now: () => tools.clock.now(), sleep: (milliseconds, signal) => this.#sleep(milliseconds, signal) };
    tools.interleaving?.join(this);
  }

  get isAsleep(): boolean {
    return this.#sleepers > 0 && !this.isFrozen;
  }

  get isIdle(): boolean {
    return this.#hasEnded || this.isAsleep;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get owner(): LockOwner {
    const { pid, isAlive } = this.#tools;
    return {
      hostname: `host-${this.plan.writer}`,
      username: 'model',
      pid,
      goodForMilliseconds: lockMilliseconds,
      identity: { space: 'model', processBegan: String(pid), container: '' },
      isAlive: (other) => isAlive(other.pid),
    };
  }

  /** The store as this process has it: each call is tried again as the program does it. */
  storeOver(store: ObjectStore): ObjectStore {
    const faulty = interceptedStore(store, (call, proceed) => this.#call(store, call, proceed));
    const rule = { attempts: 3, firstPauseMilliseconds: 250, longestPauseMilliseconds: 20_000 };
    return new RetryingStore(faulty, rule, { clock: this.clock, random: () => 0.5 });
  }

  /** Runs it to its end. A plain error is a bug and rejects, unless it was killed. */
  async run<Result>(work: () => Promise<Result>): Promise<Outcome<Result>> {
    try {
      const result = await work();
      await this.#late?.arrive();
      return this.isKilled ? { kind: 'killed' } : { kind: 'done', result };
    } catch (error) {
      if (this.isKilled) return { kind: 'killed' };
      await this.#late?.arrive();
      if (!isFailure(error)) throw error;
      return { kind: 'failed', failure: error };
    } finally {
      this.#hasEnded = true;
      this.#tools.bell.ring();
    }
  }

  /** What refreshes a lock sleeps as well, but nobody waits for that. */
  async #sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const isWaitedFor = milliseconds !== lockMilliseconds / 3;
    if (isWaitedFor) this.#sleepers += 1;
    this.#tools.bell.ring();
    try {
      await this.#tools.clock.sleep(milliseconds, signal);
    } finally {
      if (isWaitedFor) this.#sleepers -= 1;
      this.#tools.bell.ring();
    }
  }

  async #call(store: ObjectStore, call: StoreCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const number = this.#calls++;
    const write = call.isWrite ? this.#writes++ : undefined;
    if (this.#late !== undefined && number >= this.#late.due) await this.#late.arrive();
    await this.#tools.interleaving?.enter(this);
    await this.#thaw;
    this.#dieIfKilled();
    if (this.plan.millisecondsPerCall > 0) await this.#tools.pass(this.plan.millisecondsPerCall);
    this.#dieIfKilled();
    this.#tools.onCall(`${call.name} ${call.keys.map((key) => key.slice(0, 24)).join(' ')}`);
    return this.#around(store, call, { number, write })(async () => this.#proceed(store, call, proceed));
  }

  #around(store: ObjectStore, call: StoreCall, { number, write }: { number: number; write: number | undefined }): Around {
    const { fault } = this.plan;
    if (this.#callsToLose > 0) return (proceed) => this.#lose(call, proceed);
    if (fault === undefined) return (proceed) => proceed();
    switch (fault.kind) {
      case 'crash':
        if (fault.at === write) return (proceed) => this.#crash(fault, store, call, proceed);
        break;
      case 'lost':
        if (fault.at !== write) break;
        this.#callsToLose = fault.calls;
        this.#tools.onFault(fault, call);
        return (proceed) => this.#lose(call, proceed);
      case 'doubled':
        if (fault.at === write && call.keys.length > 0) return (proceed) => this.#double(fault, store, { call, number }, proceed);
        break;
      case 'freeze':
        if (fault.at === number) return (proceed) => this.#freeze(fault, call, proceed);
        break;
      case 'stale':
        break;
    }
    return (proceed) => proceed();
  }

  async #proceed(store: ObjectStore, call: StoreCall, proceed: () => Promise<unknown>): Promise<unknown> {
    const { fault } = this.plan;
    if (fault?.kind !== 'stale' || call.name !== 'list' || !(store instanceof RememberingStore)) return proceed();
    if (!this.#isStale) this.#tools.onFault(fault, call);
    this.#isStale = true;
    return store.listBefore(fault.writesAgo, call.keys[0] ?? '');
  }

  async #crash(fault: Fault & { kind: 'crash' }, store: ObjectStore, call: StoreCall, proceed: () => Promise<unknown>): Promise<unknown> {
    this.#tools.onFault(fault, call);
    if (fault.moment === 'after') await proceed();
    if (fault.moment === 'within' && call.name === 'delete') await store.delete(call.keys.slice(0, Math.floor(call.keys.length / 2)));
    this.isKilled = true;
    return this.#dieIfKilled();
  }

  async #lose(call: StoreCall, proceed: () => Promise<unknown>): Promise<never> {
    const { fault } = this.plan;
    this.#callsToLose -= 1;
    if (call.isWrite && fault?.kind === 'lost' && fault.isDone) await proceed();
    throw new Failure('E_STORE_UNREACHABLE', `Cannot ${call.name} ${call.keys[0]}: no answer came`, { retry: 'later' });
  }

  async #double(
    fault: Fault & { kind: 'doubled' },
    store: ObjectStore,
    { call, number }: { readonly call: StoreCall; readonly number: number },
    proceed: () => Promise<unknown>,
  ): Promise<unknown> {
    const result = await proceed();
    const [key = ''] = call.keys;
    // What comes over a wire twice has its condition both times; the memory of other writes may be another's by then.
    const isConditional = key.startsWith('.rootcellar/pins/');
    const bytes = call.name === 'delete' || isConditional ? undefined : await store.get(key);
    this.#tools.onFault(fault, call);
    const arrive = async (): Promise<void> => {
      this.#late = undefined;
      await (bytes === undefined ? proceed().catch(unlessRefused) : store.put(key, bytes));
    };
    this.#late = { due: number + 1 + fault.callsLater, arrive };
    return result;
  }

  async #freeze(fault: Fault & { kind: 'freeze' }, call: StoreCall, proceed: () => Promise<unknown>): Promise<unknown> {
    this.#tools.onFault(fault, call);
    const result = fault.moment === 'after' ? await proceed() : undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#thaw = promise;
    this.isFrozen = true;
    const began = this.#tools.clock.now().getTime();
    try {
      await this.#tools.runMeanwhile(fault.meanwhile);
    } finally {
      this.isFrozen = false;
      this.frozenMilliseconds = this.#tools.clock.now().getTime() - began;
      this.#thaw = undefined;
      resolve();
    }
    return fault.moment === 'after' ? result : proceed();
  }

  #dieIfKilled(): undefined {
    if (this.isKilled) throw new Error('killed');
  }
}

function unlessRefused(error: unknown): void {
  if (!isFailure(error, 'E_OBJECT_EXISTS') && !isFailure(error, 'E_OBJECT_CHANGED')) throw error;
}
