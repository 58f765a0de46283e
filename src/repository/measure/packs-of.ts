import type { Id } from '../format/hex-id.ts';
import { packKey } from '../format/pack-header.ts';
import { listSnapshots } from '../list-snapshots.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { findOwners } from './find-owners.ts';

export interface PackInStore {
  readonly id: Id;
  readonly key: string;
  readonly bytes: number;
}

/** The packs that these snapshots need, or undefined: all that the index lists. Of those that are there; what is needed by a folder that cannot be read is not known. */
export async function packsOf(
  core: RepositoryCore,
  snapshots: ReadonlySet<Id> | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly PackInStore[]> {
  const ids = snapshots === undefined ? (await core.loadedIndex(signal)).blobs.packIds : await packsNeededBy(core, snapshots, signal);
  const sizes = await (await core.packChecks(signal)).sizes(signal);
  return [...ids].flatMap((id) => {
    const key = packKey(id);
    const bytes = sizes.get(key);
    return bytes === undefined ? [] : [{ id, key, bytes }];
  });
}

async function packsNeededBy(core: RepositoryCore, snapshots: ReadonlySet<Id>, signal: AbortSignal | undefined): Promise<Set<Id>> {
  const listed = await listSnapshots(core.cachedDocuments, signal);
  const roots = listed.flatMap(({ id, file }) => (file !== undefined && snapshots.has(id) ? [{ tree: file.tree, isChosen: true }] : []));
  const { blobs: index } = await core.loadedIndex(signal);
  const { owners } = await findOwners(await core.reader(signal), index, roots, { onRoot: () => undefined, signal });
  const packs = new Set<Id>();
  for (let number = 0; number < index.size; number += 1) if (owners.ownerOf(number) !== undefined) packs.add(index.sizeAt(number).packId);
  return packs;
}
