import { ApiFailure, failureOfAnswer, unreachable } from './api-failure.ts';
import { csrfToken, forgetSession, session, type Session } from './session-state.ts';

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Asks for a document. `path` from `/api/v1` on. @throws ApiFailure; DOMException AbortError when `signal` aborts */
export async function getDocument<Result>(path: string, options: RequestOptions = {}): Promise<Result> {
  const answer = await request('GET', path, undefined, options);
  return (await answer.json()) as Result;
}

/** Sends what changes something. @throws ApiFailure; DOMException AbortError when `signal` aborts */
export async function sendDocument<Result>(
  method: 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  options: RequestOptions = {},
): Promise<Result> {
  const answer = await request(method, path, body, options);
  return (await answer.json()) as Result;
}

/**
 * One request of the API, with the session's cookie and, where it changes something, the token that no other page knows. Where that token has become another,
 * as somebody signed in anew in another tab or the agent was started anew, it is asked for, and the request is made once more: nothing was done by the first.
 */
export async function request(method: string, path: string, body: unknown, options: RequestOptions): Promise<Response> {
  try {
    return await requestOnce(method, path, body, options);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'E_AGENT_CSRF') throw error;
    session.value = await getDocument<Session>('/session', options);
    return requestOnce(method, path, body, options);
  }
}

async function requestOnce(method: string, path: string, body: unknown, { signal }: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken() !== undefined) headers['x-rootcellar-csrf'] = csrfToken() ?? '';
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof TypeError ? unreachable() : error;
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== '/session') forgetSession();
  throw await failureOfAnswer(answer);
}
