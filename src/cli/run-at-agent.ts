import type { AgentClient } from '../agent/client/agent-client.ts';
import type { CommandOutput } from '../agent/command-runner.ts';
import { exitCodes, Failure, knownExitCode, type ExitCode } from '../foundation/failure.ts';
import { commandWords } from './command-words.ts';
import type { Command } from './define-command.ts';

type Input = Readonly<Record<string, unknown>>;

export interface RemoteSurroundings {
  readonly agent: AgentClient;
  /** Of `--json`, `--quiet` and `--debug` those that were given. */
  readonly manner: readonly string[];
  readonly signal: AbortSignal;
  /** Takes what the command prints; resolves once more may come. */
  readonly write: (chunk: CommandOutput) => Promise<void>;
  /** Asks at the terminal; rejects where the answer is another. */
  readonly confirm: (what: string, typed?: string) => Promise<void>;
}

/**
 * Has the agent run the command, and resolves with its exit code. What asks at a terminal is asked about here: first the plan, then the question, then the
 * command with `--yes`; of a snapshot that was named by another word than its ID, the one that the plan showed.
 */
export async function runAtAgent(command: Command, input: Input, around: RemoteSurroundings): Promise<ExitCode> {
  const asks = 'plan' in command.options && 'yes' in command.options;
  if (!asks || input['plan'] === true || input['yes'] === true) return run(command, input, around);
  const fixed = { ...input, ...(await fixedSnapshot(command, input, around)) };
  const isShown = !around.manner.includes('--json') && !around.manner.includes('--quiet');
  const planned = await run(command, { ...fixed, plan: true }, isShown ? around : { ...around, write: withoutOutput(around.write) });
  if (planned !== exitCodes.success) return planned;
  const { name, group } = await around.agent.status(around.signal);
  const what = `${commandWords(command, { ...input, server: undefined })
    .join(' ')
    .replace(' -- ', ' ')} at the agent ${name}`;
  await around.confirm(what, input['topology'] === true ? group : undefined);
  return run(command, { ...fixed, yes: true }, around);
}

async function run(command: Command, input: Input, { agent, manner, signal, write }: RemoteSurroundings): Promise<ExitCode> {
  const { exitCode, killedBy } = await agent.runCommand([...manner, ...commandWords(command, input)], { signal, onOutput: write });
  if (exitCode === undefined) {
    throw new Failure(
      'E_COMMAND_KILLED',
      `The command ended early at the agent: its process was killed (${killedBy ?? 'nobody says by what'})`,
      {
        hint: "look at the agent's memory limit and its log, and run it again",
      },
    );
  }
  return knownExitCode(exitCode);
}

/** The ID of the snapshot that `latest` is now: by the time that the question is answered it may be another. */
async function fixedSnapshot(command: Command, input: Input, around: RemoteSurroundings): Promise<{ readonly id?: string }> {
  const { id, server } = input;
  if (!('id' in command.arguments) || typeof id !== 'string') return {};
  const words = ['--json', 'show', ...(typeof server === 'string' ? [`--server=${server}`] : []), '--', id];
  const printed: Uint8Array[] = [];
  const { exitCode } = await around.agent.runCommand(words, {
    signal: around.signal,
    onOutput: ({ stream, bytes }) => void (stream === 'stdout' && printed.push(bytes)),
  });
  // What is wrong with it is said by the command itself, in its own words.
  if (exitCode !== exitCodes.success) return {};
  const shown = JSON.parse(Buffer.concat(printed).toString('utf8')) as { readonly id?: unknown };
  return typeof shown.id === 'string' ? { id: shown.id } : {};
}

function withoutOutput(write: RemoteSurroundings['write']): RemoteSurroundings['write'] {
  return (chunk) => (chunk.stream === 'stdout' ? Promise.resolve() : write(chunk));
}
