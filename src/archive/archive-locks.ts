import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RetentionMode } from '../object-stores/object-store.ts';

/** What keeps an archive's objects from being removed (S3 Object Lock), by the rule of the configuration or the bucket's own default. */
export interface ArchiveLocks {
  /**
   * Sees to it that all that snapshots need is locked for as long as the rule asks from now on, also what they share with older ones. Undefined
   * where there is no rule. What is unneeded and not yet known to be is locked as well.
   */
  extend(options?: OperationContext): Promise<LockExtension | undefined>;

  /** Until when each snapshot is locked, by the store's own word. Undefined where there is neither a rule nor a default of the bucket's. */
  read(snapshots: readonly Snapshot[], options?: OperationContext): Promise<LockReport | undefined>;
}

export interface LockExtension {
  /** That shall be locked. */
  readonly objects: number;
  /** Whose lock ended too soon, and was extended. */
  readonly extended: number;
}

export interface LockReport {
  /** Until when each should be locked at the least; undefined where no rule says it. */
  readonly required: Date | undefined;
  /** By the snapshot's ID. */
  readonly locks: ReadonlyMap<string, SnapshotLock>;
}

export interface SnapshotLock {
  /** The least over all objects that the snapshot needs; undefined where one of them is not locked. */
  readonly until: Date | undefined;
  /** Of the object that is locked the least. */
  readonly mode: RetentionMode | undefined;
  /** Its key. */
  readonly weakest: string | undefined;
  /** Whether that is as long as required. */
  readonly isKept: boolean;
}
