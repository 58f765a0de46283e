import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { CommandResult, CommandRunner } from '../command-runner.ts';
import { failureOf } from './answers.ts';

const mostBytes = 64 * 1024 * 1024;
const mostAtOnce = 4;
const mostWaiting = 32;

/** Runs commands for the documents that they print: four at once, as each is a process with its memory; up to 32 more wait for their turn. */
export class DocumentRuns {
  readonly #runner: CommandRunner;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(runner: CommandRunner) {
    this.#runner = runner;
  }

  /** @throws Failure of the command, with its own code and exit code; E_AGENT_BUSY (11) when too many wait already */
  async run(words: readonly string[], signal?: AbortSignal): Promise<unknown> {
    if (this.#running >= mostAtOnce) {
      if (this.#waiting.length >= mostWaiting) throw tooMany(words);
      // Whoever ends hands its place on, so that `#running` stays as it is.
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      signal?.throwIfAborted();
      return await runForDocument(this.#runner, words, signal);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function tooMany(words: readonly string[]): Failure {
  return new Failure('E_AGENT_BUSY', `Cannot run ${words[0] ?? ''}: ${mostWaiting} commands wait already for their turn at this agent`, {
    exitCode: exitCodes.busy,
    hint: 'wait until some of them have ended, and ask less often',
  });
}

/**
 * Runs a command for the document that it prints with `--json`, whatever its size up to 64 MiB. Exit code 3 has one too.
 *
 * @throws Failure of the command, with its own code and exit code
 */
async function runForDocument(runner: CommandRunner, words: readonly string[], signal?: AbortSignal): Promise<unknown> {
  const printed: Uint8Array[] = [];
  let bytes = 0;
  const tooLarge = new AbortController();
  const end = await runner.run(['--json', ...words], {
    signal: AbortSignal.any([tooLarge.signal, ...(signal === undefined ? [] : [signal])]),
    onOutput: ({ stream, bytes: chunk }) => {
      if (stream === 'stderr') return;
      bytes += chunk.byteLength;
      if (bytes > mostBytes) tooLarge.abort();
      else printed.push(chunk);
    },
  });
  if (tooLarge.signal.aborted) {
    throw new Failure('E_AGENT_TOO_LARGE', `Cannot answer with what "${words[0] ?? ''}" prints: it is more than 64 MiB`, {
      hint: 'run the command itself, by "rootcellar --agent URL …"',
    });
  }
  if (end.exitCode !== exitCodes.success && end.exitCode !== exitCodes.partial) throw commandFailure(words, end);
  return JSON.parse(Buffer.concat(printed).toString('utf8')) as unknown;
}

/** By what the command told, as the runner heard it. */
function commandFailure(words: readonly string[], { failure, exitCode, killedBy }: CommandResult): Failure {
  if (failure !== undefined) return failureOf(failure, exitCode);
  const end = killedBy === undefined ? `it ended with exit code ${exitCode}` : `${killedBy} ended it`;
  return new Failure('E_COMMAND_KILLED', `Cannot answer with what "${words[0] ?? ''}" prints: ${end} without saying why`, {
    hint: "look at the agent's log; a process that needs more memory than there is ends like this",
  });
}
