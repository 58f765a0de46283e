import type { Snapshot } from '../domain/snapshot.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ObjectVersion, RetentionMode } from '../object-stores/object-store.ts';

/** What keeps an archive's objects from being removed (S3 Object Lock), by the rule of the configuration or the bucket's own default. */
export interface ArchiveLocks {
  /**
   * Sees to it that all that snapshots need is locked for as long as the rule asks from now on, also what they share with older ones. Undefined
   * where there is no rule. What is unneeded and not yet known to be is locked as well.
   */
  extend(options?: OperationContext): Promise<LockExtension | undefined>;

  /** Until when each snapshot is locked, by the store's own word. Undefined where there is neither a rule nor a default of the bucket's. */
  read(snapshots: readonly Snapshot[], options?: OperationContext): Promise<LockReport | undefined>;

  /**
   * Until when snapshots are locked by what we remember of the locks that we set, by ID: the least over all that each needs, none where that is not known
   * of all of it. The store is not asked, so it is no proof as {@link read} is; but it costs no request for each object. Empty where there is no rule.
   */
  remembered(snapshots: readonly Snapshot[], options?: OperationContext): Promise<ReadonlyMap<string, Date>>;

  /**
   * Looks for what keeps its space though it was removed: in a bucket with versions a removal only hides. Changes nothing. Undefined where no rule
   * asks for locks: then what becomes of versions is left to whoever made the bucket keep them.
   *
   * @throws Failure E_ACCESS_DENIED where the account may not list versions
   */
  planSweep(options?: OperationContext): Promise<SweepPlan | undefined>;

  /** Removes what was planned, as far as no lock holds it. */
  sweep(plan: SweepPlan, options?: OperationContext): Promise<SweepReport>;
}

export interface SweepPlan {
  /** Hidden for as long as the grace period, with the markers that hide them. */
  readonly versions: readonly ObjectVersion[];
  readonly bytes: number;
  /** What nobody of ours does: somebody may be at work who should not be. It is left as it is. */
  readonly suspicions: readonly HiddenObject[];
}

export interface HiddenObject {
  readonly key: string;
  /** `hidden`: it looks removed and is needed · `overwritten`: something else was written over what never changes. */
  readonly what: 'hidden' | 'overwritten';
}

export interface SweepReport {
  /** Given back. */
  readonly bytes: number;
  /** Still locked: a later prune removes them. */
  readonly locked: HeldVersions & { /** When the last of these locks ends, as far as they are now. */ readonly until: Date | undefined };
  /** Refused for another reason, such as a missing right. */
  readonly refused: HeldVersions;
}

export interface HeldVersions {
  readonly versions: number;
  readonly bytes: number;
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
  /** What lies hidden though it is needed, or was written over; undefined where the account may not list versions. */
  readonly suspicions: readonly HiddenObject[] | undefined;
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
