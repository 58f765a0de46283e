import type { Clock } from '../../foundation/clock.ts';
import { EventStreams } from './event-streams.ts';
import type { KeptCommandEvent } from './api-schemas.ts';
import type { KeptCommand } from './kept-command.ts';
import type { KeptCommands, KeptEvent } from './kept-commands.ts';

/** One event has the command's document, which may be of 1 MiB. */
const mostWaitingBytes = 4 * 1024 * 1024;

/**
 * Follows a kept command as server-sent events: `command` with all that was told so far, then `progress`, at last `end`. Whoever asks again after a lost
 * connection begins with `command` once more, and loses nothing.
 */
export class KeptCommandFollowers {
  readonly #commands: KeptCommands;
  readonly #streams: EventStreams<KeptCommandEvent>;

  constructor(commands: KeptCommands, clock: Clock) {
    this.#commands = commands;
    this.#streams = new EventStreams(clock, mostWaitingBytes);
  }

  follow(command: KeptCommand): ReadableStream<Uint8Array> {
    const stopListening = this.#commands.onEvent((event) => {
      if (event.command === command) stream.tell(eventOf(event));
    });
    const stream = this.#streams.open(stopListening);
    stream.tell({ kind: 'command', command: command.summary() });
    if (command.endedAt !== undefined) stream.tell({ kind: 'end', command: command.document() });
    return stream.body;
  }

  /** Ends what is followed; the commands go on. */
  stop(): void {
    this.#streams.stop();
  }
}

function eventOf(event: KeptEvent): KeptCommandEvent {
  if (event.kind === 'progress') return { kind: 'progress', event: event.event };
  return { kind: 'end', command: event.command.document() };
}
