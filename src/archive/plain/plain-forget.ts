import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { Failure } from '../../foundation/failure.ts';
import type { CatalogEntry } from './plain-catalog.ts';
import { manifestKey, setPrefix, unfinishedKey } from './plain-keys.ts';

/**
 * Drops one set: mark → manifest → files → mark. From the moment the manifest is gone it is no snapshot; killed after that,
 * `prune` removes the rest.
 */
export async function forgetSet(store: ObjectStore, { snapshot }: CatalogEntry, { signal }: OperationContext): Promise<void> {
  const { server, backupId, state } = snapshot;
  if (state === 'unlisted' || (await isOutside(store, snapshot.server, backupId, signal))) {
    throw new Failure(
      'E_FORGET_REFUSED',
      `Cannot forget ${server}/${backupId}: it was left by "aws s3 sync", whose sets share one backup.info`,
      {
        hint: `remove the folder from ${store.location} by other means once no set in it is needed`,
      },
    );
  }
  const mark = unfinishedKey(server, backupId);
  await store.put(mark, new TextEncoder().encode('forgotten\n'), { signal });
  await store.delete([manifestKey(server, backupId)], { signal });
  const keys: string[] = [];
  for await (const object of store.list(setPrefix(server, backupId), { signal })) keys.push(object.key);
  await store.delete(keys, { signal });
  await store.delete([mark], { signal });
}

async function isOutside(store: ObjectStore, server: string, backupId: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const _object of store.list(setPrefix(server, backupId), { signal })) return false;
  return true;
}
