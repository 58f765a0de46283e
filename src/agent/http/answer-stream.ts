import type { Clock } from '../../foundation/clock.ts';

const bufferedBytes = 256 * 1024;
const heartbeatMilliseconds = 15_000;

export interface AnswerStreamOptions {
  readonly clock: Clock;
  /** What is written when nothing else was for a while, so that nobody on the way takes the connection for dead. */
  readonly heartbeat: string;
  /** Bytes that may wait for a client that reads too slowly; with more the stream ends as if the client had gone. */
  readonly mostWaiting: number;
  /** Called once when the client has gone, or is taken to have. */
  readonly onGone: () => void;
}

/** An answer that comes bit by bit. */
export class AnswerStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: AnswerStreamOptions;
  readonly #ended = new AbortController();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #whenRead: (() => void)[] = [];
  #lastWrite: number;

  constructor(options: AnswerStreamOptions) {
    this.#options = options;
    this.#lastWrite = options.clock.now().getTime();
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#wake(),
        cancel: () => this.#leave(),
      },
      { highWaterMark: bufferedBytes, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    void this.#beat();
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Writes `text`. Resolves once the client has read enough of what came before for more to be of use, or has gone. */
  write(text: string): Promise<void> {
    if (this.isOver || this.#controller === undefined) return Promise.resolve();
    this.#controller.enqueue(Buffer.from(text));
    this.#lastWrite = this.#options.clock.now().getTime();
    const room = this.#controller.desiredSize ?? 0;
    if (room > 0) return Promise.resolve();
    if (-room > this.#options.mostWaiting) {
      this.#controller.error(new Error('the client reads too slowly'));
      this.#leave();
      return Promise.resolve();
    }
    return new Promise((resolve) => void this.#whenRead.push(resolve));
  }

  /** Ends the answer; what was written is still sent. */
  end(): void {
    if (this.isOver) return;
    this.#ended.abort();
    this.#controller?.close();
    this.#wake();
  }

  /** The client has gone: nothing more is written. */
  #leave(): void {
    if (this.isOver) return;
    this.#ended.abort();
    this.#wake();
    this.#options.onGone();
  }

  #wake(): void {
    const waiting = this.#whenRead;
    this.#whenRead = [];
    for (const resolve of waiting) resolve();
  }

  async #beat(): Promise<void> {
    const { clock, heartbeat } = this.#options;
    while (!this.isOver) {
      // Ends early when the answer has.
      await clock.sleep(heartbeatMilliseconds, this.#ended.signal).catch(() => undefined);
      if (this.isOver || clock.now().getTime() - this.#lastWrite < heartbeatMilliseconds) continue;
      void this.write(heartbeat);
    }
  }
}
