import { optionFlag, type Command } from './define-command.ts';

/** Words that {@link parseCommandLine} reads as the same command with the same input: made from what was understood, so nothing else is in them. */
export function commandWords(command: Command, input: Readonly<Record<string, unknown>>): readonly string[] {
  const options = Object.entries(command.options).flatMap(([name, { type }]) => optionWordsOf(optionFlag(name), type, input[name]));
  const words = Object.keys(command.arguments).flatMap((name) => textsOf(input[name]));
  return [...command.name.split(' '), ...options, ...(words.length === 0 ? [] : ['--', ...words])];
}

function optionWordsOf(flag: string, type: Command['options'][string]['type'], value: unknown): string[] {
  if (value === undefined || value === false) return [];
  if (type === 'flag') return [flag];
  return textsOf(value).map((text) => `${flag}=${text}${type === 'duration' ? 'ms' : ''}`);
}

/** The parser makes of words but these: texts, numbers and lists of texts. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}
