import type { EntryProof } from '../domain/recovery-report.ts';

const dnsTold = 5;

/** What is wrong with a base DN, for a failure's sentence: how many entries differ, and the first of them. */
export function faultOf({ by, baseDn, expectedEntries, foundEntries, differences = 0, examples = [] }: EntryProof): string {
  if (by !== 'entries')
    return `${baseDn} has ${foundEntries ?? 'an unknown number of'} entries instead of ${expectedEntries ?? 'an unknown number'}`;
  const faults = examples.filter(({ difference }) => difference !== 'changed-meanwhile').slice(0, dnsTold);
  const told = faults.map(({ dn, difference }) => `${dn} is ${difference}`);
  const rest = differences - told.length;
  const more = rest > 0 ? [told.length === 0 ? 'which no DN shows' : `and ${rest} more`] : [];
  return `${differences} ${differences === 1 ? 'entry differs' : 'entries differ'} below ${baseDn}: ${[...told, ...more].join('; ')}`;
}
