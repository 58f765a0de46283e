import { comparableDn } from '../domain/comparable-dn.ts';
import { entryDigest, EntryTotals } from '../domain/entry-digest.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { EntrySource } from './compare-entries.ts';

/** The entries at and below one base DN of a backend; those of another base DN further down are not its. */
export function entriesBelow(source: EntrySource, baseDn: string, baseDns: readonly string[]): EntrySource {
  if (baseDns.length <= 1) return source;
  const belongsTo = assign(baseDns);
  return async function* below() {
    for await (const batch of source()) yield batch.filter((entry) => belongsTo(entry) === baseDn);
  };
}

/** The totals of each base DN, read in one go. An entry that is below none of them counts for the first: it is somewhere, and must not be overlooked. */
export async function totalsByBaseDn(source: EntrySource, baseDns: readonly string[]): Promise<ReadonlyMap<string, EntryTotals>> {
  const totals = new Map(baseDns.map((dn) => [dn, new EntryTotals()]));
  const [first = ''] = baseDns;
  const belongsTo = baseDns.length <= 1 ? () => first : assign(baseDns);
  for await (const batch of source()) {
    for (const entry of batch) totals.get(belongsTo(entry))?.add(entryDigest(entry));
  }
  return totals;
}

function assign(baseDns: readonly string[]): (entry: LdifEntry) => string {
  const deepestFirst = baseDns
    .map((dn) => ({ dn, comparable: comparableDn(dn) }))
    .toSorted((one, other) => other.comparable.length - one.comparable.length);
  const [first = ''] = baseDns;
  return (entry) => {
    const dn = comparableDn(entry.dn);
    return deepestFirst.find(({ comparable }) => dn === comparable || dn.endsWith(`,${comparable}`))?.dn ?? first;
  };
}
