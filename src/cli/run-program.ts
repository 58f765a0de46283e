import type { LoadedConfig } from '../config/load-config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Parts } from '../compose.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure, isFailure, wrongUsage, type ExitCode } from '../foundation/failure.ts';
import { Scrubber } from '../telemetry/scrubber.ts';
import { agentVariableIn } from '../config/config-environment.ts';
import { allCommands } from './all-commands.ts';
import type { Command, CommandContext } from './define-command.ts';
import { lookFor } from './look.ts';
import { parseCommandLine, type ParsedCommandLine } from './parse-command-line.ts';
import { barProgress, jsonProgress, lineProgress, silentProgress, type ProgressOutput } from './progress-output.ts';
import { agentToRun, assertNoForeignFlags } from './remote-choice.ts';
import { errorJson, errorText, tellError } from './render-error.ts';
import { supervisorLost } from './watchdog.ts';

/** The world as the program sees it: the process's own in `main.ts`, others in tests. */
export interface World {
  /** The words after the program's name. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly programVersion: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the operator stops the program, or the agent that started it is lost. */
  readonly signal: AbortSignal;
  /** Asked before what cannot be undone, where an agent started the program: throws where that may not go on. */
  readonly mayGoOn?: (() => void) | undefined;
  readonly output: Output;
  readonly errorOutput: Output;
  /** The program's own file, which Node runs; for what is to run as a process of its own. */
  readonly programFile: string;
  /** Calls `listener` in the place of stopping when the process is told to hang up (SIGHUP), until the function that is returned is called. */
  readonly onHangUp: (listener: () => void) => () => void;
  /** Asks at the terminal and resolves with the answer; undefined where there is none to ask at. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

export interface Output {
  readonly write: (text: string) => void;
  /** Resolves once more may come; to false when the reader has gone. */
  readonly writeBytes: (bytes: Uint8Array) => Promise<boolean>;
  readonly isTerminal: boolean;
  readonly columns: () => number;
}

/** How the command line wants to be answered; read before it is parsed, so that its own errors have the right form too. */
interface Manner {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isDebug: boolean;
}

/** Runs one command line and resolves with the exit code; never rejects. */
export async function runProgram(world: World): Promise<ExitCode> {
  const manner = mannerOf(world.words);
  const scrubber = new Scrubber();
  const errorLook = lookFor(world.errorOutput.isTerminal, world.environment);
  const progress = progressOf(world, manner, scrubber);
  // Cleaning up takes a while, and whoever pressed Ctrl-C shall see that it was heard.
  const tellStop = (): void => progress.report({ kind: 'note', level: 'warning', text: textOfStop(world.signal.reason) });
  world.signal.addEventListener('abort', tellStop, { once: true });
  try {
    const parsed = parseCommandLine(world.words, allCommands, lookFor(world.output.isTerminal, world.environment));
    if (parsed.kind === 'help') {
      world.output.write(parsed.text);
      return exitCodes.success;
    }
    const { flags, configFile } = parsed;
    const readConfig = (): Promise<LoadedConfig> => loadConfig({ environment: world.environment, flags, configFile });
    const variable = agentVariableIn(world.environment);
    const agentUrl = parsed.agentUrl ?? variable;
    const around = { world, manner, scrubber, progress, readConfig, config: once(readConfig), agentUrl };
    const elsewhere = agentToRun(parsed.command, parsed.agentUrl, variable);
    if (elsewhere === undefined) return await runCommand(parsed.command, parsed.input, around);
    assertNoForeignFlags(flags);
    return await runCommandAtAgent(elsewhere, parsed, around);
  } catch (error) {
    progress.pause();
    const told = tellError(withReasonOfStop(error, world.signal), world.signal.aborted);
    const text = manner.isJson ? errorJson(told, manner.isDebug) : errorText(told, errorLook, manner.isDebug);
    world.errorOutput.write(scrubber.scrub(text));
    return told.exitCode;
  } finally {
    world.signal.removeEventListener('abort', tellStop);
  }
}

function textOfStop(reason: unknown): string {
  return isFailure(reason, 'E_SUPERVISOR_LOST') ? `stopping, as ${reason.facts['reason']}` : 'told to stop; a second time ends it at once';
}

/** Where the agent was lost, the interruption that came of it says so; all else that failed is told as it is. */
function withReasonOfStop(error: unknown, { reason }: AbortSignal): unknown {
  if (!isFailure(reason, 'E_SUPERVISOR_LOST')) return error;
  if (isFailure(error, 'E_INTERRUPTED')) return supervisorLost(error.message, String(reason.facts['reason']), error.hint);
  return isFailure(error) ? error : reason;
}

interface Surroundings {
  readonly world: World;
  readonly manner: Manner;
  readonly scrubber: Scrubber;
  readonly progress: ProgressOutput;
  readonly config: () => Promise<LoadedConfig>;
  /** Reads it anew. */
  readonly readConfig: () => Promise<LoadedConfig>;
  /** What `--agent` or its variable names. */
  readonly agentUrl: string | undefined;
}

async function runCommandAtAgent(
  url: string,
  { command, input, manner }: ParsedCommandLine & { kind: 'run' },
  { world, progress, config }: Surroundings,
): Promise<ExitCode> {
  const { config: effective } = await config();
  // Loaded late, as no other command needs it.
  const [{ agentAt }, { runAtAgent }] = await Promise.all([import('./agent-of.ts'), import('./run-at-agent.ts')]);
  return runAtAgent(command, input, {
    agent: await agentAt(url, effective.agent),
    manner,
    signal: world.signal,
    write: async ({ stream, bytes }) => {
      await (stream === 'stdout' ? world.output : world.errorOutput).writeBytes(bytes);
    },
    confirm: (what, typed = 'yes') => confirm(what, typed, world, progress),
  });
}

async function runCommand(command: Command, input: Readonly<Record<string, unknown>>, around: Surroundings): Promise<ExitCode> {
  const { world, manner, progress } = around;
  let composed: Promise<Parts> | undefined;
  const look = lookFor(world.output.isTerminal, world.environment);
  const context: CommandContext = {
    signal: world.signal,
    report: progress.report,
    loadConfig: around.config,
    parts: () => (composed ??= around.config().then(({ config }) => composeParts(command, around, config))),
    readConfig: around.readConfig,
    compose: (config) => composeParts(command, around, config),
    process: { programFile: world.programFile, environment: world.environment, onHangUp: world.onHangUp },
    clock: world.clock,
    random: world.random,
    programVersion: world.programVersion,
    agentUrl: around.agentUrl,
    bytes: { write: world.output.writeBytes, isTerminal: world.output.isTerminal },
    look,
    show: (text) => {
      if (!manner.isJson && !manner.isQuiet) writeText(world.output, progress, text);
    },
    confirm: (what, typed = 'yes') => confirm(what, typed, world, progress),
  };
  try {
    const outcome = await command.execute(input, context);
    progress.pause();
    const text = manner.isJson ? jsonText(outcome.json()) : outcome.text({ look, clock: world.clock });
    if (text !== '') world.output.write(`${around.scrubber.scrub(text)}\n`);
    return outcome.exitCode;
  } finally {
    await composed?.then(
      (parts) => parts.close(),
      // What could not be composed has been reported already and holds nothing open.
      () => undefined,
    );
  }
}

async function composeParts(command: Command, { world, manner, scrubber, progress }: Surroundings, effective: Config): Promise<Parts> {
  // Loaded late: the S3 and LDAP clients take longer to load than `--help` may take in all.
  const { compose } = await import('../compose.ts');
  const { format, level } = effective.log;
  return compose(effective, {
    work: command.name,
    mayGoOn: world.mayGoOn,
    clock: world.clock,
    random: world.random,
    environment: world.environment,
    scrubber,
    report: progress.report,
    log: {
      level,
      format: format === 'auto' ? (world.errorOutput.isTerminal && !manner.isJson ? 'text' : 'json') : format,
      write: (line) => writeText(world.errorOutput, progress, line.trimEnd()),
    },
  });
}

async function confirm(what: string, typed: string, { ask }: World, progress: ProgressOutput): Promise<void> {
  if (ask === undefined)
    throw wrongUsage(`Cannot ${what} without a confirmation: there is no terminal to ask at`, 'look at the plan, then add --yes');
  progress.pause();
  const answer = await ask(`Type ${typed} to ${what}: `);
  if (answer.trim().toLowerCase() === typed.toLowerCase()) return;
  throw new Failure('E_NOT_CONFIRMED', `Did not ${what}: the answer was not ${typed}`, { hint: 'nothing was changed' });
}

function progressOf({ errorOutput, clock, environment }: World, { isJson, isQuiet }: Manner, scrubber: Scrubber): ProgressOutput {
  if (isQuiet) return silentProgress;
  const write = (text: string): void => errorOutput.write(scrubber.scrub(text));
  const look = lookFor(errorOutput.isTerminal, environment);
  if (isJson) return jsonProgress({ write, clock });
  const options = { write, clock, look, columns: errorOutput.columns };
  return errorOutput.isTerminal && environment['TERM'] !== 'dumb' ? barProgress(options) : lineProgress(options);
}

function writeText(output: Output, progress: ProgressOutput, text: string): void {
  progress.pause();
  output.write(`${text}\n`);
}

function jsonText(document: unknown): string {
  return document === undefined ? '' : JSON.stringify(document, null, 2);
}

function mannerOf(words: readonly string[]): Manner {
  return { isJson: words.includes('--json'), isQuiet: words.includes('--quiet'), isDebug: words.includes('--debug') };
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined;
  return () => (made ??= make());
}
