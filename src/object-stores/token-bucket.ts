import type { Clock } from '../foundation/clock.ts';
import type { RateOverTime } from '../foundation/rate-over-time.ts';

const minute = 60_000;

/**
 * Spreads bytes over time: at most `rate` in the long run, after a burst of a quarter of a second's worth. A rate that changes counts from the minute in which it
 * does, for those who wait already as well. Those who ask at once are served in the order in which they asked.
 */
export class TokenBucket {
  readonly #rate: RateOverTime;
  readonly #clock: Clock;
  readonly #burstMilliseconds = 250;
  /** When all that was granted so far will have been paid for. */
  #paidAt = 0;
  #lastNow = 0;

  constructor(rate: number | RateOverTime, clock: Clock) {
    if (typeof rate === 'number' && !(rate > 0)) throw new Error(`a rate must be above 0, not ${rate}`);
    this.#rate = typeof rate === 'number' ? () => rate : rate;
    this.#clock = clock;
  }

  /** Resolves once `bytes` may pass; more than a burst passes as a whole, and those after it wait the longer. */
  async take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.charge(bytes);
    const pause = Math.ceil(this.#paidAt - this.#lastNow);
    if (pause <= 0) return;
    await this.#clock.sleep(pause, signal);
    this.#now();
  }

  /** Has `bytes` pass at once; those who take after them wait the longer. */
  charge(bytes: number): void {
    const now = this.#now();
    this.#paidAt = this.#payFrom(Math.max(this.#paidAt, now - this.#burstMilliseconds), bytes, now);
  }

  /** Where the clock was set back, what was granted goes back with it: otherwise all would wait until the time has come again. */
  #now(): number {
    const now = this.#clock.now().getTime();
    if (now < this.#lastNow) this.#paidAt -= this.#lastNow - now;
    this.#lastNow = now;
    return now;
  }

  /** When `bytes` have been paid for, beginning at `begin`. What had no limit before `now` pays nothing: it has been used by those who were there. */
  #payFrom(begin: number, bytes: number, now: number): number {
    let left = bytes;
    for (let moment = begin; ;) {
      const rate = this.#rate(moment);
      const end = (Math.floor(moment / minute) + 1) * minute;
      if (rate === undefined) {
        if (end > now) return moment;
      } else {
        const paidAt = moment + (left * 1000) / rate;
        if (paidAt <= end) return paidAt;
        left -= ((end - moment) * rate) / 1000;
      }
      moment = end;
    }
  }
}
