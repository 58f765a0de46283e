import { createHash } from 'node:crypto';

/** The SHA-256 of something, as 64 small hexadecimal digits. */
export type Id = string;

/** The name that these bytes have in a repository. */
export function idOf(bytes: Uint8Array): Id {
  return createHash('sha256').update(bytes).digest('hex');
}

export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
