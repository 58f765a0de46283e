import type { Archive } from '../../src/archive/archive.ts';
import { allCommands } from '../../src/cli/all-commands.ts';
import type { CommandContext } from '../../src/cli/define-command.ts';
import { bareLook } from '../../src/cli/look.ts';
import { parseCommandLine } from '../../src/cli/parse-command-line.ts';
import { tellError } from '../../src/cli/render-error.ts';
import type { Parts } from '../../src/compose.ts';
import type { Clock } from '../../src/foundation/clock.ts';

export interface Outcome {
  readonly exitCode: number;
  /** What it prints for people; where it failed the sentence and the hint. */
  readonly text: string;
  /** What `--json` prints; undefined where it failed. */
  readonly json: unknown;
}

/** Runs one command of the program on an archive that is at hand, such as one in memory: all but the configuration is as it is at a shell. */
export async function runOn(archive: Archive, words: readonly string[], clock: Clock): Promise<Outcome> {
  const parsed = parseCommandLine(words, allCommands, bareLook);
  if (parsed.kind === 'help') return { exitCode: 0, text: parsed.text, json: undefined };
  try {
    const outcome = await parsed.command.execute(parsed.input, contextOf(archive, clock));
    return { exitCode: outcome.exitCode, text: outcome.text({ look: bareLook, clock }), json: outcome.json() };
  } catch (error) {
    const { message, hint = '', exitCode, stack } = tellError(error, false);
    return { exitCode, text: [message, hint, ...(stack === undefined ? [] : [stack])].join('\n'), json: undefined };
  }
}

function contextOf(archive: Archive, clock: Clock): CommandContext {
  const refuse = (what: string) => (): never => {
    throw new Error(`no command on an archive at hand has ${what}`);
  };
  return {
    report: () => undefined,
    loadConfig: refuse('a configuration'),
    readConfig: refuse('a configuration'),
    compose: refuse('another archive'),
    process: { programFile: '/nowhere/main.ts', environment: {}, onHangUp: refuse('a process') },
    // Nothing else of them is there to be asked for.
    parts: async () => ({ archive: async () => archive }) as Parts,
    clock,
    random: () => 0.5,
    programVersion: '1.2.3',
    agentUrl: undefined,
    bytes: { write: async () => true, isTerminal: false },
    look: bareLook,
    show: () => undefined,
    confirm: refuse('somebody to ask'),
  };
}
