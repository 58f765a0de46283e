import type { Pipeline } from './pipeline.ts';

/** A command that reads one thing after another is back by then; who is not has ended. */
const idleMilliseconds = 250;

/**
 * One pipeline for all who need one at the same time or shortly one after another: its threads take a tenth of a second of the processor's time to start.
 * Nobody has to end it: when it was idle for a while it ends itself, and until then it holds no process up.
 */
export class SharedPipeline {
  readonly #make: () => Pipeline;
  #pipeline: Pipeline | undefined;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(make: () => Pipeline) {
    this.#make = make;
  }

  async use<Result>(work: (pipeline: Pipeline) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#idle);
    if (this.#pipeline?.pool.isBroken === true) this.#pipeline = undefined;
    const pipeline = (this.#pipeline ??= this.#make());
    this.#users += 1;
    try {
      return await work(pipeline);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#idle = setTimeout(() => void this.#end(), idleMilliseconds).unref();
    }
  }

  async #end(): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    await pipeline?.close();
  }
}
