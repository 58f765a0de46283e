import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/foundation/clock.ts';

/** A clock that goes so many times as fast as the machine's: an hour of schedules passes in minutes, while what it waits for takes real time. */
export class FastClock implements Clock {
  readonly #factor: number;
  readonly #began = Date.now();

  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): Date {
    return new Date(this.#began + (Date.now() - this.#began) * this.#factor);
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await delay(milliseconds / this.#factor, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}
