import { styleText } from 'node:util';

/** A heading, and how long what follows it took. */
export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const begin = performance.now();
  console.log(`\n${styleText(['bold', 'cyan'], title)}`);
  const result = await work();
  console.log(styleText('dim', `  ${seconds(performance.now() - begin)}`));
  return result;
}

export function say(text: string): void {
  console.log(`  ${text}`);
}

/** What is waited for, and about how long; said before the wait. */
export function waitFor(text: string): void {
  console.log(styleText('dim', `  … ${text}`));
}

/** A command just as it is run, so that it can be copied. */
export function showCommand(line: string): void {
  console.log(`${styleText('dim', '$')} ${styleText('bold', line)}`);
}

export function good(text: string): void {
  console.log(`  ${styleText('green', '✓')} ${text}`);
}

export function bad(text: string): void {
  console.log(`  ${styleText('red', '✗')} ${text}`);
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A word of a POSIX shell's command line. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
