import { formatCount } from '../foundation/counts.ts';
import type { EntryChanges } from './compare-with-now.ts';

/** `1,234`, or that nobody knows. */
export function numberText(entries: number | undefined): string {
  return entries === undefined ? 'an unknown number' : formatCount(entries);
}

/** `1 entry`, `1,234 entries`. */
export function entriesText(entries: number | undefined): string {
  if (entries === undefined) return 'an unknown number of entries';
  return `${formatCount(entries)} ${entries === 1 ? 'entry' : 'entries'}`;
}

/** What a restore would do, in a clause. */
export function changesText({ lost, changed, broughtBack }: NonNullable<EntryChanges['counts']>): string {
  const [become, come] = [changed === 1 ? 'becomes what it was' : 'become what they were', broughtBack === 1 ? 'comes' : 'come'];
  return `${entriesText(lost)} ${lost === 1 ? 'goes' : 'go'}, ${formatCount(changed)} ${become}, ${formatCount(broughtBack)} ${come} back`;
}
