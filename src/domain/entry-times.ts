import { parseGeneralizedTime } from './generalized-time.ts';
import type { LdifEntry } from './read-ldif.ts';

/** When an entry was made and last written to, in seconds since 1970 by the server's clock; 0 where it does not tell. */
export interface EntryTimes {
  readonly created: number;
  /** The latest of its creation, its last change, and what a password policy noted. */
  readonly touched: number;
}

/** Written without a change of `modifyTimestamp` by some servers: what a policy notes of a bind or a password. */
const noted = /^(?:pwd[a-z]*time|ds-pwp-last-login-time)$/;

/** Reads the times that a server keeps in the entry itself, as far as they are not later than `latest`: an expiry to come is no change. */
export function timesOf({ names, values }: LdifEntry, latest: number): EntryTimes {
  let [created, touched] = [0, 0];
  for (const [index, name] of names.entries()) {
    const first = name.charCodeAt(0) | 32;
    // Only names that begin with c, m, p or d: this is asked of every value.
    if (first !== 99 && first !== 109 && first !== 112 && first !== 100) continue;
    const lower = name.toLowerCase();
    const isCreation = lower === 'createtimestamp';
    if (!isCreation && lower !== 'modifytimestamp' && !noted.test(lower)) continue;
    const seconds = Math.floor((parseGeneralizedTime(values[index] ?? '') ?? 0) / 1000);
    if (isCreation) created = seconds;
    if (seconds > touched && seconds <= latest) touched = seconds;
  }
  return { created, touched };
}
