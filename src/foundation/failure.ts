/** Exit codes of the program: restic's numbers where restic has one. Scripts rely on them; they never change meaning. */
export const exitCodes = {
  success: 0,
  failure: 1,
  usage: 2,
  partial: 3,
  archiveMissing: 10,
  busy: 11,
  wrongKey: 12,
  verificationFailed: 20,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The documented exit code that another process ended with; `failure` for a number that is none, and for none at all. */
export function knownExitCode(code: unknown): ExitCode {
  return Object.values(exitCodes).find((known) => known === code) ?? exitCodes.failure;
}

/** `now`: the same call may succeed at once; `later`: after a pause; `never`: only after somebody changed something. */
export type RetryAdvice = 'now' | 'later' | 'never';

export interface FailureOptions extends ErrorOptions {
  /** The next step for the operator, in the imperative, without a period. */
  readonly hint?: string | undefined;
  /** For logs; never a secret, a DN or an attribute value. */
  readonly facts?: Readonly<Record<string, string | number | boolean>> | undefined;
  readonly retry?: RetryAdvice | undefined;
  readonly exitCode?: ExitCode | undefined;
}

/**
 * Trouble that a caller may handle or an operator must read. Bugs stay plain `Error`s.
 *
 * The message is one sentence without a period: what was attempted, then the state; the hint says what to do.
 */
export class Failure extends Error {
  /** Stable and documented: scripts and runbooks match on it. */
  readonly code: `E_${string}`;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly retry: RetryAdvice;

  constructor(code: `E_${string}`, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode ?? exitCodes.failure;
    this.hint = options.hint;
    this.facts = options.facts ?? {};
    this.retry = options.retry ?? 'never';
  }

  override get name(): string {
    return 'Failure';
  }
}

/** Tells whether `error` is a {@link Failure}, of the given code where one is named. */
export function isFailure(error: unknown, code?: `E_${string}`): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** The same failure with another advice: what is tried again at one level is final for those above it. */
export function withRetry(failure: Failure, retry: RetryAdvice): Failure {
  const { code, message, hint, facts, exitCode, cause } = failure;
  return new Failure(code, message, { hint, facts, exitCode, cause, retry });
}

/** The failure of a command that was told to stop; exit code 130. `state` is what it leaves, in one clause. */
export function interrupted(attempt: string, state?: string, hint?: string): Failure {
  const message = `${attempt} was interrupted${state === undefined ? '' : `: ${state}`}`;
  return new Failure('E_INTERRUPTED', message, { exitCode: exitCodes.interrupted, hint });
}

/**
 * Does `work`; where it fails because `signal` was aborted, rejects with `told` instead of whatever the abort looked like. What was told
 * with a hint already is left as it is: who is nearer to the work knows better what state it leaves.
 */
export async function tellingInterruption<Result>(
  signal: AbortSignal | undefined,
  told: () => Failure,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isTold = isFailure(error, 'E_INTERRUPTED') && error.hint !== undefined;
    throw signal?.aborted === true && !isTold ? told() : error;
  }
}

/** Wrong words on the command line, in the environment or in the configuration file; exit code 2. */
export function wrongUsage(message: string, hint?: string): Failure {
  return new Failure('E_USAGE', message, { exitCode: exitCodes.usage, hint });
}

/** The message of anything thrown, for joining into a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
