import type { Clock } from '../../foundation/clock.ts';
import { AnswerStream } from './answer-stream.ts';

export interface EventStream<Event> {
  readonly body: ReadableStream<Uint8Array>;
  /** Writes one more event; the one of kind `end` is the last. */
  tell(event: Event): void;
  /** Ends it without an event. */
  leave(): void;
}

/** Answers that are server-sent events (WHATWG HTML 9.2), whose name is the event's kind and whose data is the whole event. */
export class EventStreams<Event extends { readonly kind: string }> {
  readonly #clock: Clock;
  readonly #mostWaiting: number;
  readonly #streams = new Set<AnswerStream>();

  /** `mostWaiting`: bytes that may wait for a client that reads too slowly. */
  constructor(clock: Clock, mostWaiting: number) {
    this.#clock = clock;
    this.#mostWaiting = mostWaiting;
  }

  /** Opens one; `onOver` is called when it has ended or its client has gone, and must not mind being called twice. */
  open(onOver: () => void): EventStream<Event> {
    const forget = (): void => {
      onOver();
      this.#streams.delete(stream);
    };
    const stream = new AnswerStream({ clock: this.#clock, heartbeat: ': alive\n\n', mostWaiting: this.#mostWaiting, onGone: forget });
    this.#streams.add(stream);
    const leave = (): void => {
      forget();
      stream.end();
    };
    return {
      body: stream.body,
      leave,
      tell: (event) => {
        if (stream.isOver) return;
        void stream.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
        if (event.kind === 'end') leave();
      },
    };
  }

  /** Ends all of them. */
  stop(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }
}
