import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Repository } from '../../repository/repository.ts';
import type { PinContents } from '../stored-pins.ts';

/** A pin of a repository is sealed with its key: who may only list learns which snapshots are pinned, and no more. */
export function repositoryPins(store: ObjectStore, repository: Repository): PinContents {
  const objects = repository.objects();
  return {
    nameOf: ({ id }) => id,
    snapshotOf: (name) => (/^[0-9a-f]{64}$/.test(name) ? { id: name, server: '', backupId: '' } : undefined),
    seal: (json) => objects.sealNote(json),
    open: (name, bytes) => objects.openNote(`pins/${name}`, bytes),
    listNames: async (signal) => new Set((await repository.listSnapshots(signal)).map(({ id }) => id)),
    isThere: async ({ id }, signal) => (await store.head(`snapshots/${id}`, { signal })) !== undefined,
    // A forget drops whatever is listed.
    assertPinnable: () => Promise.resolve(),
  };
}
