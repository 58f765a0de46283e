/** What went wrong, in the one form in which the agent tells it (docs/guide/agent-api.md); `status` is HTTP's number, 0 where no answer came. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly status: number;
  /** Seconds to wait before it is of use to ask again. */
  readonly retryAfter: number | undefined;

  constructor(told: { code: string; message: string; hint?: string | undefined; status: number; retryAfter?: number | undefined }) {
    super(told.message);
    this.code = told.code;
    this.hint = told.hint;
    this.status = told.status;
    this.retryAfter = told.retryAfter;
  }
}

/** Tells whether a promise was given up because its page has gone: nobody is to be told of that. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Whatever was thrown, as a failure that can be shown. */
export function failureFrom(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof TypeError) return unreachable();
  const message = error instanceof Error ? error.message : String(error);
  return new ApiFailure({ code: 'E_CONSOLE', message: `The console could not go on: ${message}`, hint: 'load the page anew', status: 0 });
}

/** No answer came at all. */
export function unreachable(): ApiFailure {
  return new ApiFailure({
    code: 'E_AGENT_UNREACHABLE',
    message: 'Cannot reach the agent: its address does not answer',
    hint: 'see whether it runs; what is shown is what it told last',
    status: 0,
  });
}

/** The failure that an answer tells. */
export async function failureOfAnswer(answer: Response): Promise<ApiFailure> {
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const facts = { status: answer.status, retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined };
  // Somebody on the way, a proxy, may answer with anything.
  const told = (await answer.json().catch(() => undefined)) as { code?: unknown; message?: unknown; hint?: unknown } | undefined;
  if (typeof told?.code === 'string' && typeof told.message === 'string')
    return new ApiFailure({
      code: told.code,
      message: told.message,
      hint: typeof told.hint === 'string' ? told.hint : undefined,
      ...facts,
    });
  return new ApiFailure({ code: 'E_CONSOLE', message: `The answer was ${answer.status} ${answer.statusText}, without a reason`, ...facts });
}
