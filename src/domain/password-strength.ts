import type { Secret } from '../foundation/secret.ts';

/** `refused`: hardly better than none · `warned`: somebody may have made it up. Each with the reason in one clause. */
export type PasswordWeakness = { readonly kind: 'refused' | 'warned'; readonly state: string };

const leastCharacters = 8;
const leastDifferent = 5;
/** From here on also plain words are dear to guess behind scrypt. */
const goodCharacters = 16;

/** What speaks against a password for an archive, whose key file anybody who reads the store can guess against; undefined for a good one. */
export function weaknessOf(password: Secret): PasswordWeakness | undefined {
  const characters = Array.from(password.reveal());
  const different = new Set(characters).size;
  if (characters.length < leastCharacters) return { kind: 'refused', state: `it has fewer than ${leastCharacters} characters` };
  if (different < leastDifferent) return { kind: 'refused', state: `it has fewer than ${leastDifferent} different characters` };
  if (characters.length < goodCharacters) return { kind: 'warned', state: `it has fewer than ${goodCharacters} characters` };
  return undefined;
}
