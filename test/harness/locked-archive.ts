import type { ObjectLockRule } from '../../src/archive/object-lock/object-lock-rule.ts';
import { isLockedInPlain, isLockedInRepository, lockMilliseconds } from '../../src/archive/object-lock/object-lock-rule.ts';
import { PlainArchive } from '../../src/archive/plain/plain-archive.ts';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { RetainingStore } from '../../src/object-stores/retaining-store.ts';
import { type ArchiveSettings, repositoryArchive } from './repository-archive.ts';

/** An archive that locks what it writes, as the program puts it together where `objectLock` is set. */
export function lockedRepository(store: ObjectStore, rule: ObjectLockRule, settings: ArchiveSettings): RepositoryArchive {
  const locking = lockingStore(store, rule, settings.clock, isLockedInRepository);
  return repositoryArchive(locking, { ...settings, objectLock: { ...rule, written: locking.written } });
}

export function lockedPlainArchive(
  store: ObjectStore,
  rule: ObjectLockRule,
  options: { readonly clock: Clock; readonly graceMilliseconds: number },
): PlainArchive {
  const locking = lockingStore(store, rule, options.clock, isLockedInPlain);
  return new PlainArchive(locking, { ...options, objectLock: { ...rule, written: locking.written } });
}

function lockingStore(store: ObjectStore, rule: ObjectLockRule, clock: Clock, isLocked: (key: string) => boolean): RetainingStore {
  return new RetainingStore(store, { mode: rule.mode, milliseconds: lockMilliseconds(rule), clock, isLocked });
}
