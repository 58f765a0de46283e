import { AnswerReceiver, type ReceivedAnswer } from './answer-receiver.ts';
import { type GetRequest, ReceivingConnection } from './receiving-connection.ts';

export interface ReceivingClientOptions {
  /** Certificates to trust; undefined: the default roots. */
  readonly ca?: readonly string[] | undefined;
  readonly connectTimeoutMilliseconds: number;
  /** Until the answer begins, and between two pieces of it. */
  readonly requestTimeoutMilliseconds: number;
}

/**
 * A client for large bodies that are wanted in memory of the caller's own. Node's `http` gives a body out in fresh buffers of 64 KiB, each copied once
 * before: that takes four times the processor time of reading into one buffer and copying from there, which is more than all that is done with the content.
 *
 * Only what is plain is taken: GET, an answer of HTTP/1.1 with a known length. For everything else see {@link get}.
 */
export class ReceivingClient {
  readonly #options: ReceivingClientOptions;
  readonly #idle = new Map<string, ReceivingConnection[]>();
  readonly #open = new Set<ReceivingConnection>();

  constructor(options: ReceivingClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a GET, and puts the body of a successful answer into `into`. Resolves to undefined where the answer is one for a whole HTTP client, or does not fit:
   * the request may then be sent again by such a one, as a GET changes nothing.
   *
   * @throws BodyCut, or an error with the `code` of the system, or of the name `TimeoutError` as the SDK names it; the reason of an abort
   */
  async get(request: GetRequest, into: Uint8Array, signal: AbortSignal | undefined): Promise<ReceivedAnswer | undefined> {
    signal?.throwIfAborted();
    const origin = `${request.protocol}//${request.hostname}:${request.port}`;
    const kept = this.#idle.get(origin)?.pop();
    if (kept !== undefined) {
      const receiver = new AnswerReceiver(into);
      try {
        return await this.#exchange(origin, kept, request, receiver, signal);
      } catch (error) {
        // The other side may end a connection that is not used; then it has not seen the request.
        if (signal?.aborted === true || receiver.hasBegun || isTimeout(error)) throw error;
      }
    }
    const connection = await this.#connect(request, signal);
    return this.#exchange(origin, connection, request, new AnswerReceiver(into), signal);
  }

  close(): void {
    for (const connection of this.#open) connection.end();
    this.#idle.clear();
  }

  async #connect({ protocol, hostname, port }: GetRequest, signal: AbortSignal | undefined): Promise<ReceivingConnection> {
    const { ca, connectTimeoutMilliseconds, requestTimeoutMilliseconds } = this.#options;
    const connection = new ReceivingConnection({ protocol, hostname, port, ca, requestTimeoutMilliseconds });
    this.#open.add(connection);
    connection.onClosed = () => this.#open.delete(connection);
    await connection.opened(connectTimeoutMilliseconds, signal);
    return connection;
  }

  async #exchange(
    origin: string,
    connection: ReceivingConnection,
    request: GetRequest,
    receiver: AnswerReceiver,
    signal: AbortSignal | undefined,
  ): Promise<ReceivedAnswer | undefined> {
    const ending = await connection.exchange(request, receiver, signal);
    if (ending === 'not for us') {
      connection.end();
      return undefined;
    }
    const { answer } = receiver;
    if (answer.head.isKept) this.#keep(origin, connection);
    else connection.end();
    return answer;
  }

  #keep(origin: string, connection: ReceivingConnection): void {
    const idle = this.#idle.get(origin) ?? [];
    this.#idle.set(origin, idle);
    idle.push(connection);
    connection.onClosed = () => {
      this.#open.delete(connection);
      if (idle.includes(connection)) idle.splice(idle.indexOf(connection), 1);
    };
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
