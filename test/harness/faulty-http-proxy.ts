import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** What goes wrong with a request that matches. */
export type FaultAction =
  /** Answered here, in S3's XML (200: with nothing), and never forwarded. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection is reset, and the server never sees the request. */
  | { readonly kind: 'drop-before' }
  /** The server does the work, and its answer is lost. */
  | { readonly kind: 'drop-after' }
  /** No answer at all, until the proxy closes. */
  | { readonly kind: 'hang' }
  /** The header and the first `bytes` of the body, and then the connection is reset. */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** As `truncate`, but the connection stays open and silent. */
  | { readonly kind: 'stall'; readonly bytes: number }
  /** One bit of the last byte of the answer's body is turned. */
  | { readonly kind: 'tamper-answer' }
  /** The same of the body that the server receives. */
  | { readonly kind: 'tamper-request' }
  /**
   * Told by `reached`, then waits for `until`; before the server sees it, or after it did the work. Dropped if its sender is gone by then, unless `late` is
   * there: then the server sees it all the same, and `late` is told when it did the work.
   */
  | {
      readonly kind: 'hold';
      readonly what: 'request' | 'answer';
      readonly reached: () => void;
      readonly until: Promise<void>;
      readonly late?: () => void;
    }
  /** The server sees it so much later, also when its sender has gone meanwhile: a store that works on what was cut off. */
  | { readonly kind: 'late'; readonly milliseconds: number; readonly done: () => void }
  /** Where the server refuses it for its condition (412), `write` does the work by other means, and its etag is the answer: as if there were no condition. */
  | { readonly kind: 'ignore-condition'; readonly write: (request: SeenRequest, body: Buffer) => Promise<string> }
  /** Headers of the answer replaced. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> };

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly url: string;
}

export interface Fault {
  readonly method?: string;
  /** Of path and query. */
  readonly url?: RegExp;
  /** Only those that have this header; in lower case. */
  readonly header?: string;
  /** Matching requests that pass unharmed first; 0 unless told. */
  readonly after?: number;
  /** Matching requests that are then harmed; 1 unless told. */
  readonly times?: number;
  readonly action: FaultAction;
}

interface ArmedFault extends Fault {
  matched: number;
}

export interface FaultyHttpProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Every request so far, in order of arrival. */
  readonly requests: SeenRequest[];
  /** Takes effect with the next request; of several that match, the first harms. */
  arm(...faults: readonly Fault[]): void;
  /** Forgets all faults, and the requests so far. */
  reset(): void;
}

/**
 * A reverse proxy in front of an S3 server that spoils what it is told to. The Host header passes unchanged, so that
 * signatures made for the proxy's address stay valid. Bodies are held in memory.
 */
export async function startFaultyHttpProxy(target: string): Promise<FaultyHttpProxy> {
  const upstream = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const requests: SeenRequest[] = [];
  let armed: ArmedFault[] = [];
  const server = http.createServer((request, response) => {
    const seen = { method: request.method ?? '', url: request.url ?? '' };
    requests.push(seen);
    const action = chooseAction(armed, seen, request.headers);
    pass(request, response, { upstream, agent, action }).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    arm: (...faults) => armed.push(...faults.map((fault) => ({ ...fault, matched: 0 }))),
    reset: () => {
      armed = [];
      requests.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function chooseAction(armed: readonly ArmedFault[], seen: SeenRequest, headers: http.IncomingHttpHeaders): FaultAction | undefined {
  for (const fault of armed) {
    if (fault.method !== undefined && fault.method !== seen.method) continue;
    if (fault.url !== undefined && !fault.url.test(seen.url)) continue;
    if (fault.header !== undefined && headers[fault.header] === undefined) continue;
    fault.matched += 1;
    const { after = 0, times = 1 } = fault;
    if (fault.matched > after && fault.matched <= after + times) return fault.action;
  }
  return undefined;
}

interface Route {
  readonly upstream: URL;
  readonly agent: http.Agent;
  readonly action: FaultAction | undefined;
}

async function pass(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
  const { action } = route;
  if (action?.kind === 'drop-before') {
    request.socket.resetAndDestroy();
    return;
  }
  const sent = await readAll(request);
  if (!(await isToBeForwarded(request, response, action))) return;
  const answer = await forward(request, action?.kind === 'tamper-request' ? tampered(sent) : sent, route);
  const body = await readAll(answer);
  if (action?.kind === 'ignore-condition' && answer.statusCode === 412) {
    const etag = await action.write({ method: request.method ?? '', url: request.url ?? '' }, sent);
    response.writeHead(200, { etag }).end();
    return;
  }
  if (!(await isToBeAnswered(request, action))) return;
  if (action?.kind === 'drop-after') {
    request.socket.resetAndDestroy();
    return;
  }
  answerWith(response, answer, body, action);
}

async function isToBeForwarded(request: IncomingMessage, response: ServerResponse, action: FaultAction | undefined): Promise<boolean> {
  if (action?.kind === 'hang') return false;
  if (action?.kind === 'late') await setTimeout(action.milliseconds);
  if (action?.kind === 'hold' && action.what === 'request') return held(action, request);
  if (action?.kind === 'answer') answerHere(response, action);
  return action?.kind !== 'answer';
}

async function isToBeAnswered(request: IncomingMessage, action: FaultAction | undefined): Promise<boolean> {
  if (action?.kind === 'late') action.done();
  if (action?.kind !== 'hold') return true;
  if (action.what === 'answer') return held(action, request);
  action.late?.();
  return true;
}

function answerHere(response: ServerResponse, { status, code }: Extract<FaultAction, { kind: 'answer' }>): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  if (status === 200) response.end();
  else response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>made by the test</Message></Error>`);
}

/** Resolves to whether it goes on: somebody still waits for the answer, or nobody has to. */
async function held({ reached, until, late }: Extract<FaultAction, { kind: 'hold' }>, request: IncomingMessage): Promise<boolean> {
  reached();
  await until;
  return late !== undefined || !request.socket.destroyed;
}

function answerWith(response: ServerResponse, answer: IncomingMessage, body: Buffer, action: FaultAction | undefined): void {
  const replaced = action?.kind === 'headers' ? action.headers : {};
  response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...replaced });
  if (action?.kind === 'truncate' || action?.kind === 'stall') {
    response.write(body.subarray(0, action.bytes), () => {
      if (action.kind === 'truncate') response.destroy();
    });
    return;
  }
  response.end(action?.kind === 'tamper-answer' ? tampered(body) : body);
}

async function forward(request: IncomingMessage, body: Buffer, { upstream, agent }: Route): Promise<IncomingMessage> {
  const { method, url, headers } = request;
  const forwarded = http.request({ host: upstream.hostname, port: upstream.port, method, path: url, headers, agent });
  forwarded.end(body);
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  return answer;
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function tampered(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
}
