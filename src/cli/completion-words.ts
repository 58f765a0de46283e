import { settings } from '../config/settings.ts';
import { optionFlag, type Command, type Completion } from './define-command.ts';

/** What can stand after a command, as the completion scripts need it. */
export interface CompletableCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletableOption[];
  readonly firstArgument: Completion;
}

export interface CompletableOption {
  readonly flag: string;
  readonly summary: string;
  /** undefined: it takes no value. */
  readonly value: Completion | undefined;
}

export function completableCommands(commands: readonly Command[]): readonly CompletableCommand[] {
  return commands.map(({ name, summary, options, arguments: words }) => ({
    name,
    summary,
    options: Object.entries(options).map(([option, { type, summary: optionSummary, completes }]) => ({
      flag: optionFlag(option),
      summary: optionSummary,
      value: type === 'flag' ? undefined : (completes ?? 'none'),
    })),
    firstArgument: Object.values(words)[0]?.completes ?? 'none',
  }));
}

/** The options that every command has: the general ones, then a flag for each setting. */
export function completableGlobals(): readonly CompletableOption[] {
  return [
    { flag: '--config', summary: 'configuration file', value: 'file' },
    { flag: '--agent', summary: 'address of an agent', value: 'none' },
    { flag: '--json', summary: 'print the result as JSON', value: undefined },
    { flag: '--quiet', summary: 'show no progress', value: undefined },
    { flag: '--debug', summary: 'show where an unexpected error came from', value: undefined },
    { flag: '--help', summary: 'show the help', value: undefined },
    ...settings.map(({ flag, description, kind, choices }): CompletableOption => {
      if (kind === 'boolean') return { flag, summary: description, value: undefined };
      return { flag, summary: description, value: choices ?? (kind === 'path' ? 'file' : 'none') };
    }),
  ];
}
