import type { Clock } from '../../../foundation/clock.ts';

export interface TryLimitOptions {
  /** So many at once. */
  readonly burst: number;
  /** Then one in so many milliseconds. */
  readonly each: number;
}

const mostKeys = 2000;
const mostWait = 600_000;

/**
 * How often somebody may try. Tries are counted when they have turned out wrong, so that who is right is never slowed; many at once are all counted,
 * as a debt that is waited for: never for more than ten minutes, also when the clock is set back.
 */
export class TryLimit {
  readonly #clock: Clock;
  readonly #options: TryLimitOptions;
  /** By key: when all its tries are paid for. */
  readonly #paidAt = new Map<string, number>();

  constructor(clock: Clock, options: TryLimitOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Milliseconds until `key` may try again; 0 where it may now. */
  wait(key: string): number {
    const { burst, each } = this.#options;
    return Math.max(0, this.#debt(key) - (burst - 1) * each);
  }

  count(key: string): void {
    const now = this.#clock.now().getTime();
    const debt = Math.min(this.#debt(key) + this.#options.each, this.#mostDebt);
    this.#paidAt.delete(key);
    this.#paidAt.set(key, now + debt);
    if (this.#paidAt.size > mostKeys) this.#forget(now);
  }

  #debt(key: string): number {
    return Math.min(Math.max(0, (this.#paidAt.get(key) ?? 0) - this.#clock.now().getTime()), this.#mostDebt);
  }

  get #mostDebt(): number {
    return (this.#options.burst - 1) * this.#options.each + mostWait;
  }

  /** Those that owe nothing go; where all do, who was counted longest ago. */
  #forget(now: number): void {
    for (const [key, paidAt] of this.#paidAt) if (paidAt <= now) this.#paidAt.delete(key);
    for (const key of this.#paidAt.keys()) {
      if (this.#paidAt.size <= mostKeys) return;
      this.#paidAt.delete(key);
    }
  }
}
