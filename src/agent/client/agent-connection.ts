import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { Failure, messageOf, wrongUsage } from '../../foundation/failure.ts';
import type { Secret } from '../../foundation/secret.ts';
import { failureOf } from '../http/answers.ts';
import { apiSchemas } from '../http/api-schemas.ts';
import { isLoopback } from '../http/listening.ts';

export interface AgentPlace {
  /** `https://ds-0.ds:7373`, with a path in front of the API's where something stands between. */
  readonly url: string;
  readonly token: Secret | undefined;
  /** PEM of the certificates to trust; otherwise those of the system. */
  readonly ca?: string | undefined;
  /** The certificate is known by itself, whatever names it has: for an agent beside which this runs. */
  readonly isPinned?: boolean;
}

export interface AgentRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which the connection counts as lost; for answers that beat. */
  readonly mostSilence?: number;
}

const connectMilliseconds = 10_000;
const mostFailureBytes = 64 * 1024;

/** Asks one agent. */
export class AgentConnection {
  readonly url: string;
  readonly #place: AgentPlace;
  readonly #base: URL;

  /** @throws Failure E_USAGE (exit code 2) for what is no address, or one to which the token would go in the clear */
  constructor(place: AgentPlace) {
    this.#place = place;
    this.#base = baseOf(place.url);
    this.url = place.url;
    const isOpen = this.#base.protocol === 'http:' && !isLoopback(this.#base.hostname.replace(/^\[(.*)\]$/, '$1'));
    if (isOpen) {
      throw wrongUsage(
        `Cannot use the agent at ${place.url}: without TLS the token could be read on the way`,
        'write an https:// address, or forward a port and use http://127.0.0.1:PORT',
      );
    }
  }

  /**
   * Resolves with the answer once its head is there.
   *
   * @throws Failure that the agent told, E_AGENT_UNREACHABLE, E_AGENT_ANSWER (exit code 1) where what answers is no agent; the signal's reason
   */
  async ask(request: AgentRequest): Promise<http.IncomingMessage> {
    request.signal?.throwIfAborted();
    const answer = await this.#send(request).catch((error: unknown) => {
      request.signal?.throwIfAborted();
      throw unreachable(this.url, error);
    });
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw await this.#told(answer);
  }

  async #send({ method, path, body, signal, mostSilence }: AgentRequest): Promise<http.IncomingMessage> {
    const { token, ca, isPinned } = this.#place;
    const url = new URL(`${this.#base.pathname.replace(/\/$/, '')}${path}`, this.#base);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json, application/x-ndjson, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    const options = { method, headers, agent: false, ...(signal === undefined ? {} : { signal }) };
    const request =
      url.protocol === 'http:'
        ? http.request(url, options)
        : https.request(url, {
            ...options,
            minVersion: 'TLSv1.2',
            ...(ca === undefined ? {} : { ca }),
            ...(isPinned === true ? { allowPartialTrustChain: true, checkServerIdentity: () => undefined } : {}),
          });
    request.on('socket', (socket) => {
      socket.setKeepAlive(true, 30_000);
      socket.setTimeout(connectMilliseconds, () => {
        if (socket.connecting) request.destroy(new Error('it took too long to connect'));
      });
    });
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    request.end(text);
    const [answer] = await answered;
    answer.setTimeout(mostSilence ?? 0, () => answer.destroy(new Error('nothing came any more')));
    return answer;
  }

  async #told(answer: http.IncomingMessage): Promise<Failure> {
    const document = apiSchemas.Failure.safeParse(await bodyOf(answer, mostFailureBytes).then(parseJson, () => undefined));
    if (document.success) return failureOf(document.data, document.data.exitCode);
    return notUnderstood(this.url, `it answered with ${answer.statusCode} and no failure of an agent`);
  }
}

/** The body as text, of which at most `mostBytes` are read. */
export async function bodyOf(answer: http.IncomingMessage, mostBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error('the answer is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function notUnderstood(url: string, state: string): Failure {
  return new Failure('E_AGENT_ANSWER', `Cannot understand what answers at ${url}: ${state}`, {
    hint: 'see whether the address is that of an agent, of the same version as this program, and what stands between',
  });
}

function unreachable(url: string, error: unknown): Failure {
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  const isCertificate = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|TLS|SSL/.test(code);
  // A name with several addresses fails with all of their errors, and no words.
  const state = messageOf(error) || code || 'the connection failed';
  return new Failure('E_AGENT_UNREACHABLE', `Cannot reach the agent at ${url}: ${state}`, {
    cause: error,
    hint: isCertificate
      ? 'name the certificates to trust with agent.caFile (--agent-ca-file), or use a name for which its certificate is made'
      : 'see whether the agent runs, what its agent.listen says, and whether the port is open from here',
  });
}

function baseOf(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  const isHttp = base?.protocol === 'http:' || base?.protocol === 'https:';
  if (base !== undefined && isHttp && base.username === '' && base.password === '' && base.search === '' && base.hash === '') return base;
  throw wrongUsage(
    'Cannot use the address of the agent: it is no http:// or https:// address without a user, a query or a fragment',
    'write for example --agent https://ds-0.ds:7373',
  );
}
