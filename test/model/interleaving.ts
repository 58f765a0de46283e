/** Tells whoever waits that something happened. */
export class Bell {
  #ringing = Promise.withResolvers<void>();

  next(): Promise<void> {
    return this.#ringing.promise;
  }

  ring(): void {
    const { resolve } = this.#ringing;
    this.#ringing = Promise.withResolvers<void>();
    resolve();
  }
}

/** Whoever takes part in an {@link Interleaving}. */
export interface Participant {
  /** Asleep or at its end: whose turn it is, the other one may go on. */
  readonly isIdle: boolean;
}

/** Lets two processes make their calls by turns. */
export class Interleaving {
  readonly #participants: Participant[] = [];
  readonly #turns: number[];
  readonly #bell: Bell;
  #holder = 0;
  #left: number;

  constructor(turns: readonly number[], bell: Bell) {
    this.#turns = [...turns];
    this.#bell = bell;
    this.#left = this.#turns.shift() ?? 1;
  }

  join(participant: Participant): void {
    this.#participants.push(participant);
  }

  /** Resolves when this one may make its next call. */
  async enter(participant: Participant): Promise<void> {
    const place = this.#participants.indexOf(participant);
    while (this.#holder !== place && this.#participants[this.#holder]?.isIdle === false) await this.#bell.next();
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#holder = 1 - place;
    this.#left = this.#turns.shift() ?? 3;
    this.#bell.ring();
  }
}
