import { z } from 'zod';
import { exitCodes, Failure } from '../foundation/failure.ts';

/** What the agent tells a run that it started, several times a second. */
const heldSchema = z.object({
  kind: z.literal('held'),
  /** For so long the run may go on without hearing more. */
  forMilliseconds: z.number(),
  /** When it was said, by the machine's clock that only goes on; a message may have waited while this process stood still. */
  sentAt: z.number().optional(),
});

/** A run that hears nothing at all from the one that started it. */
const firstMilliseconds = 30_000;

export interface WatchdogOptions {
  /** Milliseconds of the machine's clock that only goes on: the same for all processes of the machine. */
  readonly now: () => number;
  /** Called once, with the reason, when the run must stop. */
  readonly onLost: (failure: Failure) => void;
}

/**
 * Knows whether a run that an agent started may still go on: for as long as the agent said last. Once that has run out it is over for good, whatever is heard
 * later: another agent may have begun the same run.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #heldUntil: number;
  #isLost = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#heldUntil = options.now() + firstMilliseconds;
  }

  /** Milliseconds until it must be looked at again. */
  get left(): number {
    return Math.max(0, this.#heldUntil - this.#options.now());
  }

  /** A message of the one that started the run; what is none of ours is nothing. */
  hear(message: unknown): void {
    const { success, data } = heldSchema.safeParse(message);
    if (!success || this.look()) return;
    const now = this.#options.now();
    this.#heldUntil = Math.min(data.sentAt ?? now, now) + data.forMilliseconds;
    this.look();
  }

  /** The channel to the one that started the run is closed. */
  hangUp(): void {
    this.#lose('the agent that started it is gone');
  }

  /**
   * To be called before what cannot be undone. Throws the first time that the run may not go on, and then never again: whoever works
   * from then on knows, and tidies up.
   *
   * @throws Failure E_SUPERVISOR_LOST
   */
  readonly mayGoOn = (): void => {
    const wasLost = this.#isLost;
    if (this.look() && !wasLost) throw lost(because.silent);
  };

  /** Whether it is over; the first look that finds it so tells `onLost`. */
  look(): boolean {
    if (!this.#isLost && this.#options.now() >= this.#heldUntil) this.#lose(because.silent);
    return this.#isLost;
  }

  #lose(reason: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost(lost(reason));
  }
}

const because = { silent: 'the agent that started it no longer has the right to it, or does not answer' } as const;

function lost(reason: string): Failure {
  return supervisorLost('The command was interrupted', reason);
}

/** `interruption` is the sentence of an interruption, which says what state is left; the reason is put into it. */
export function supervisorLost(interruption: string, reason: string, hint?: string): Failure {
  const message = interruption.replace(/ was interrupted/, ` was interrupted, as ${reason}`);
  return new Failure('E_SUPERVISOR_LOST', message, {
    exitCode: exitCodes.interrupted,
    hint: hint ?? 'see in the log of the agent why it ended, stood still or lost its lease; it or another one of its group makes the run',
    facts: { reason },
  });
}
