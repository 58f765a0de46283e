import type { BringBack } from './bring-back-choice.ts';

/** The command lines that these pages have the agent run. None of them ever asks for secrets. */
export function showWords(dn: string, from: string, beside: string): readonly string[] {
  return ['entry', 'show', ...option('from', from), ...option('beside', beside), '--', dn];
}

export function historyWords(dn: string): readonly string[] {
  return ['entry', 'history', '--', dn];
}

export type SearchKind = 'text' | 'filter' | 'dn';

export interface Search {
  readonly kind: SearchKind;
  readonly wanted: string;
  readonly base: string;
  readonly from: string;
  readonly limit: string;
}

export function findWords({ kind, wanted, base, from, limit }: Search): readonly string[] {
  const name = kind === 'filter' ? 'where' : kind;
  return ['entry', 'find', ...option(name, wanted), ...option('base', base), ...option('from', from), ...option('limit', limit)];
}

export interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly base: string;
  readonly where: string;
  readonly limit: string;
}

export function diffWords({ before, after, base, where, limit }: Comparison): readonly string[] {
  return ['entry', 'diff', ...option('base', base), ...option('where', where), ...option('limit', limit), '--', before, after];
}

/** Without `--plan` or `--yes`, as those after it. */
export function restoreWords(choice: BringBack): readonly string[] {
  return [
    'entry',
    'restore',
    ...option('from', choice.from),
    ...option('where', choice.where),
    ...option('base', choice.base),
    ...option('attributes', choice.attributes),
    ...option('without', choice.without),
    ...(choice.isSubtree ? ['--subtree'] : []),
    ...(choice.isWithReferences ? [] : ['--no-references']),
    ...(choice.isSubtree && choice.isDeletingAdded ? ['--delete-added'] : []),
    '--',
    ...choice.entries.map(({ dn }) => dn),
  ];
}

export interface Reversal {
  readonly before: string;
  readonly after: string;
  readonly base: string;
  readonly where: string;
  readonly onConflict: string;
}

export function revertWords({ before, after, base, where, onConflict }: Reversal): readonly string[] {
  return ['entry', 'revert', ...option('base', base), ...option('where', where), ...option('on-conflict', onConflict), '--', before, after];
}

export function undoWords(file: string, isForced: boolean): readonly string[] {
  return ['entry', 'undo', ...(isForced ? ['--force'] : []), '--', file];
}

/** With a flag that goes before the names. */
export function withFlag(words: readonly string[], flag: string): readonly string[] {
  return [...words.slice(0, 2), flag, ...words.slice(2)];
}

/** As one would type it; of a snapshot the beginning of its ID, which the commands take. */
export function commandLine(words: readonly string[]): string {
  const quoted = words.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`));
  return ['rootcellar', ...quoted].join(' ').replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');
}

/** In one word, so that a value that begins with a dash is no option. */
function option(name: string, value: string): readonly string[] {
  const text = value.trim();
  return text === '' ? [] : [`--${name}=${text}`];
}
