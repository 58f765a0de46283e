import type { LdifEntry } from '../domain/read-ldif.ts';
import type { EntriesNow } from './entry-plan.ts';
import { uuidOf } from './entry-words.ts';

/**
 * The entries as they are now, in order; undefined for those that are gone. One with the same `entryUUID` is the entry, whatever it is called; else the one that
 * has its name, which may have been made anew.
 */
export async function findNow(entries: readonly LdifEntry[], now: EntriesNow): Promise<readonly (LdifEntry | undefined)[]> {
  const byName = await now.read(entries.map(({ dn }) => dn));
  const elsewhere = entries.flatMap((entry, index) => {
    const [uuid, there] = [uuidOf(entry), byName[index]];
    return uuid === undefined || (there !== undefined && isOf(there, uuid)) ? [] : [uuid];
  });
  if (elsewhere.length === 0) return byName;
  const byUuid = await now.findByUuid(elsewhere);
  return entries.map((entry, index) => byUuid.get(uuidOf(entry) ?? '') ?? byName[index]);
}

/** One that does not tell its `entryUUID` is taken by its name. */
function isOf(there: LdifEntry, uuid: string): boolean {
  return (uuidOf(there) ?? uuid) === uuid;
}
