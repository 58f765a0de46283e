import { z } from 'zod';
import { exitCodes, Failure } from '../foundation/failure.ts';
import { shortId } from './find-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** What keeps a snapshot from being forgotten, by any rule and by its ID, until it is unpinned or until its end. */
export interface Pin {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** For people: `anna@ops-1`. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** RFC 3339, UTC: its end; until it is unpinned where there is none. */
  readonly until?: string | undefined;
  /** One clause, where its document is damaged: it holds all the same, and nobody knows until when. */
  readonly damage?: string | undefined;
}

export const mostReasonCharacters = 500;

/** One line of text for people. */
const line = z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'it must be one line, without control characters');

export const pinReasonSchema = line
  .trim()
  .min(1, 'it is empty')
  .max(mostReasonCharacters, `it is longer than ${mostReasonCharacters} characters`);

/** What is stored of a pin. */
export const pinSchema = z.object({
  at: z.iso.datetime(),
  by: line.max(200),
  reason: pinReasonSchema.optional(),
  until: z.iso.datetime().optional(),
});

/** Whether a pin has come to its end. */
export function hasEnded({ until }: Pick<Pin, 'until'>, now: Date): boolean {
  return until !== undefined && Date.parse(until) <= now.getTime();
}

/** The refusal to forget a snapshot that is pinned. */
export function pinnedFailure({ id }: Pick<Snapshot, 'id'>, { by, until, damage }: Pin): Failure {
  const state =
    damage === undefined
      ? `it is pinned (${by}${until === undefined ? '' : `, until ${until}`})`
      : `it is pinned, and the pin is damaged: ${damage}`;
  return new Failure('E_SNAPSHOT_PINNED', `Cannot forget ${shortId(id)}: ${state}`, {
    hint: `if it may go, run "rootcellar unpin ${shortId(id)}" first`,
  });
}

/** The refusal to pin a snapshot that somebody is forgetting. */
export function goingFailure({ id }: Pick<Snapshot, 'id'>, possibleAt: Date): Failure {
  return new Failure('E_SNAPSHOT_GOING', `Cannot pin ${shortId(id)}: a forget has begun to drop it`, {
    exitCode: exitCodes.busy,
    hint: `see with "rootcellar list" whether it is gone; if that forget was killed, pin it again from ${possibleAt.toISOString()} on, and copy or fetch it until then`,
  });
}
