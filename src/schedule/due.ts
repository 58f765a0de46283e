import type { Schedule } from './schedule.ts';

/** What is known of a job when one asks whether it is due. */
export interface DueFacts {
  readonly schedule: Schedule;
  /** Milliseconds by which a run begins later than the schedule says. */
  readonly jitter: number;
  readonly now: Date;
  /** When this agent began: what was due before was missed. */
  readonly startedAt: Date;
  /** The newest slot that is known of, and whether it has ended. */
  readonly known: { readonly slot: Date; readonly isDone: boolean } | undefined;
  /** Whether the last missed slot is made up for. */
  readonly catchUp: boolean;
}

export type Due =
  | { readonly kind: 'wait'; /** When something may be due; undefined: never. */ readonly until: Date | undefined }
  | {
      readonly kind: 'run';
      readonly slot: Date;
      /** Its time came before this agent began. */
      readonly isCatchUp: boolean;
    };

/** A clock that went wrong may have written a slot of the far future, which must not stop all runs until then. */
const mostAhead = 10 * 60_000;

/**
 * Whether a job is due now. Of all slots that passed only the newest is run, so that after a pause there is one run and not a stampede. All follows from the
 * clock and from what is known of the newest slot; a clock that jumps loses at most the slots it leaps over, and repeats none.
 */
export function decideDue({ schedule, jitter, now, startedAt, known: given, catchUp }: DueFacts): Due {
  const known = given !== undefined && given.slot.getTime() <= now.getTime() + mostAhead ? given : undefined;
  if (known !== undefined && !known.isDone)
    return { kind: 'run', slot: known.slot, isCatchUp: known.slot.getTime() + jitter < startedAt.getTime() };
  const slot = schedule.latest(new Date(now.getTime() - jitter));
  const isNew = slot !== undefined && (known === undefined || slot.getTime() > known.slot.getTime());
  if (isNew) {
    const isCatchUp = slot.getTime() + jitter < startedAt.getTime();
    if (!isCatchUp || catchUp) return { kind: 'run', slot, isCatchUp };
  }
  const after = new Date(Math.max(now.getTime() - jitter, known?.slot.getTime() ?? -Infinity));
  const next = schedule.next(after);
  return { kind: 'wait', until: next === undefined ? undefined : new Date(next.getTime() + jitter) };
}
