import assert from 'node:assert/strict';
import type { Claims } from './actions.ts';
import type { Outcome } from './model-process.ts';
import type { ProcessPlan } from './steps.ts';

/** What a process that meets no fault may say, when another works beside it. */
const besideOthers: readonly string[] = ['E_REPOSITORY_LOCKED', 'E_LOCK_LOST', 'E_KEY_IN_USE', 'E_KEY_UNKNOWN', 'E_WRONG_KEY', 'E_USAGE'];

/** What pins make a process say. A forget that was killed, or is frozen, may be in the way of a pin; one beside it may have been quicker. */
const ofPins: Readonly<Record<string, readonly string[]>> = {
  pin: ['E_SNAPSHOT_GOING', 'E_SNAPSHOT_UNKNOWN'],
  'forget one': ['E_SNAPSHOT_PINNED'],
};

export function isBusy(outcome: Outcome<void>): boolean {
  return outcome.kind === 'failed' && outcome.failure.code === 'E_REPOSITORY_LOCKED';
}

/** Fails where a process ended in a way for which there is no reason. */
export function assertAllowed(plan: ProcessPlan, outcome: Outcome<void>, { findings }: Claims, isAlone: boolean): void {
  const { action, fault } = plan;
  const isHarmless =
    fault === undefined || fault.kind === 'doubled' || fault.kind === 'crash' || (fault.kind === 'lost' && fault.calls <= 2);
  if (!isHarmless) return;
  assert.deepEqual(findings, [], `${action.kind} found damage`);
  if (outcome.kind !== 'failed') return;
  const { code, message } = outcome.failure;
  const isSamePassword = action.kind === 'change key' && code === 'E_USAGE';
  if (ofPins[action.kind]?.includes(code) === true && (code !== 'E_SNAPSHOT_UNKNOWN' || !isAlone)) return;
  const isAllowed = isAlone ? code === 'E_REPOSITORY_LOCKED' || isSamePassword : besideOthers.includes(code);
  assert.ok(isAllowed, `${action.kind} failed without a reason: ${code} ${message}`);
}
