import net from 'node:net';
import tls from 'node:tls';

import type { AnswerReceiver } from './answer-receiver.ts';

export interface GetRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
  /** Path and query, encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The connection ended in the middle of a body. */
export class BodyCut extends Error {
  readonly received: number;
  readonly expected: number;

  constructor(received: number, expected: number, cause: unknown) {
    super(`the body ended after ${received} of ${expected} bytes`, { cause });
    this.received = received;
    this.expected = expected;
  }
}

/** A request's worth of these costs the system few calls, and what was received is still in the processor's cache when it is copied. */
const bufferBytes = 512 * 1024;

interface Exchange {
  readonly receiver: AnswerReceiver;
  readonly end: (ending: 'answered' | 'not for us' | Error) => void;
}

export interface ConnectionOptions extends Pick<GetRequest, 'protocol' | 'hostname' | 'port'> {
  readonly ca: readonly string[] | undefined;
  readonly requestTimeoutMilliseconds: number;
}

/** A connection that reads into one buffer; one request at a time. */
export class ReceivingConnection {
  onClosed: () => void = () => undefined;
  readonly #socket: net.Socket;
  readonly #opened: string;
  #exchange: Exchange | undefined;

  constructor({ protocol, hostname, port, ca, requestTimeoutMilliseconds }: ConnectionOptions) {
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const onread = {
      buffer: Buffer.allocUnsafeSlow(bufferBytes),
      callback: (length: number, buffer: Uint8Array): boolean => {
        this.#take(buffer.subarray(0, length));
        return true;
      },
    };
    const options = { host, port, onread };
    const isSecure = protocol === 'https:';
    this.#opened = isSecure ? 'secureConnect' : 'connect';
    // A server name is no address (RFC 6066 §3).
    const name = net.isIP(host) === 0 ? { servername: host } : {};
    this.#socket = isSecure ? tls.connect({ ...options, ...name, ...(ca !== undefined && { ca: [...ca] }) }) : net.connect(options);
    this.#socket.setNoDelay(true);
    this.#socket.setTimeout(requestTimeoutMilliseconds);
    this.#socket.on('timeout', () => {
      if (this.#exchange !== undefined) this.#socket.destroy(timeoutError());
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => {
      this.#fail(closedError());
      this.onClosed();
    });
  }

  /** Resolves once it can be used. @throws the error of the system, `TimeoutError`, the reason of an abort */
  opened(timeoutMilliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => settle(() => reject(signal?.reason as Error));
      const onError = (error: Error): void => settle(() => reject(error));
      const timer = setTimeout(() => settle(() => reject(timeoutError())), timeoutMilliseconds);
      const onOpened = (): void => {
        clearTimeout(timer);
        this.#socket.off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const settle = (tell: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#socket.off(this.#opened, onOpened);
        this.#socket.destroy();
        tell();
      };
      this.#socket.once(this.#opened, onOpened);
      this.#socket.once('error', onError);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** @throws BodyCut, the error of the system, `TimeoutError`, the reason of an abort; then it is not to be used again */
  exchange(request: GetRequest, receiver: AnswerReceiver, signal: AbortSignal | undefined): Promise<'answered' | 'not for us'> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#exchange = undefined;
        this.#socket.destroy();
        reject(signal?.reason as Error);
      };
      const end = (ending: 'answered' | 'not for us' | Error): void => {
        this.#exchange = undefined;
        signal?.removeEventListener('abort', onAbort);
        if (ending instanceof Error) reject(ending);
        else resolve(ending);
      };
      this.#exchange = { receiver, end };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#socket.destroyed) end(closedError());
      else this.#socket.write(encodeRequest(request), 'latin1');
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    // Nobody asked for anything: what comes now would be taken for the answer to the next request.
    if (this.#exchange === undefined) {
      this.#socket.destroy();
      return;
    }
    const ending = this.#exchange.receiver.take(bytes);
    if (ending !== 'go on') this.#exchange.end(ending);
  }

  #fail(error: Error): void {
    const progress = this.#exchange?.receiver.progress;
    this.#exchange?.end(progress === undefined ? error : new BodyCut(progress.received, progress.expected, error));
  }
}

function encodeRequest({ target, headers }: GetRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}connection: keep-alive\r\n\r\n`;
}

function timeoutError(): Error {
  return Object.assign(new Error('the other side is silent'), { name: 'TimeoutError' });
}

function closedError(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}
