import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { SaveOptions } from './archive.ts';

/** Copies snapshots from one archive to another as they are stored there, without staging them. */
export interface SnapshotCopier {
  /**
   * Makes the target so that it stores things as the source does: sealed with the same keys, or with `areKeysNew` with ones that no password of the source leads
   * to. Resolves to false when it is there already.
   */
  createTarget(areKeysNew: boolean, options?: OperationContext): Promise<boolean>;

  /** Whether whoever has the keys of the one archive can read the other. */
  sharesKeys(options?: OperationContext): Promise<boolean>;

  /** Finds out which of these snapshots of the source the target lacks. Changes nothing. */
  plan(snapshots: readonly Snapshot[], options?: OperationContext): Promise<CopyPlan>;

  /**
   * Copies those of these that the target lacks, one after the other, the oldest first; each is listed there once all that it needs is stored. What is damaged in the
   * source is told, and the others are copied. A call that rejects, or is killed, has copied some of them whole, and can be made again.
   */
  copy(snapshots: readonly Snapshot[], options?: SaveOptions): Promise<CopyOutcome>;
}

export interface CopyPlan {
  /** The oldest first. */
  readonly missing: readonly MissingSnapshot[];
  readonly present: readonly Snapshot[];
  readonly damaged: readonly DamagedSnapshot[];
}

export interface MissingSnapshot {
  readonly snapshot: Snapshot;
  /** What is to be read for it, as it is stored. */
  readonly bytes: number;
}

export interface DamagedSnapshot {
  readonly snapshot: Snapshot;
  /** One sentence. */
  readonly finding: string;
}

export interface CopyOutcome {
  readonly copied: readonly CopiedSnapshot[];
  readonly present: readonly Snapshot[];
  readonly damaged: readonly DamagedSnapshot[];
  /** From the source, without the index and the like. */
  readonly readBytes: number;
  /** To the target, likewise; undefined where that is not known. */
  readonly writtenBytes: number | undefined;
}

export interface CopiedSnapshot {
  /** As the source lists it. */
  readonly snapshot: Snapshot;
  /** Its ID in the target. */
  readonly id: string;
}
