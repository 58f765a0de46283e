import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { EntriesNow } from './entry-plan.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';

/**
 * The entries as they are now, in order; undefined for those that are gone. One with the same `entryUUID` is the entry, whatever it is called; else the one that
 * has its name, which may have been made anew.
 */
export async function findNow(entries: readonly LdifEntry[], now: EntriesNow): Promise<readonly (LdifEntry | undefined)[]> {
  const uuids = entries.flatMap((entry) => uuidOf(entry) ?? []);
  // Many by one search, which is several times as fast as a search for each name.
  const byUuid = uuids.length === 0 ? new Map<string, LdifEntry>() : await now.findByUuid(uuids);
  const found = entries.map((entry) => byUuid.get(uuidOf(entry) ?? ''));
  const others = entries.filter((_, index) => found[index] === undefined);
  const byName = others.length === 0 ? [] : await now.read(others.map(({ dn }) => dn));
  const named = new Map(others.map((entry, index) => [entry, byName[index]]));
  return entries.map((entry, index) => found[index] ?? named.get(entry));
}
