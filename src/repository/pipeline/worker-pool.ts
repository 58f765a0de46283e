import { Worker } from 'node:worker_threads';
import type { Job, JobMessage, ReplyMessage, Results, WorkerStart } from './jobs.ts';

interface Waiting {
  readonly message: JobMessage;
  readonly transfer: readonly ArrayBuffer[];
}

interface Answer {
  readonly resolve: (result: Results[Job['kind']]) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly worker: Worker;
  readonly underWay: Set<number>;
  /** Jobs that only this one may do. */
  readonly own: Waiting[];
}

/** One that is worked on and one that waits at the worker's door, so that it never waits for an answer's way. */
const jobsAtWorker = 2;

export interface RunOptions {
  /** Before all that waits already. */
  readonly isUrgent?: boolean;
  /** The worker with this number, modulo their count. */
  readonly pinned?: number | undefined;
  readonly transfer?: readonly ArrayBuffer[];
}

/** Threads that share one memory and do {@link Job}s. */
export class WorkerPool {
  readonly #members: Member[];
  readonly #urgent: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #answers = new Map<number, Answer>();
  #serial = 0;
  #broken: Error | undefined;
  #isClosing = false;

  constructor(starts: readonly WorkerStart[]) {
    this.#members = starts.map((start) => this.#begin(start));
  }

  run<Kind extends Job['kind']>(job: Extract<Job, { kind: Kind }>, options: RunOptions = {}): Promise<Results[Kind]> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const serial = ++this.#serial;
    const waiting: Waiting = { message: { serial, job }, transfer: options.transfer ?? [] };
    const answered = new Promise<Results[Job['kind']]>((resolve, reject) => this.#answers.set(serial, { resolve, reject }));
    const pinned = options.pinned === undefined ? undefined : this.#members[options.pinned % this.#members.length];
    (pinned?.own ?? (options.isUrgent === true ? this.#urgent : this.#waiting)).push(waiting);
    this.#hand();
    // A worker answers a job with the result of its kind.
    return answered as Promise<Results[Kind]>;
  }

  /** Whether a thread has ended: then the pool is of no more use. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Ends the threads; jobs that were not answered reject. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
    this.#break(new Error('the workers were ended'));
  }

  #begin(start: WorkerStart): Member {
    // Compiled, this file and the worker end in .js.
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url), {
      workerData: start,
      // Their work lies outside of JavaScript's heap.
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
    });
    const member: Member = { worker, underWay: new Set(), own: [] };
    worker.unref();
    worker.on('message', (reply: ReplyMessage) => this.#settle(member, reply));
    worker.on('error', (error) => this.#break(error));
    worker.on('exit', (code) => {
      if (!this.#isClosing) this.#break(new Error(`a worker ended by itself with code ${code}`));
    });
    return member;
  }

  #hand(): void {
    for (let room = 1; room <= jobsAtWorker; room += 1) {
      for (const member of this.#members) {
        if (member.underWay.size >= room) continue;
        const next = member.own.shift() ?? this.#urgent.shift() ?? this.#waiting.shift();
        if (next === undefined) continue;
        member.underWay.add(next.message.serial);
        member.worker.ref();
        member.worker.postMessage(next.message, next.transfer);
      }
    }
  }

  #settle(member: Member, reply: ReplyMessage): void {
    member.underWay.delete(reply.serial);
    const answer = this.#answers.get(reply.serial);
    this.#answers.delete(reply.serial);
    // Whoever waits for nothing holds the process up for nothing.
    if (member.underWay.size === 0) member.worker.unref();
    if ('error' in reply) answer?.reject(reply.error instanceof Error ? Object.assign(reply.error, reply.system) : reply.error);
    else answer?.resolve(reply.result);
    this.#hand();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#answers.values()) reject(this.#broken);
    this.#answers.clear();
  }
}
