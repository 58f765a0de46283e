import type { LoadedConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import type { Parts } from '../compose.ts';
import type { Clock } from '../foundation/clock.ts';
import type { exitCodes } from '../foundation/failure.ts';
import { exitCodes as codes, type ExitCode } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ByteSink } from '../inspect/print-file.ts';
import type { Look } from './look.ts';
import type { World } from './run-program.ts';

/** What completion offers in a place: folders, or the names of a fixed list. */
export type Completion = 'folder' | 'file' | 'none' | readonly string[];

export interface ArgumentDefinition {
  readonly summary: string;
  readonly isRequired?: boolean;
  /** Takes all words that follow; only the last argument may. */
  readonly isVariadic?: boolean;
  readonly completes?: Completion;
}

/**
 * `flag`: given or not · `text`: one word · `texts`: words parted by commas, or the option given again · `count`: a whole number from 1 ·
 * `duration`: `30d`, read as milliseconds.
 */
export interface OptionDefinition {
  readonly type: 'flag' | 'text' | 'texts' | 'count' | 'duration';
  /** What stands for the value in help: `FOLDER`. */
  readonly placeholder?: string;
  readonly summary: string;
  readonly isRequired?: boolean;
  readonly completes?: Completion;
}

type ArgumentTable = Readonly<Record<string, ArgumentDefinition>>;
type OptionTable = Readonly<Record<string, OptionDefinition>>;

type ArgumentValue<Of extends ArgumentDefinition> = Of extends { readonly isVariadic: true }
  ? readonly string[]
  : Of extends { readonly isRequired: true }
    ? string
    : string | undefined;

type OptionValue<Of extends OptionDefinition> = Of['type'] extends 'flag'
  ? boolean
  : Of['type'] extends 'texts'
    ? readonly string[]
    : Of['type'] extends 'count' | 'duration'
      ? number | undefined
      : Of extends { readonly isRequired: true }
        ? string
        : string | undefined;

export type CommandInput<Arguments extends ArgumentTable, Options extends OptionTable> = {
  readonly [Name in keyof Arguments]: ArgumentValue<Arguments[Name]>;
} & { readonly [Name in keyof Options]: OptionValue<Options[Name]> };

/** What a command may use beside its own words. Nothing is read or connected before it is asked for. */
export interface CommandContext extends OperationContext {
  readonly loadConfig: () => Promise<LoadedConfig>;
  /** The implementations that the configuration names; closed by the caller when the command has ended. */
  readonly parts: () => Promise<Parts>;
  /** Reads the configuration anew, as it may have changed. */
  readonly readConfig: () => Promise<LoadedConfig>;
  /** The implementations of another configuration than that of {@link parts}; the caller closes them. */
  readonly compose: (config: Config) => Promise<Parts>;
  /** The process that the command runs in, for one that starts others. */
  readonly process: Pick<World, 'programFile' | 'environment' | 'onHangUp'>;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly programVersion: string;
  /** What `--agent` or its variable names. Only of use to commands that speak to the agent themselves: the others it has run already. */
  readonly agentUrl: string | undefined;
  /** Takes the bytes of a command whose result is no text, on the standard output. */
  readonly bytes: ByteSink;
  /** Text for a person to read before a question; nothing is shown with `--quiet` or `--json`. */
  readonly show: (text: string) => void;
  readonly look: Look;
  /**
   * Resolves when the operator agrees to `what` at a terminal: by yes, or where much is at stake by typing a name.
   *
   * @throws Failure E_USAGE (exit code 2) when there is no terminal to ask on, E_NOT_CONFIRMED (exit code 1) when the answer is not yes
   */
  readonly confirm: (what: string, typed?: string) => Promise<void>;
}

/** What a renderer may use. */
export interface RenderContext {
  readonly look: Look;
  readonly clock: Clock;
}

interface CommandDefinition<Arguments extends ArgumentTable, Options extends OptionTable, Data> {
  /** Verb, or noun and verb: `backup`, `config show`. */
  readonly name: string;
  /** One line for the list of commands, in the imperative, without a period. */
  readonly summary: string;
  /** A paragraph or two for the command's own help. */
  readonly description: string;
  readonly arguments?: Arguments;
  readonly options?: Options;
  readonly examples: readonly CommandExample[];
  /** The exit codes it may end with, beside `failure` and `usage`, which every command may. */
  readonly exits: readonly (keyof typeof exitCodes)[];
  /** Does the work and returns what came of it; prints nothing. */
  readonly run: (input: CommandInput<Arguments, Options>, context: CommandContext) => Promise<Data>;
  /** The text for people; an empty one prints nothing. */
  readonly render: (data: Data, context: RenderContext) => string;
  /** The document that `--json` prints, where it is not the data as they are; undefined prints nothing. */
  readonly json?: (data: Data) => unknown;
  /** Where the end is not 0 though nothing was thrown: `status` of a backup that is too old. */
  readonly exitCodeOf?: (data: Data) => ExitCode;
}

export interface CommandExample {
  /** Without the prompt: `rootcellar list --json`. */
  readonly line: string;
  readonly summary: string;
}

/** A command as the program handles it, whatever its arguments and data. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: ArgumentTable;
  readonly options: OptionTable;
  readonly examples: readonly CommandExample[];
  readonly exits: readonly (keyof typeof exitCodes)[];
  readonly execute: (input: Readonly<Record<string, unknown>>, context: CommandContext) => Promise<CommandOutcome>;
}

export interface CommandOutcome {
  readonly exitCode: ExitCode;
  readonly json: () => unknown;
  readonly text: (context: RenderContext) => string;
}

/** Makes a command of its definition; the types of `run`'s input follow from the tables of arguments and options. */
export function defineCommand<const Arguments extends ArgumentTable, const Options extends OptionTable, Data>(
  definition: CommandDefinition<Arguments, Options, Data>,
): Command {
  const { name, summary, description, examples, run, render, json, exitCodeOf } = definition;
  const exits = Object.keys(codes).filter((exit) => ['success', 'failure', 'usage', ...definition.exits].includes(exit));
  return {
    name,
    summary,
    description,
    arguments: definition.arguments ?? {},
    options: definition.options ?? {},
    examples,
    exits: exits as (keyof typeof exitCodes)[],
    execute: async (input, context) => {
      // The parser filled `input` from these same tables, so it has the types they promise.
      const data = await run(input as CommandInput<Arguments, Options>, context);
      return {
        exitCode: exitCodeOf?.(data) ?? codes.success,
        json: () => (json === undefined ? data : json(data)),
        text: (renderContext) => render(data, renderContext),
      };
    },
  };
}

/** `keepLast` → `--keep-last`. */
export function optionFlag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
