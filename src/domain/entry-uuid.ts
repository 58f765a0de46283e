import type { LdifEntry } from './read-ldif.ts';

/** The `entryUUID` of an entry (RFC 4530) in the one form in which it is compared; undefined where it has none. */
export function uuidOf({ names, values }: LdifEntry): string | undefined {
  // What the server itself keeps mostly comes last.
  for (let index = names.length - 1; index >= 0; index -= 1) {
    const name = names[index] ?? '';
    if (name.length === 9 && (name === 'entryUUID' || name.toLowerCase() === 'entryuuid')) return normalUuid(values[index] ?? '');
  }
  return undefined;
}

export function normalUuid(text: string): string {
  return text.trim().toLowerCase();
}
