import { uuidOf } from '../../domain/entry-uuid.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';

/** Where an entry is looked for: a snapshot, or the running server. */
export interface EntryPlace {
  readonly byName: (dn: string) => Promise<LdifEntry | undefined>;
  readonly byUuid: (uuid: string) => Promise<LdifEntry | undefined>;
}

export interface EntryAtTwoMoments {
  readonly entry: LdifEntry | undefined;
  readonly other: LdifEntry | undefined;
}

/**
 * The entry of a DN at two moments. It is followed by its `entryUUID`, so also under another name; where the other moment has no such entry, the one of the same
 * name is taken. A DN that only the other moment has leads to the entry as well.
 */
export async function entryAtTwoMoments(place: EntryPlace, otherPlace: EntryPlace, dn: string): Promise<EntryAtTwoMoments> {
  const entry = await place.byName(dn);
  if (entry !== undefined) return { entry, other: await sameEntry(entry, otherPlace) };
  const other = await otherPlace.byName(dn);
  const uuid = other === undefined ? undefined : uuidOf(other);
  return { entry: uuid === undefined ? undefined : await place.byUuid(uuid), other };
}

async function sameEntry(entry: LdifEntry, place: EntryPlace): Promise<LdifEntry | undefined> {
  const uuid = uuidOf(entry);
  const ofName = await place.byName(entry.dn);
  if (uuid === undefined || (ofName !== undefined && uuidOf(ofName) === uuid)) return ofName;
  return (await place.byUuid(uuid)) ?? ofName;
}
