import { isFailure } from '../foundation/failure.ts';
import type { LockAbility, ObjectStore, RetentionMode } from '../object-stores/object-store.ts';
import type { CheckResult } from './run-check.ts';

export interface LockRule {
  readonly mode: RetentionMode;
  readonly days: number;
}

/** Whether what is archived will be locked as the rule says; without a rule, what the bucket does by itself. */
export async function checkObjectLock(
  { objectLock }: Pick<ObjectStore, 'objectLock'>,
  rule: LockRule | undefined,
  signal?: AbortSignal,
): Promise<CheckResult> {
  const ability = await objectLock.ability({ signal }).catch((error: unknown) => {
    if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    return undefined;
  });
  return rule === undefined ? withoutRule(ability) : withRule(ability, rule);
}

function withRule(ability: LockAbility | undefined, { mode, days }: LockRule): CheckResult {
  if (ability === undefined) {
    return {
      state: 'warning',
      text: 'objectLock is set, and whether the bucket can lock may not be asked; the first write will show it',
      fix: 'allow s3:GetBucketObjectLockConfiguration on the bucket: "rootcellar policy" prints all that a role needs',
    };
  }
  if (!ability.isEnabled) {
    return {
      state: 'failed',
      text: `objectLock is set and nothing can be locked: ${ability.why}`,
      fix: 'use a bucket that was made with Object Lock, or leave objectLock.mode out',
    };
  }
  return `what is archived is locked for ${days} days at least (${mode})${defaultText(ability)}`;
}

function withoutRule(ability: LockAbility | undefined): CheckResult {
  if (ability?.isEnabled !== true) return `not used${ability === undefined ? '' : `: ${ability.why}`}`;
  if (ability.byDefault !== undefined) return `objectLock is not set${defaultText(ability)}`;
  return {
    state: 'warning',
    text: 'the bucket has Object Lock, and nothing asks it to lock anything',
    fix: 'set objectLock.mode and objectLock.days, so that nobody can remove backups before their time',
  };
}

function defaultText({ byDefault }: Extract<LockAbility, { isEnabled: true }>): string {
  if (byDefault === undefined) return '';
  const { mode, days } = byDefault;
  return `; the bucket locks whatever is written for ${days} days (${mode}), also leases and locks of runs, which stay hidden so long`;
}
