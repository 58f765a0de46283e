import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { Failure } from '../../foundation/failure.ts';
import type { CatalogEntry } from './plain-catalog.ts';
import { archivedMark, manifestKey, setPrefix, unfinishedKey } from './plain-keys.ts';

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
  try {
    await store.delete([manifestKey(server, backupId)], { signal });
  } catch (error) {
    // An account that may not forget leaves the set as it was; the mark would call it unfinished, were its manifest ever lost.
    await unmark(store, mark);
    throw error;
  }
  const keys: string[] = [];
  for await (const object of store.list(setPrefix(server, backupId), { signal })) keys.push(object.key);
  await store.delete(keys, { signal });
  await store.delete([mark], { signal });
}

/** Best effort: where it cannot be removed it says that the set was whole. */
async function unmark(store: ObjectStore, mark: string): Promise<void> {
  await store.delete([mark]).catch(() => store.put(mark, new TextEncoder().encode(archivedMark)).catch(() => undefined));
}

/** Whether nothing lies where a set of this name would: what `aws s3 sync` left lies elsewhere. */
export async function isOutside(store: ObjectStore, server: string, backupId: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const _object of store.list(setPrefix(server, backupId), { signal })) return false;
  return true;
}
