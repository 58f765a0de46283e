import type { LdifEntry } from '../../domain/read-ldif.ts';

/** The values of an attribute, whatever its options; `name` in lower case. */
export function valuesOf({ names, values }: LdifEntry, name: string): readonly string[] {
  return values.filter((_, index) => (names[index] ?? '').split(';', 1)[0]?.toLowerCase() === name);
}
