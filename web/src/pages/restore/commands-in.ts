import { choicesOfWords, type Choices } from './choices.ts';

/** The restores that a hint names by their command lines, in the order in which they stand there: `run "rootcellar restore ID --topology" again`. */
export function restoresIn(hint: string | undefined): readonly Choices[] {
  return [...(hint ?? '').matchAll(/"rootcellar (restore [^"]+)"/g)].flatMap(([, line = '']) => choicesOfWords(line.split(' ')) ?? []);
}

/** The replica that a hint would take the entries from: `"rootcellar initialize --from ds-1:4444"`. */
export function sourceIn(hint: string | undefined): string | undefined {
  return /"rootcellar initialize --from ([^" ]+)"/.exec(hint ?? '')?.[1];
}

/** The address of the plan by which this replica gets the entries of another; undefined: of any that is well. */
export function initializeAddress(source: string | undefined): string {
  return source === undefined ? '/restore/initialize' : `/restore/initialize?from=${encodeURIComponent(source)}`;
}

/** The address of the plan of a command line `initialize …`. */
export function initializeAddressOf(words: readonly string[]): string {
  const at = words.indexOf('--from');
  return initializeAddress(at === -1 ? words.find((word) => word.startsWith('--from='))?.slice('--from='.length) : words[at + 1]);
}
