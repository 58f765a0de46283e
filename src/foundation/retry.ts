import type { Clock } from './clock.ts';
import { isFailure } from './failure.ts';

/** How often and how long to try again. */
export interface RetryRule {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  /** Upper bound of the first pause; each further one doubles it. */
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
}

export interface RetryTools {
  readonly clock: Clock;
  /** A number in [0, 1): the pause is a random part of its bound ("full jitter"), so that clients do not return in step. */
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Called before each pause. */
  readonly onRetry?: ((error: unknown, attempt: number, pauseMilliseconds: number) => void) | undefined;
}

/**
 * Calls `work` until it resolves, its failure advises `never`, or the attempts are used up; then rejects with the last error.
 * Plain errors are bugs and are never tried again; an abort ends the pauses at once.
 */
export async function retrying<Result>(rule: RetryRule, tools: RetryTools, work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    tools.signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      if (!isFailure(error) || error.retry === 'never' || attempt >= rule.attempts) throw error;
      const bound = Math.min(rule.longestPauseMilliseconds, rule.firstPauseMilliseconds * 2 ** (attempt - 1));
      const pause = error.retry === 'now' && attempt === 1 ? 0 : Math.round(tools.random() * bound);
      tools.onRetry?.(error, attempt, pause);
      await tools.clock.sleep(pause, tools.signal);
    }
  }
}
