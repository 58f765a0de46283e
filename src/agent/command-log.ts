import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';
import type { RunFailure } from '../domain/run-record.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { progressEvent } from './progress-schema.ts';

const mostLines = 50;
const mostCharacters = 1000;

const errorSchema = z.object({ kind: z.literal('error'), code: z.string(), message: z.string(), hint: z.string().optional() });
const eventSchema = z.union([progressEvent, errorSchema]);

/** Reads what a command tells on its standard error with `--json`: its progress, its failure, and the last lines for people. */
export class CommandLog {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onProgress: ((event: ProgressEvent) => void) | undefined;
  #rest = '';
  #lines: string[] = [];
  #failure: RunFailure | undefined;

  constructor(onProgress?: (event: ProgressEvent) => void) {
    this.#onProgress = onProgress;
  }

  get failure(): RunFailure | undefined {
    return this.#failure;
  }

  /** The last lines, the oldest first. */
  lines(): readonly string[] {
    return this.#rest === '' ? this.#lines : [...this.#lines, this.#rest.slice(0, mostCharacters)];
  }

  add(bytes: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    // A line without an end must not grow for ever.
    this.#rest = (lines.pop() ?? '').slice(0, 64 * 1024);
    for (const line of lines) this.#addLine(line.trimEnd());
  }

  #addLine(line: string): void {
    const event = eventOf(line);
    if (event?.kind === 'error') this.#failure = { code: event.code, message: event.message, hint: event.hint };
    else if (event !== undefined) this.#onProgress?.(event);
    const text = event === undefined ? line : textOf(event);
    if (text !== '') this.#lines = [...this.#lines, text.slice(0, mostCharacters)].slice(-mostLines);
  }
}

type LoggedEvent = z.output<typeof eventSchema>;

/** The command line calls `event` what is `kind` elsewhere. */
function eventOf(line: string): LoggedEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { event: kind, ...facts } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return eventSchema.safeParse({ ...facts, kind }).data;
  } catch {
    return undefined;
  }
}

/** One line for people; empty for what is of no interest afterwards. */
function textOf(event: LoggedEvent): string {
  switch (event.kind) {
    case 'begin':
      return `${event.step} …`;
    case 'advance':
    case 'plan':
    case 'stage':
      return '';
    case 'end':
      return `${event.step}: ${event.isBad === true ? 'bad' : 'done'}${event.note === undefined ? '' : ` (${event.note})`}`;
    case 'note':
      return event.level === 'warning' ? `warning: ${event.text}` : event.text;
    case 'error':
      return `${event.code}: ${event.message}`;
  }
}
