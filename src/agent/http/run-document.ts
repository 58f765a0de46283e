import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { CommandRunner } from '../command-runner.ts';
import { failureOf } from './answers.ts';

const mostBytes = 64 * 1024 * 1024;
const mostErrorBytes = 256 * 1024;

/**
 * Runs a command for the document that it prints with `--json`, whatever its size up to 64 MiB. Exit code 3 has one too.
 *
 * @throws Failure of the command, with its own code and exit code
 */
export async function runForDocument(runner: CommandRunner, words: readonly string[], signal?: AbortSignal): Promise<unknown> {
  const printed: Uint8Array[] = [];
  let bytes = 0;
  let errors = '';
  const tooLarge = new AbortController();
  const { exitCode, killedBy } = await runner.run(['--json', ...words], {
    signal: AbortSignal.any([tooLarge.signal, ...(signal === undefined ? [] : [signal])]),
    onOutput: ({ stream, bytes: chunk }) => {
      if (stream === 'stderr') {
        errors = `${errors}${Buffer.from(chunk).toString('utf8')}`.slice(-mostErrorBytes);
        return;
      }
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
  if (exitCode !== exitCodes.success && exitCode !== exitCodes.partial) throw commandFailure(words, errors, exitCode, killedBy);
  return JSON.parse(Buffer.concat(printed).toString('utf8')) as unknown;
}

/** The last failure among the JSON lines on its standard error. */
function commandFailure(words: readonly string[], errors: string, exitCode: number | undefined, killedBy: string | undefined): Failure {
  for (const line of errors.split('\n').toReversed()) {
    const told = toldIn(line);
    if (told !== undefined) return failureOf(told, exitCode);
  }
  const end = killedBy === undefined ? `it ended with exit code ${exitCode}` : `${killedBy} ended it`;
  return new Failure('E_COMMAND_KILLED', `Cannot answer with what "${words[0] ?? ''}" prints: ${end} without saying why`, {
    hint: "look at the agent's log; a process that needs more memory than there is ends like this",
  });
}

function toldIn(line: string): { code: string; message: string; hint?: string | undefined } | undefined {
  if (!line.startsWith('{"event":"error"')) return undefined;
  try {
    const { code, message, hint } = JSON.parse(line) as Record<string, unknown>;
    if (typeof code !== 'string' || typeof message !== 'string') return undefined;
    return { code, message, hint: typeof hint === 'string' ? hint : undefined };
  } catch {
    // A line that was cut off tells nothing.
    return undefined;
  }
}
