import type { ChangeRecord } from '../../domain/change-record.ts';

/** One change of a plan, with the change that takes it back. */
export interface PlannedChange {
  readonly change: ChangeRecord;
  readonly undo: ChangeRecord;
  /** A clause for people: `it was deleted after the snapshot`. */
  readonly reason: string;
}

/** What is carried out: a wave only after the one before; within a wave nothing depends on anything else. */
export interface PlannedWaves {
  readonly waves: readonly (readonly PlannedChange[])[];
}
