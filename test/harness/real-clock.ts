import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/foundation/clock.ts';

/** The machine's own time: a real server takes real time. */
export const realClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
