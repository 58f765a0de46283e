/** A stream that says whether it has room, as those of tar-stream do, which are not Node's own. */
interface Sink {
  write(piece: Uint8Array): boolean;
  end(piece: null): unknown;
  on(event: 'drain' | 'finish' | 'close' | 'error', listener: (error?: unknown) => void): unknown;
}

/** Writes piece by piece, each when there is room. One waiting promise at a time, and none that outlives its wait: a transfer has a million of them. */
export class PatientWriter {
  readonly #sink: Sink;
  #state: 'open' | 'finished' | 'closed' = 'open';
  #error: unknown;
  #waiting: (() => void) | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
    sink.on('drain', () => this.#wake());
    sink.on('error', (error) => {
      this.#error = error;
      this.#state = 'closed';
      this.#wake();
    });
    sink.on('finish', () => {
      this.#state = 'finished';
      this.#wake();
    });
    sink.on('close', () => {
      if (this.#state === 'open') this.#state = 'closed';
      this.#wake();
    });
  }

  /** Rejects when the stream was closed. */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#state === 'open' && this.#sink.write(piece)) return;
    if (this.#state === 'open') await this.#wait();
    this.#assertNotClosed();
  }

  /** Resolves when all has gone out. */
  async end(): Promise<void> {
    if (this.#state === 'open') {
      this.#sink.end(null);
      while (this.#state === 'open') await this.#wait();
    }
    this.#assertNotClosed();
  }

  #assertNotClosed(): void {
    if (this.#state === 'closed') throw this.#error instanceof Error ? this.#error : new Error('the stream was closed');
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
