import { hash } from 'node:crypto';

/** Milliseconds from 0 up to, not including, `most`: always the same for a name, and evenly spread over all names. */
export function stableJitter(name: string, most: number): number {
  const digits = hash('sha256', name, 'hex').slice(0, 12);
  return Math.floor((Number.parseInt(digits, 16) / 16 ** 12) * most);
}
