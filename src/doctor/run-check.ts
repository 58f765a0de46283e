import { isFailure, messageOf } from '../foundation/failure.ts';
import type { Finding } from './finding.ts';

/** What a check resolves to: words for `ok`, or a finding of its own. */
export type CheckResult = string | Omit<Finding, 'check'>;

/** Runs one check; whatever it throws becomes a finding, so that the others run all the same. */
export async function runCheck(check: string, work: () => Promise<CheckResult>): Promise<Finding> {
  try {
    const result = await work();
    return typeof result === 'string' ? { check, state: 'ok', text: result } : { check, ...result };
  } catch (error) {
    return {
      check,
      state: 'failed',
      text: messageOf(error),
      fix: isFailure(error) ? error.hint : 'this is a fault of the program: please report it',
    };
  }
}

/** The finding of a check that has no ground to stand on, as an earlier one failed. */
export function notReached(check: string, because: string): Finding {
  return { check, state: 'failed', text: `not looked at, as ${because}`, fix: 'mend that first' };
}
