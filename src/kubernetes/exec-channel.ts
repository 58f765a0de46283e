import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { type Failure, interrupted, messageOf } from '../foundation/failure.ts';
import { type Asked, refusalOf, streamCut, tooOld, unreachable } from './kubernetes-failures.ts';
import { type ExecCall, type ExecEnd, keptErrorBytes, keptOutputBytes, Tail } from './pod-exec.ts';
import { type ExecStatus, parseExecStatus } from './exec-status.ts';

/** The subprotocol of the exec endpoint by which the end of an input can be told; the one before has no such message. */
const withEndOfInput = 'v5.channel.k8s.io';
const protocols = [withEndOfInput, 'v4.channel.k8s.io'];

/** The first byte of each message says of which stream it is. */
const channel = { input: 0, output: 1, errors: 2, status: 3, close: 255 } as const;

const handshakeMilliseconds = 30_000;
const goodbyeMilliseconds = 1000;
const pieceBytes = 64 * 1024;
/** How much may wait in memory, in each direction. */
const mostWaitingBytes = 1024 * 1024;
/** Of a living connection something is heard within this many pings. */
const mostUnanswered = 3;

export interface ChannelRequest {
  readonly url: string;
  readonly options: object;
  readonly asked: Asked;
  /** How often the other end is asked whether it is there. */
  readonly pingMilliseconds: number;
}

/**
 * One program in a container over one WebSocket. Resolves once its exit status came and all its output was taken; whatever else ends the connection
 * rejects.
 *
 * @throws Failure as the port `pod-exec.ts` says
 */
export function runOverChannel(request: ChannelRequest, call: ExecCall): Promise<ExecEnd & { readonly status: ExecStatus }> {
  return new ExecChannel(request, call).run();
}

class ExecChannel {
  readonly #request: ChannelRequest;
  readonly #call: ExecCall;
  readonly #socket: WebSocket;
  readonly #output = new Tail(keptOutputBytes);
  readonly #errors = new Tail(keptErrorBytes);
  #taking: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #unanswered = 0;
  #status: ExecStatus | undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(request: ChannelRequest, call: ExecCall) {
    this.#request = request;
    this.#call = call;
    this.#socket = new WebSocket(request.url, protocols, {
      ...request.options,
      handshakeTimeout: handshakeMilliseconds,
      perMessageDeflate: false,
    });
  }

  async run(): Promise<ExecEnd & { readonly status: ExecStatus }> {
    const { signal, attempt } = this.#call;
    const stop = (): void => this.#fail(interrupted(`The attempt to ${attempt}`));
    const heart = setInterval(() => this.#beat(), this.#request.pingMilliseconds);
    try {
      const ended = new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#listen(resolve);
      });
      // A failure may come while this is not awaited yet.
      ended.catch(() => undefined);
      signal?.addEventListener('abort', stop, { once: true });
      if (signal?.aborted === true) stop();
      await ended;
      // The status is written last, but what came before it may still be waiting to be taken.
      await this.#taking;
      if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
      const status = this.#status;
      if (status === undefined) throw this.#cut('no exit status came');
      return { status, exitCode: status.exitCode ?? 1, output: this.#output.text(), errors: this.#errors.text() };
    } finally {
      clearInterval(heart);
      signal?.removeEventListener('abort', stop);
      this.#fail = () => undefined;
      this.#end();
    }
  }

  #listen(resolve: () => void): void {
    const { attempt, url } = this.#request.asked;
    const socket = this.#socket;
    let isOpen = false;
    socket.on('open', () => {
      isOpen = true;
      if (this.#call.input !== undefined && socket.protocol !== withEndOfInput) return this.#fail(tooOld(attempt, url));
      if (this.#call.input !== undefined) this.#sendInput(this.#call.input).catch((error: unknown) => this.#fail(error));
    });
    socket.on('unexpected-response', (_request, response) => void this.#refuse(response));
    socket.on('error', (error) => this.#fail(isOpen ? this.#cut(messageOf(error)) : unreachable(attempt, url, error)));
    socket.on('close', (code) => {
      if (this.#status === undefined) this.#fail(this.#cut(`it was closed (${code}) before the exit status came`));
    });
    socket.on('pong', () => (this.#unanswered = 0));
    socket.on('message', (data: Buffer) => {
      this.#unanswered = 0;
      try {
        this.#take(data);
        if (this.#status !== undefined) resolve();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #take(message: Buffer): void {
    const piece = message.subarray(1);
    if (piece.length === 0) return;
    const from = message[0];
    if (from === channel.output) this.#handOver(piece);
    if (from === channel.errors) this.#errors.add(Buffer.from(piece));
    if (from === channel.status) this.#status = parseExecStatus(piece.toString('utf8'));
  }

  /** In the order of arrival, one at a time; when too much waits, no more is received. */
  #handOver(piece: Buffer): void {
    const { output } = this.#call;
    if (output === undefined) return this.#output.add(Buffer.from(piece));
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > mostWaitingBytes) this.#socket.pause();
    this.#taking = this.#taking.then(async () => {
      await output(piece);
      this.#waitingBytes -= piece.length;
      if (this.#waitingBytes <= mostWaitingBytes / 2 && this.#socket.isPaused) this.#socket.resume();
    });
    this.#taking.catch((error: unknown) => this.#fail(error));
  }

  async #sendInput(input: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of input) {
      for (let at = 0; at < piece.length; at += pieceBytes) {
        // The program may have ended without reading all; its status says why.
        if (this.#status !== undefined || this.#socket.readyState !== WebSocket.OPEN) return;
        await this.#send(Buffer.concat([Buffer.of(channel.input), piece.subarray(at, at + pieceBytes)]));
      }
    }
    await this.#send(Buffer.of(channel.close, channel.input));
  }

  /** Resolves at once while little waits, otherwise when this has left. */
  #send(message: Buffer): Promise<void> {
    return new Promise((resolve) => {
      // What cannot be sent ends the connection, which is told by its own events.
      this.#socket.send(message, () => resolve());
      if (this.#socket.bufferedAmount < mostWaitingBytes) resolve();
    });
  }

  /** A connection whose other end is gone without a word would be waited for without end. */
  #beat(): void {
    if (this.#socket.readyState !== WebSocket.OPEN || this.#socket.isPaused) return;
    if (this.#unanswered >= mostUnanswered) return this.#fail(this.#cut('nothing is heard of it any more'));
    this.#unanswered += 1;
    this.#socket.ping();
  }

  async #refuse(response: IncomingMessage): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of response) pieces.push(piece as Buffer);
    } catch {
      // What came of it has to do.
    }
    this.#fail(refusalOf(response.statusCode ?? 0, Buffer.concat(pieces).toString('utf8'), this.#request.asked));
  }

  #cut(state: string): Failure {
    return streamCut(this.#call.attempt, `pod "${this.#request.asked.pod}"`, state);
  }

  #end(): void {
    // An error that comes only now is no news to anybody.
    this.#socket.on('error', () => undefined);
    if (this.#status === undefined) return this.#socket.terminate();
    this.#socket.close();
    // The program has ended: a server that does not say good-bye too must not keep this process.
    setTimeout(() => this.#socket.terminate(), goodbyeMilliseconds).unref();
  }
}
