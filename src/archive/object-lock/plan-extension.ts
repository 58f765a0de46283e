import { type ObjectLockRule, requiredUntil } from './object-lock-rule.ts';

/** Until when objects are locked, by key, as far as it is known here. */
export type KnownLocks = ReadonlyMap<string, Date>;

/**
 * Of the objects that must be locked those whose lock, as far as it is known, ends before the rule asks. What is not known counts as not
 * locked: asking for a lock that is there already costs as much as asking whether it is.
 */
export function planExtension(objects: readonly string[], known: KnownLocks, rule: ObjectLockRule, now: Date): readonly string[] {
  const needed = requiredUntil(rule, now).getTime();
  return objects.filter((key) => (known.get(key)?.getTime() ?? 0) < needed);
}
