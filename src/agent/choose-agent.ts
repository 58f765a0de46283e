import { hash } from 'node:crypto';
import type { Bid, Slot, SlotAttempt } from '../archive/stored-slots.ts';

/**
 * The agents in the order in which they may take a slot: those whose attempt at it has not failed first, then by the rank of their health, then who had the last success,
 * as what its server writes is for the most part in the archive already; and where all that is equal by lot, which is another one for each slot.
 */
export function orderOf(bids: readonly Bid[], attempt: SlotAttempt, known: Pick<Slot, 'failedOn' | 'lastSuccessOn'>): readonly string[] {
  const lot = ({ agent }: Bid): string => hash('sha256', `${agent} ${attempt.job} ${attempt.slot}`);
  return bids
    .toSorted(
      (one, other) =>
        failuresOf(one, known) - failuresOf(other, known) ||
        compareRanks(one.rank, other.rank) ||
        Number(other.agent === known.lastSuccessOn) - Number(one.agent === known.lastSuccessOn) ||
        (lot(one) < lot(other) ? -1 : 1),
    )
    .map(({ agent }) => agent);
}

function failuresOf({ agent }: Bid, { failedOn }: Pick<Slot, 'failedOn'>): number {
  return failedOn.filter((name) => name === agent).length;
}

/** Place by place; what is not there counts as 0. */
function compareRanks(one: readonly number[], other: readonly number[]): number {
  for (let place = 0; place < Math.max(one.length, other.length); place += 1) {
    const difference = (one[place] ?? 0) - (other[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
