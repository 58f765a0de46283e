import type { Snapshot } from '../../domain/snapshot.ts';
import type { Clock } from '../../foundation/clock.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ArchiveLocks, LockExtension, LockReport } from '../archive-locks.ts';
import { extendLocks, type ObjectLockSettings } from './extend-locks.ts';
import type { LockedContents } from './locked-contents.ts';
import { readLocks } from './read-locks.ts';

export interface StoredLocksOptions {
  readonly store: ObjectStore;
  readonly contents: LockedContents;
  readonly rule: ObjectLockSettings | undefined;
  readonly clock: Clock;
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
}
