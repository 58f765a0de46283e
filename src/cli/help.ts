import { exitCodes } from '../foundation/failure.ts';
import { optionFlag, type ArgumentDefinition, type Command, type OptionDefinition } from './define-command.ts';
import { exitCodeTexts } from './exit-code-texts.ts';
import { generalOptions } from './general-options.ts';
import type { Look } from './look.ts';

const width = 100;

/** The help of the program: what it is for, its commands, the options of all commands, the exit codes. */
export function formatProgramHelp(commands: readonly Command[], look: Look): string {
  return [
    `${look.bold('rootcellar')}: backups of a directory server, kept in S3, proven to come back`,
    section('Usage', ['rootcellar [options] <command> …'], look),
    section('Commands', rows(commands.map((command) => [command.name, command.summary])), look),
    section(
      'Options of every command',
      rows([...generalRows(), ['-h, --help', 'show the help of the program or of a command'], ['--version', 'print the version (alone)']]),
      look,
    ),
    section(
      'Settings',
      wrap(
        'Every setting can stand in the configuration file, in a ROOTCELLAR_… variable or in a flag: --s3-endpoint, ROOTCELLAR_S3_ENDPOINT, s3.endpoint. Run "rootcellar config settings" to see them all.',
      ),
      look,
    ),
    section('Exit codes', exitRows(Object.keys(exitCodes) as (keyof typeof exitCodes)[]), look),
  ].join('\n\n');
}

/** The help of a first word that has several second words. */
export function formatGroupHelp(name: string, members: readonly Command[], look: Look): string {
  return [
    section('Usage', [`rootcellar ${name} <command> …`], look),
    section('Commands', rows(members.map((command) => [command.name, command.summary])), look),
  ].join('\n\n');
}

/** The help of one command. */
export function formatCommandHelp(command: Command, look: Look): string {
  const argumentRows = Object.entries(command.arguments).map(
    ([name, argument]) => [argumentWord(name, argument), argument.summary] as const,
  );
  const optionRows = Object.entries(command.options).map(([name, option]) => [optionWords(name, option), optionSummary(option)] as const);
  return [
    `${look.bold(`rootcellar ${command.name}`)}: ${command.summary}`,
    section('Usage', [usageOf(command)], look),
    ...command.description.split('\n\n').map((paragraph) => wrap(paragraph, 0).join('\n')),
    ...(argumentRows.length > 0 ? [section('Arguments', rows(argumentRows), look)] : []),
    ...(optionRows.length > 0 ? [section('Options', rows(optionRows), look)] : []),
    section(
      'Options of every command',
      [...rows(generalRows()), ...wrap('and a flag for each setting: see "rootcellar config settings"')],
      look,
    ),
    section(
      'Examples',
      command.examples.flatMap(({ line, summary }) => [look.dim(`# ${summary}`), line]),
      look,
    ),
    section('Exit codes', exitRows(command.exits), look),
  ].join('\n\n');
}

/** `rootcellar fetch ID --to FOLDER [options]`. */
export function usageOf(command: Command): string {
  const words = Object.entries(command.arguments).map(([name, argument]) => argumentWord(name, argument));
  const needed = Object.entries(command.options).filter(([, option]) => option.isRequired === true);
  const hasMore = Object.keys(command.options).length > needed.length;
  return [
    'rootcellar',
    command.name,
    ...words,
    ...needed.map(([name, option]) => optionWords(name, option)),
    ...(hasMore ? ['[options]'] : []),
  ].join(' ');
}

/** `ID`, `[ID…]`. */
export function argumentWord(name: string, { isRequired, isVariadic }: ArgumentDefinition): string {
  const word = `${name.toUpperCase()}${isVariadic === true ? '…' : ''}`;
  return isRequired === true ? word : `[${word}]`;
}

/** `--to FOLDER`. */
export function optionWords(name: string, { type, placeholder = 'VALUE' }: OptionDefinition): string {
  return type === 'flag' ? optionFlag(name) : `${optionFlag(name)} ${placeholder}`;
}

/** What an option is for, with whether it is required. */
export function optionSummary({ summary, type, isRequired }: OptionDefinition): string {
  return `${summary}${type === 'texts' ? '; may be given again' : ''}${isRequired === true ? ' (required)' : ''}`;
}

function generalRows(): [string, string][] {
  return generalOptions.map(({ flags, summary }) => [flags.replaceAll(/[<>]/g, ''), summary]);
}

function exitRows(exits: readonly (keyof typeof exitCodes)[]): string[] {
  return rows(exits.map((exit) => [String(exitCodes[exit]), exitCodeTexts[exit]]));
}

function section(title: string, lines: readonly string[], look: Look): string {
  return `${look.bold(title)}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const column = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs.flatMap(([name, summary]) =>
    wrap(summary, column).map((line, index) => (index === 0 ? name.padEnd(column) : ' '.repeat(column)) + line),
  );
}

function wrap(paragraph: string, indent = 0): string[] {
  const lines: string[] = [];
  for (const word of paragraph.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width - indent) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
