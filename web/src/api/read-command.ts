import type { CommandEvent } from '../../../src/agent/http/api-schemas.ts';
import type { ProgressEvent } from '../../../src/foundation/progress.ts';
import { ApiFailure, unreachable } from './api-failure.ts';
import { request, type RequestOptions } from './client.ts';

export interface ReadOptions extends RequestOptions {
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
}

/** Characters of a document; what is larger is none to look at. */
const mostCharacters = 32 * 1024 * 1024;

/**
 * Has the agent run a command that only reads, and resolves with the document that it prints with `--json`. When `signal` aborts, the command is stopped.
 *
 * @throws ApiFailure with the command's own sentence
 */
export async function readCommand<Result>(words: readonly string[], options: ReadOptions = {}): Promise<Result> {
  const told = await runToEnd(['--json', ...words], options);
  return JSON.parse(told.document(words)) as Result;
}

async function runToEnd(words: readonly string[], { signal, onProgress }: ReadOptions): Promise<Told> {
  const answer = await request('POST', '/commands', { words: [...words] }, { signal });
  if (answer.body === null) throw unreachable();
  const told = new Told(onProgress);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') told.take(JSON.parse(line) as CommandEvent);
  }
  return told;
}

/** What a command has told so far. */
class Told {
  readonly #onProgress: ReadOptions['onProgress'];
  #printed: string[] = [];
  #characters = 0;
  #errors = '';
  #failure: ApiFailure | undefined;
  #exitCode: number | null | undefined;

  constructor(onProgress: ReadOptions['onProgress']) {
    this.#onProgress = onProgress;
  }

  take(event: CommandEvent): void {
    if (event.kind === 'output' && event.stream === 'stdout') this.#print(textOf(event));
    else if (event.kind === 'output') this.#say(textOf(event));
    else if (event.kind === 'end') this.#exitCode = event.exitCode;
    else if (event.kind === 'failure') this.#failure = new ApiFailure({ ...event, status: 500 });
  }

  /** What was printed. Exit code 3 is done in part and 20 found damage: both have a document that says so. @throws ApiFailure */
  document(words: readonly string[]): string {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#exitCode === 0 || this.#exitCode === 3) return this.#printed.join('');
    if (this.#exitCode === 20 && this.#printed.length > 0) return this.#printed.join('');
    if (this.#exitCode === undefined) throw unreachable();
    const name = words.find((word) => !word.startsWith('-')) ?? 'the command';
    throw new ApiFailure({
      code: 'E_COMMAND_KILLED',
      message: `Cannot show what "${name}" prints: it ended ${this.#exitCode === null ? 'by a signal' : `with exit code ${this.#exitCode}`} without saying why`,
      hint: "look at the agent's log",
      status: 500,
    });
  }

  #print(text: string): void {
    this.#characters += text.length;
    if (this.#characters > mostCharacters) {
      throw new ApiFailure({
        code: 'E_CONSOLE_TOO_MUCH',
        message: 'Cannot show the answer: it is larger than 32 MiB',
        hint: 'ask for less, or run the command itself by "rootcellar --agent URL …"',
        status: 0,
      });
    }
    this.#printed.push(text);
  }

  #say(text: string): void {
    const lines = (this.#errors + text).split('\n');
    this.#errors = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (!line.startsWith('{')) return;
    const { event, ...facts } = JSON.parse(line) as { event: string } & Record<string, unknown>;
    if (event === 'error') this.#failure = new ApiFailure({ ...(facts as { code: string; message: string; hint?: string }), status: 500 });
    else this.#onProgress?.({ kind: event, ...facts } as ProgressEvent);
  }
}

function textOf(event: { readonly text?: string | undefined; readonly base64?: string | undefined }): string {
  return event.text ?? (event.base64 === undefined ? '' : atob(event.base64));
}
