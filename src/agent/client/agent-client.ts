import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Job } from '../../domain/run-record.ts';
import { Failure, messageOf } from '../../foundation/failure.ts';
import type { CommandOutput } from '../command-runner.ts';
import { failureOf } from '../http/answers.ts';
import { apiSchemas, type CommandEvent, type Run, type RunEvent, type SchemaName } from '../http/api-schemas.ts';
import { bodyOf, notUnderstood, parseJson, type AgentConnection } from './agent-connection.ts';

/** Three beats that did not come. */
const mostSilence = 50_000;
const mostDocumentBytes = 64 * 1024 * 1024;

type Document<Name extends SchemaName> = z.output<(typeof apiSchemas)[Name]>;

export interface CommandEnd {
  /** Undefined where a signal killed it. */
  readonly exitCode: number | undefined;
  readonly killedBy: string | undefined;
}

/** What the API of one agent gives, in the forms of its own schemas. Rejects with the failures of {@link AgentConnection.ask}. */
export class AgentClient {
  readonly #connection: AgentConnection;

  constructor(connection: AgentConnection) {
    this.#connection = connection;
  }

  get url(): string {
    return this.#connection.url;
  }

  async status(signal?: AbortSignal): Promise<Document<'Status'>> {
    return this.#document('Status', await this.#connection.ask({ method: 'GET', path: '/api/v1/status', signal }));
  }

  /** Puts a run into the agent's queue. */
  async requestRun(job: Job, words: readonly string[], signal?: AbortSignal): Promise<Run> {
    return this.#document('Run', await this.#connection.ask({ method: 'POST', path: '/api/v1/runs', body: { job, words }, signal }));
  }

  async cancelRun(id: string): Promise<void> {
    await this.#document('Canceled', await this.#connection.ask({ method: 'POST', path: `/api/v1/runs/${encodeURIComponent(id)}/cancel` }));
  }

  /** A run as it goes on; ends with the event `end`. */
  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<RunEvent> {
    const path = `/api/v1/runs/${encodeURIComponent(id)}/events`;
    const answer = await this.#connection.ask({ method: 'GET', path, signal, mostSilence });
    for await (const line of this.#lines(answer, signal)) {
      if (!line.startsWith('data: ')) continue;
      const event = this.#read('RunEvent', line.slice('data: '.length));
      yield event;
      if (event.kind === 'end') return;
    }
    throw this.#lost('the run goes on', undefined);
  }

  /**
   * Runs a command at the agent. What it prints is given to `onOutput`, in its order; nothing more is read before what that returns resolves. An
   * abort stops the command there, and its end is waited for.
   */
  async runCommand(words: readonly string[], options: RemoteCommandOptions): Promise<CommandEnd> {
    const gone = new AbortController();
    let cancel = (): void => gone.abort(options.signal?.reason);
    const heed = (): void => cancel();
    options.signal?.throwIfAborted();
    options.signal?.addEventListener('abort', heed, { once: true });
    try {
      const answer = await this.#connection.ask({
        method: 'POST',
        path: '/api/v1/commands',
        body: { words },
        signal: gone.signal,
        mostSilence,
      });
      for await (const line of this.#lines(answer, gone.signal)) {
        const event = this.#read('CommandEvent', line);
        if (event.kind === 'begin') cancel = () => void this.#cancelCommand(event.id, () => gone.abort(options.signal?.reason));
        else if (event.kind === 'output') await options.onOutput(chunkOf(event));
        else if (event.kind === 'failure') throw failureOf(event, event.exitCode);
        else if (event.kind === 'end') return { exitCode: event.exitCode ?? undefined, killedBy: event.killedBy ?? undefined };
      }
      throw this.#lost('it stops the command', undefined);
    } finally {
      options.signal?.removeEventListener('abort', heed);
    }
  }

  /** What cannot be canceled by asking is canceled by going. */
  async #cancelCommand(id: string, leave: () => void): Promise<void> {
    try {
      const path = `/api/v1/commands/${encodeURIComponent(id)}/cancel`;
      (await this.#connection.ask({ method: 'POST', path })).resume();
    } catch {
      leave();
    }
  }

  async *#lines(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<string> {
    let rest = '';
    try {
      for await (const text of answer.setEncoding('utf8') as AsyncIterable<string>) {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield line;
      }
      if (rest !== '') yield rest;
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#lost('what it does is not known', error);
    }
  }

  async #document<Name extends SchemaName>(name: Name, answer: IncomingMessage): Promise<Document<Name>> {
    return this.#read(
      name,
      await bodyOf(answer, mostDocumentBytes).catch((error: unknown) => Promise.reject(this.#lost('it was asked', error))),
    );
  }

  #read<Name extends SchemaName>(name: Name, text: string): Document<Name> {
    const document = apiSchemas[name].safeParse(parseJson(text));
    // The schema of this name has this output.
    if (document.success) return document.data as Document<Name>;
    throw notUnderstood(this.url, `what it sent is no ${name} of this version`);
  }

  #lost(state: string, cause: unknown): Failure {
    const why = cause === undefined ? '' : ` (${messageOf(cause)})`;
    return new Failure('E_AGENT_LOST', `The connection to the agent at ${this.url} broke before the end${why}: ${state}`, {
      cause,
      hint: 'see what it did with "rootcellar --agent URL runs", or in its log',
    });
  }
}

export interface RemoteCommandOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onOutput: (chunk: CommandOutput) => Promise<void> | void;
}

function chunkOf({ stream, text, base64 }: CommandEvent & { kind: 'output' }): CommandOutput {
  return { stream, bytes: text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text) };
}
