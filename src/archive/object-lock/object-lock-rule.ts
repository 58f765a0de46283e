import type { RetentionMode } from '../../object-stores/object-store.ts';

const day = 86_400_000;

/** How long what is archived may not be removed. */
export interface ObjectLockRule {
  readonly mode: RetentionMode;
  /** After each run whatever a snapshot needs is locked for at least so long. */
  readonly days: number;
}

/** Objects are locked for longer than the rule asks, so that most runs find most of them locked for long enough. A quarter, from a day to a month. */
export function marginDays({ days }: Pick<ObjectLockRule, 'days'>): number {
  return Math.min(30, Math.max(1, Math.ceil(days / 4)));
}

/** For how long an object is locked when it is written or its lock is extended, in milliseconds. */
export function lockMilliseconds(rule: Pick<ObjectLockRule, 'days'>): number {
  return (rule.days + marginDays(rule)) * day;
}

/** Until when, at the least, whatever is needed must be locked after a run at `moment`. */
export function requiredUntil({ days }: Pick<ObjectLockRule, 'days'>, moment: Date): Date {
  return new Date(moment.getTime() + days * day);
}

/** In restic's format all is locked but the locks of runs and what is our own beside them: those must go at any time, and nothing needs them. */
export function isLockedInRepository(key: string): boolean {
  return /^(config$|(keys|data|index|snapshots)\/)/.test(key);
}

/** In the layout `plain` all is locked but what is our own beside the sets. */
export function isLockedInPlain(key: string): boolean {
  return key === '.rootcellar/archive.json' || !/^\.rootcellar(-store)?\//.test(key);
}
