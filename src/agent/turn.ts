/** Lets one at a time do its work, in the order in which they asked. */
export class Turn {
  #last: Promise<void> = Promise.resolve();

  /** Does `work` when all who asked before have ended; with an aborted `signal` it is not begun, and rejects with the signal's reason. */
  async take<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      await before;
      signal.throwIfAborted();
      return await work();
    } finally {
      resolve();
    }
  }
}
