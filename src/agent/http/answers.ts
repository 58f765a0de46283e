import { exitCodes, Failure, isFailure, knownExitCode, type ExitCode } from '../../foundation/failure.ts';

/** What goes with every answer: nothing of it may be stored, framed, guessed at or run. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The one form in which the API tells what went wrong. */
export interface FailureDocument {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode: number;
}

/** HTTP's number for a failure that has one of its own. */
const statusByCode: Readonly<Record<string, number>> = {
  E_AGENT_TOKEN: 401,
  E_AGENT_NO_TOKENS: 403,
  E_AGENT_ROLE: 403,
  E_AGENT_CSRF: 403,
  E_AGENT_TRIES: 429,
  E_AGENT_HOST: 421,
  E_COMMAND_UNKNOWN: 404,
  E_RUN_UNKNOWN: 404,
  E_SNAPSHOT_UNKNOWN: 404,
  E_RUN_ENDED: 409,
  E_AGENT_BUSY: 429,
  E_QUEUE_FULL: 429,
  E_AGENT_STOPPING: 503,
};

/** And for the others, by the exit code with which a command would have ended; docs/guide/agent-api.md has this table. */
const statusByExitCode: Readonly<Record<ExitCode, number>> = {
  [exitCodes.success]: 200,
  [exitCodes.failure]: 500,
  [exitCodes.usage]: 400,
  [exitCodes.partial]: 200,
  [exitCodes.archiveMissing]: 503,
  [exitCodes.busy]: 409,
  [exitCodes.wrongKey]: 503,
  [exitCodes.verificationFailed]: 500,
  [exitCodes.interrupted]: 503,
};

/** A request that is none of this API; `status` is HTTP's number for why. */
export function wrongRequest(status: 400 | 404 | 405 | 413 | 415, state: string, hint?: string): Failure {
  return new Failure('E_AGENT_REQUEST', `Cannot answer the request: ${state}`, {
    exitCode: exitCodes.usage,
    facts: { status },
    hint: hint ?? 'see /api/v1/openapi.json for what there is',
  });
}

/** Puts anything thrown into an answer. What nobody expected is told without its words, which might be anything. */
export function answerFailure(error: unknown): Response {
  const { status, document } = toldFailure(error);
  const headers: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer realm="rootcellar"' } : {};
  const wait = isFailure(error) ? error.facts['retryAfterSeconds'] : undefined;
  if (wait !== undefined) headers['retry-after'] = String(wait);
  return Response.json(document, { status, headers });
}

function toldFailure(error: unknown): { readonly status: number; readonly document: FailureDocument } {
  if (isFailure(error)) {
    const { code, message, hint, exitCode, facts } = error;
    const own = typeof facts['status'] === 'number' ? facts['status'] : statusByCode[code];
    const status = own ?? statusByExitCode[exitCode];
    // A failure is none of success, whatever it calls itself.
    return { status: status < 400 ? 500 : status, document: { code, message, hint, exitCode } };
  }
  return {
    status: 500,
    document: {
      code: 'E_UNEXPECTED',
      message: 'Something unexpected happened while the request was answered',
      hint: "look at the agent's log, and report what it says: this is a fault of rootcellar",
      exitCode: exitCodes.failure,
    },
  };
}

/** A failure that a command told, as it is thrown on. */
export function failureOf(
  told: { readonly code: string; readonly message: string; readonly hint?: string | undefined },
  exitCode: unknown,
): Failure {
  const code = /^E_[A-Z0-9_]+$/.test(told.code) ? (told.code as `E_${string}`) : 'E_UNEXPECTED';
  return new Failure(code, told.message, { hint: told.hint, exitCode: knownExitCode(exitCode) });
}
