import type { InitializePlan } from '../../../../src/restore/initialize-replica.ts';

/** How many entries the replica that would be initialised has more than the one that they come from; 0 where it has no more, or nobody knows. */
export function entriesAhead({ entriesNow, entriesOfSource }: Pick<InitializePlan, 'entriesNow' | 'entriesOfSource'>): number {
  if (entriesNow === undefined || entriesOfSource === undefined) return 0;
  return Math.max(0, entriesNow - entriesOfSource);
}
