import { StoredLeases, type LeaseHolder } from '../../src/archive/lease.ts';
import { PlainArchive } from '../../src/archive/plain/plain-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import { asListed } from './example-snapshot.ts';
import { makeSet } from './example-set.ts';
import { FakeClock } from './fake-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

const holder: LeaseHolder = { host: 'pod-0', processId: 1, space: 'a', processBegan: '1', container: '', work: 'backup' };

/** A plain archive over a store in memory, made and empty, with its leases and a clock that stands still. */
export async function exampleArchive() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const archive = new PlainArchive(store, { clock, graceMilliseconds: 3_600_000 });
  await archive.create();
  const leases = new StoredLeases(store, { clock, seconds: 60, holder, isAlive: () => undefined });
  return { clock, store, archive, leases };
}

/** Archives a set of these files as `backupId` of server `prod`. */
export async function saveExample(
  archive: PlainArchive,
  backupId: string,
  files: Readonly<Record<string, string | Uint8Array>> = {
    'userRoot/backup.info': 'descriptor',
    'userRoot/file': `content of ${backupId}`,
  },
  server = 'prod',
): Promise<Snapshot> {
  await using folder = await temporaryFolder('set');
  return asListed(await archive.save(folder.path, { ...(await makeSet(folder.path, backupId, files)), server }));
}
