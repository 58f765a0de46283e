import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Layout } from './archive.ts';
import { archiveKey } from './plain/plain-keys.ts';
import { holdsSeedSets } from './plain/seed-sets.ts';

/** Where restic's format has its config, and no other layout has anything. */
const repositoryConfigKey = 'config';

/**
 * What lies at a place, so that no archive is made beside another and each is opened as what it is: the layout that an archive was made with,
 * `synced` where there is only what `aws s3 sync` left of a backup folder, undefined where there is nothing of the kind.
 */
export async function layoutAt(store: ObjectStore, signal?: AbortSignal): Promise<Layout | 'synced' | undefined> {
  if ((await store.head(archiveKey, { signal })) !== undefined) return 'plain';
  if ((await store.head(repositoryConfigKey, { signal })) !== undefined) return 'repository';
  return (await holdsSeedSets(store, signal)) ? 'synced' : undefined;
}
