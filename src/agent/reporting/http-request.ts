import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { getCACertificates } from 'node:tls';
import { Failure, messageOf, type RetryAdvice } from '../../foundation/failure.ts';

/** How receivers are reached, beside their addresses. */
export interface HttpWay {
  /** Certificates to trust beside the usual ones. */
  readonly caPem: string | undefined;
  /** Of the process: `HTTPS_PROXY` and the like. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface HttpRequest {
  /** May be a secret: no sentence has more of it than its host. */
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Begins the sentence: `Cannot tell Slack of the backup`. */
  readonly attempt: string;
  readonly signal?: AbortSignal | undefined;
}

const timeoutMilliseconds = 10_000;
const mostOfAnswer = 65_536;

/**
 * Sends one request and resolves with the first 64 KiB of a 2xx answer. Redirects are not followed: what is sent is meant for one receiver.
 *
 * @throws Failure E_NOT_DELIVERED, with the advice to try again later where that may help; never with the address, which may be a secret
 */
export async function sendRequest(request: HttpRequest, way: HttpWay): Promise<Uint8Array> {
  const late = AbortSignal.timeout(timeoutMilliseconds);
  const signal = request.signal === undefined ? late : AbortSignal.any([late, request.signal]);
  const agent = agentFor(request.url, way);
  try {
    const response = await beginRequest(request, agent, signal);
    const body = await bodyOf(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return body;
    throw notDelivered(
      request.attempt,
      `it answered ${status}${status >= 300 && status < 400 ? ', which sends elsewhere' : ''}`,
      adviceFor(status),
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    request.signal?.throwIfAborted();
    if (late.aborted) throw notDelivered(request.attempt, 'no answer within 10 s', 'later');
    throw notDelivered(request.attempt, stateOf(error), isOfCertificate(error) ? 'never' : 'later');
  } finally {
    agent.destroy();
  }
}

/** What could not be delivered to a receiver; goes to the log. */
export function notDelivered(attempt: string, state: string, retry: RetryAdvice): Failure {
  return new Failure('E_NOT_DELIVERED', `${attempt}: ${state}`, {
    retry,
    hint: 'see that the receiver runs, can be reached from here, and takes what it is sent',
  });
}

function agentFor(url: URL, { caPem, environment }: HttpWay): http.Agent {
  const options = { proxyEnv: { ...environment } };
  if (url.protocol === 'http:') return new http.Agent(options);
  return new https.Agent({ ...options, ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }) });
}

function beginRequest({ url, method, headers, body }: HttpRequest, agent: http.Agent, signal: AbortSignal): Promise<IncomingMessage> {
  const { request } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    request(url, { method, headers: { 'user-agent': 'rootcellar', ...length, ...headers }, agent, signal }, resolve)
      .on('error', reject)
      .end(body);
  });
}

async function bodyOf(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes < mostOfAnswer) chunks.push(chunk);
    bytes += chunk.byteLength;
    // Nobody needs more; leaving the loop ends the connection.
    if (bytes >= mostOfAnswer) break;
  }
  return Buffer.concat(chunks).subarray(0, mostOfAnswer);
}

function adviceFor(status: number): RetryAdvice {
  return status === 408 || status === 425 || status === 429 || status >= 500 ? 'later' : 'never';
}

const states: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its host',
  ECONNRESET: 'it closed the connection',
};

/** Whether a certificate is in the way, which nothing but a change by somebody cures. */
export function isOfCertificate(error: unknown): boolean {
  return /certificate/i.test(messageOf(error));
}

/** Node's own messages name a host and an address at most. */
function stateOf(error: unknown): string {
  return states[(error as NodeJS.ErrnoException).code ?? ''] ?? messageOf(error);
}
