import type { Clock } from '../../foundation/clock.ts';
import { isFailure, messageOf } from '../../foundation/failure.ts';
import { retrying, type RetryRule } from '../../foundation/retry.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { orAborted } from './or-aborted.ts';

export interface OutboxTools {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export type DeliveryOutcome = 'sent' | 'failed' | 'dropped';

export interface OutboxOptions {
  /** For the log: `slack`. */
  readonly kind: string;
  readonly rule: RetryRule;
  readonly onOutcome: (outcome: DeliveryOutcome) => void;
}

/** Sends one thing; rejects with a Failure that says whether to try again. */
export type Send = (signal: AbortSignal) => Promise<void>;

const mostWaiting = 100;

/**
 * What waits to be sent to one receiver: in order, one at a time, each tried again by the rule, so that a receiver that is away for a while
 * misses nothing. Who adds never waits. Of more than 100 the oldest is dropped.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #tools: OutboxTools;
  readonly #waiting: Send[] = [];
  readonly #over = new AbortController();
  #work: Promise<void> | undefined;

  constructor(options: OutboxOptions, tools: OutboxTools) {
    this.#options = options;
    this.#tools = tools;
  }

  add(send: Send): void {
    if (this.#over.signal.aborted) return this.#count('dropped');
    if (this.#waiting.length >= mostWaiting) {
      this.#waiting.shift();
      this.#count('dropped');
      this.#tools.log.error({ kind: this.#options.kind }, 'a notification was dropped, as too many wait');
    }
    this.#waiting.push(send);
    this.#work ??= this.#sendAll();
  }

  /** Resolves when all was sent or given up, or `bound` aborts: then what is left is dropped. Nothing is taken any more. */
  async close(bound: AbortSignal): Promise<void> {
    const cutOff = (): void => this.#over.abort(bound.reason);
    if (bound.aborted) cutOff();
    bound.addEventListener('abort', cutOff, { once: true });
    await this.#work;
    bound.removeEventListener('abort', cutOff);
    this.#over.abort();
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const send = this.#waiting.shift();
      if (send === undefined) break;
      await this.#send(send);
    }
    this.#work = undefined;
  }

  async #send(send: Send): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return this.#count('dropped');
    const { clock, random, log } = this.#tools;
    const { kind, rule } = this.#options;
    try {
      // Not every sender can be cut off; none may hold up the end.
      await orAborted(
        retrying(rule, { clock, random, signal, onRetry: (error, attempt) => attempt === 1 && this.#logRetry(error) }, () => send(signal)),
        signal,
      );
      this.#count('sent');
    } catch (error) {
      this.#count(signal.aborted ? 'dropped' : 'failed');
      // Whatever it is, also a bug in a library: the next one must be sent, and the run's own end is not ours to spoil.
      const code = isFailure(error) ? error.code : undefined;
      log.error({ kind, code, reason: messageOf(error) }, 'a notification could not be delivered');
    }
  }

  /** Once for each thing: what follows is the same, until it is sent or given up. */
  #logRetry(error: unknown): void {
    this.#tools.log.warn(
      { kind: this.#options.kind, reason: messageOf(error) },
      'a notification could not be delivered, and is tried again',
    );
  }

  #count(outcome: DeliveryOutcome): void {
    this.#options.onOutcome(outcome);
  }
}
