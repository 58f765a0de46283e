/** The time, as a parameter: code never asks the machine by itself. */
export interface Clock {
  /** The present moment. */
  now(): Date;
  /** Resolves after `milliseconds`; rejects with the signal's reason at once when `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
