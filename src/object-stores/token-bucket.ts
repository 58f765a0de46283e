import type { Clock } from '../foundation/clock.ts';

/**
 * Spreads bytes over time: at most `bytesPerSecond` in the long run, after a burst of a quarter of a second's worth.
 * Those who ask at once are served in the order in which they asked.
 */
export class TokenBucket {
  readonly #bytesPerSecond: number;
  readonly #clock: Clock;
  readonly #burstMilliseconds = 250;
  /** When all that was granted so far will have been paid for. */
  #paidAt = 0;

  constructor(bytesPerSecond: number, clock: Clock) {
    if (!(bytesPerSecond > 0)) throw new Error(`a rate must be above 0, not ${bytesPerSecond}`);
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
  }

  /** Resolves once `bytes` may pass; more than a burst passes as a whole, and those after it wait the longer. */
  async take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#clock.now().getTime();
    const begin = Math.max(this.#paidAt, now - this.#burstMilliseconds);
    this.#paidAt = begin + (bytes * 1000) / this.#bytesPerSecond;
    const pause = Math.ceil(this.#paidAt - now);
    if (pause > 0) await this.#clock.sleep(pause, signal);
  }
}
