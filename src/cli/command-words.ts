import { optionFlag, type Command } from './define-command.ts';

/** Words that {@link parseCommandLine} reads as the same command with the same input: made from what was understood, so nothing else is in them. */
export function commandWords(command: Command, input: Readonly<Record<string, unknown>>): readonly string[] {
  const options = Object.entries(command.options).flatMap(([name, { type }]) => optionWordsOf(optionFlag(name), type, input[name]));
  const words = Object.keys(command.arguments).flatMap((name) => argumentWordsOf(input[name]));
  return [...command.name.split(' '), ...options, ...(words.length === 0 ? [] : ['--', ...words])];
}

function optionWordsOf(flag: string, type: Command['options'][string]['type'], value: unknown): string[] {
  if (value === undefined || value === false) return [];
  switch (type) {
    case 'flag':
      return [flag];
    case 'texts':
      return (value as readonly string[]).map((text) => `${flag}=${text}`);
    case 'duration':
      return [`${flag}=${String(value)}ms`];
    case 'text':
    case 'count':
      return [`${flag}=${String(value)}`];
  }
}

function argumentWordsOf(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}
