import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import { settings } from '../config/settings.ts';
import { parseDuration } from '../foundation/durations.ts';
import { wrongUsage } from '../foundation/failure.ts';
import { optionFlag, type Command, type OptionDefinition } from './define-command.ts';
import { generalOptions } from './general-options.ts';
import { formatCommandHelp, formatGroupHelp, formatProgramHelp } from './help.ts';
import type { Look } from './look.ts';

export type ParsedCommandLine =
  | { readonly kind: 'help'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly input: Readonly<Record<string, unknown>>;
      /** Flags of settings, by the setting's name. */
      readonly flags: Readonly<Record<string, string | boolean>>;
      readonly configFile: string | undefined;
      /** The value of `--agent`. */
      readonly agentUrl: string | undefined;
      /** Of `--json`, `--quiet` and `--debug` those that were given. */
      readonly manner: readonly string[];
    };

/**
 * Reads the words after the program's name.
 *
 * @throws Failure E_USAGE (exit code 2) for an unknown command or option, a missing or surplus word, or a wrong value
 */
export function parseCommandLine(words: readonly string[], commands: readonly Command[], look: Look): ParsedCommandLine {
  let parsed: ParsedCommandLine | undefined;
  let helpText = '';
  const program = new CommanderCommand('rootcellar')
    .exitOverride()
    .configureOutput({ writeOut: (text) => (helpText += text), writeErr: (text) => (helpText += text), outputError: () => undefined })
    .configureHelp({ formatHelp: () => `${formatProgramHelp(commands, look)}\n` })
    .helpOption('-h, --help', 'show this help');
  addGlobalOptions(program);
  for (const command of commands) {
    const leaf = addCommand(program, command, commands, look);
    leaf.action(() => {
      parsed = { kind: 'run', command, input: inputOf(command, leaf), ...globalsOf(program) };
    });
  }
  try {
    // Everybody tries it, so it is a synonym of the command.
    program.parse(words.length === 1 && words[0] === '--version' ? ['version'] : words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help' && words.length > 0 && !words.some(isHelpWord)) throw missingSubcommand(words);
    if (error.code === 'commander.help' || error.code === 'commander.helpDisplayed') return { kind: 'help', text: helpText };
    throw usageOf(error, words, commands);
  }
  return parsed ?? { kind: 'help', text: `${formatProgramHelp(commands, look)}\n` };
}

function isHelpWord(word: string): boolean {
  return word === '-h' || word === '--help' || word === 'help';
}

function missingSubcommand(words: readonly string[]): Error {
  const group = words.find((word) => !word.startsWith('-')) ?? '';
  return wrongUsage(`Cannot run "${group}": it needs a second word`, `run "rootcellar ${group} --help" to see which`);
}

function addGlobalOptions(program: CommanderCommand): void {
  for (const { flags, summary } of generalOptions) program.addOption(new Option(flags, summary));
  for (const { flag, kind, placeholder, description } of settings) {
    if (kind === 'boolean') {
      program.addOption(new Option(flag, description)).addOption(new Option(flag.replace('--', '--no-'), description));
    } else {
      program.addOption(new Option(`${flag} <${placeholder}>`, description));
    }
  }
}

function addCommand(program: CommanderCommand, command: Command, commands: readonly Command[], look: Look): CommanderCommand {
  const [first = '', second] = command.name.split(' ');
  const parent = second === undefined ? program : groupOf(program, first, commands, look);
  const leaf = parent.command(second ?? first).summary(command.summary);
  leaf.configureHelp({ formatHelp: () => `${formatCommandHelp(command, look)}\n` });
  for (const [name, { isRequired, isVariadic }] of Object.entries(command.arguments)) {
    const word = isVariadic === true ? `${name}...` : name;
    leaf.argument(isRequired === true ? `<${word}>` : `[${word}]`);
  }
  for (const [name, option] of Object.entries(command.options)) leaf.addOption(commanderOption(name, option));
  return leaf;
}

function groupOf(program: CommanderCommand, name: string, commands: readonly Command[], look: Look): CommanderCommand {
  const known = program.commands.find((group) => group.name() === name);
  if (known !== undefined) return known;
  const members = commands.filter((command) => command.name.startsWith(`${name} `));
  return program.command(name).configureHelp({ formatHelp: () => `${formatGroupHelp(name, members, look)}\n` });
}

function commanderOption(name: string, { type, placeholder = 'VALUE', summary, isRequired }: OptionDefinition): Option {
  const option = new Option(type === 'flag' ? optionFlag(name) : `${optionFlag(name)} <${placeholder}>`, summary);
  if (isRequired === true) option.makeOptionMandatory();
  if (type === 'texts')
    option.argParser((word: string, before: readonly string[] | undefined) => [...(before ?? []), ...word.split(',').filter(Boolean)]);
  if (type === 'count') option.argParser((word: string) => countOf(name, word));
  if (type === 'duration') option.argParser((word: string) => durationOf(name, word));
  return option;
}

function countOf(name: string, word: string): number {
  if (/^[1-9]\d{0,5}$/.test(word)) return Number(word);
  throw wrongUsage(`Cannot use ${optionFlag(name)}: "${word}" is not a whole number from 1`, `write for example ${optionFlag(name)} 7`);
}

function durationOf(name: string, word: string): number {
  const milliseconds = parseDuration(word);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw wrongUsage(
    `Cannot use ${optionFlag(name)}: "${word}" is not a duration with its unit, such as 6h or 30d`,
    `write for example ${optionFlag(name)} 30d`,
  );
}

function inputOf(command: Command, leaf: CommanderCommand): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [index, name] of Object.keys(command.arguments).entries()) input[name] = leaf.processedArgs[index] as unknown;
  for (const [name, { type }] of Object.entries(command.options)) {
    const value: unknown = leaf.getOptionValue(name);
    input[name] = value ?? (type === 'flag' ? false : type === 'texts' ? [] : undefined);
  }
  return input;
}

type Globals = Pick<ParsedCommandLine & { kind: 'run' }, 'flags' | 'configFile' | 'agentUrl' | 'manner'>;

function globalsOf(program: CommanderCommand): Globals {
  const flags: Record<string, string | boolean> = {};
  for (const option of program.options) {
    const setting = settings.find(({ flag }) => flag === option.long);
    const value: unknown = program.getOptionValue(option.attributeName());
    if (setting !== undefined && (typeof value === 'string' || typeof value === 'boolean')) flags[setting.name] = value;
  }
  return {
    flags,
    configFile: program.getOptionValue('config') as string | undefined,
    agentUrl: program.getOptionValue('agent') as string | undefined,
    manner: ['json', 'quiet', 'debug'].filter((name) => program.getOptionValue(name) === true).map((name) => `--${name}`),
  };
}

/** Commander's sentence in our own form: what was attempted, the state; its suggestion becomes the hint. */
function usageOf(error: CommanderError, words: readonly string[], commands: readonly Command[]): Error {
  const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (.+)\?/.exec(suggestion ?? '')?.[1];
  const state = sentence.replaceAll("'", '"').replace(/\.$/, '');
  const [first = '', second = ''] = words.filter((word) => !word.startsWith('-'));
  const command = commands.some(({ name }) => name === `${first} ${second}`) ? `${first} ${second}` : first;
  const help = error.code === 'commander.unknownCommand' || command === '' ? 'rootcellar --help' : `rootcellar ${command} --help`;
  return wrongUsage(
    `Cannot read the command line: ${state}`,
    meant === undefined ? `run "${help}" to see what there is` : `did you mean ${meant}?`,
  );
}
