import type { LdifEntry } from '../../domain/read-ldif.ts';

/** The values of an attribute, whatever its options; `name` in lower case. */
export function valuesOf({ names, values }: LdifEntry, name: string): readonly string[] {
  return values.filter((_, index) => (names[index] ?? '').split(';', 1)[0]?.toLowerCase() === name);
}

/** The `entryUUID` of an entry in lower case; undefined where it has none. */
export function uuidOf({ names, values }: LdifEntry): string | undefined {
  const index = names.findIndex((name) => name.length === 9 && name.toLowerCase() === 'entryuuid');
  return index < 0 ? undefined : values[index]?.toLowerCase();
}
