import type { Snapshot } from '../../domain/snapshot.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ArchiveLocks, LockExtension, LockReport, SweepPlan, SweepReport } from '../archive-locks.ts';
import { extendLocks, type ObjectLockSettings } from './extend-locks.ts';
import type { LockedContents } from './locked-contents.ts';
import { rememberedLocks } from './remembered-locks.ts';
import { readLocks } from './read-locks.ts';
import { planSweep, sweep } from './sweep.ts';

export interface StoredLocksOptions {
  readonly store: ObjectStore;
  readonly contents: LockedContents;
  readonly rule: ObjectLockSettings | undefined;
  readonly clock: Clock;
  /** How long what was removed is spared. */
  readonly graceMilliseconds: number;
}

/** The locks of an archive of either layout. */
export class StoredLocks implements ArchiveLocks {
  readonly #options: StoredLocksOptions;

  constructor(options: StoredLocksOptions) {
    this.#options = options;
  }

  async extend(options: OperationContext = {}): Promise<LockExtension | undefined> {
    const { rule } = this.#options;
    return rule && extendLocks({ ...this.#options, rule }, options);
  }

  read(snapshots: readonly Snapshot[], options: OperationContext = {}): Promise<LockReport | undefined> {
    return readLocks(this.#options, snapshots, options);
  }

  async remembered(snapshots: readonly Snapshot[], { signal }: OperationContext = {}): Promise<ReadonlyMap<string, Date>> {
    const { rule, contents } = this.#options;
    return rule === undefined ? new Map() : rememberedLocks(contents, rule.mode, snapshots, signal);
  }

  async planSweep(options: OperationContext = {}): Promise<SweepPlan | undefined> {
    return this.#options.rule && planSweep(this.#options, options);
  }

  sweep(plan: SweepPlan, options: OperationContext = {}): Promise<SweepReport> {
    return sweep(this.#options.store, plan, options);
  }
}
