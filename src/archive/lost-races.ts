import { Failure, isFailure } from '../foundation/failure.ts';

/** Rivals win some times in a row, whoever they are; a store that says so for ever contradicts itself. */
const mostLostRaces = 50;

/**
 * Counts how often a conditional write came to nothing because another writer was quicker, for whoever then reads anew and writes again. Without an end that would go on
 * for ever at a store that tells one ETag when it is read and compares with another when it is written, as a proxy in between may make it.
 */
export class LostRaces {
  readonly #attempt: string;
  #lost = 0;

  /** @param attempt as in "Cannot …": what is written, and where */
  constructor(attempt: string) {
    this.#attempt = attempt;
  }

  /** What was waited for in between is no race: the next one is the first again. */
  beginAnew(): void {
    this.#lost = 0;
  }

  /**
   * Returns where the write is to be tried again, by what is there now.
   *
   * @throws the error itself, unless it says that another was quicker; Failure E_STORE_FAILED at the 50th such in a row
   */
  add(error: unknown): void {
    if (!isFailure(error, 'E_OBJECT_EXISTS') && !isFailure(error, 'E_OBJECT_CHANGED')) throw error;
    this.#lost += 1;
    if (this.#lost < mostLostRaces) return;
    const state = `the store answered ${mostLostRaces} times in a row that another writer had changed it meanwhile`;
    throw new Failure('E_STORE_FAILED', `Cannot ${this.#attempt}: ${state}`, {
      hint: 'see that nothing between here and the store changes ETags, as proxies do that compress; run "rootcellar doctor"',
      cause: error,
    });
  }
}
