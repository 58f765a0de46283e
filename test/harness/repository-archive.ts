import type { ObjectLockSettings } from '../../src/archive/object-lock/extend-locks.ts';
import { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { Secret } from '../../src/foundation/secret.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import type { LockOwner, WriterSettings } from '../../src/repository/repository.ts';

export interface ArchiveSettings {
  readonly clock: Clock;
  readonly password?: string;
  readonly graceMilliseconds?: number;
  /** Of locks; somebody on another host unless told. */
  readonly owner?: LockOwner;
  readonly writer?: WriterSettings;
  readonly objectLock?: ObjectLockSettings;
  readonly cacheFolder?: string;
}

/** Small chunks and packs, so that small sets have many of them; keys that cost nothing. */
const smallWriter: WriterSettings = { workers: 1, packBytes: 128 * 1024, cutSizes: { min: 4096, average: 8192, max: 32_768 } };

export function repositoryArchive(store: ObjectStore, settings: ArchiveSettings): RepositoryArchive {
  return new RepositoryArchive(store, {
    clock: settings.clock,
    password: new Secret(settings.password ?? 'test'),
    owner: settings.owner ?? { hostname: 'test-host', username: 'tester', pid: 1 },
    graceMilliseconds: settings.graceMilliseconds ?? 0,
    writer: settings.writer ?? smallWriter,
    scrypt: { N: 16, r: 1, p: 1 },
    objectLock: settings.objectLock,
    cacheFolder: settings.cacheFolder,
  });
}
