import { Secret } from '../../src/foundation/secret.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import type { Id } from '../../src/repository/format/hex-id.ts';
import { packKey } from '../../src/repository/format/pack-header.ts';
import type { TreeNode } from '../../src/repository/format/tree.ts';
import { listSnapshots } from '../../src/repository/list-snapshots.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { RepositoryCore } from '../../src/repository/repository-core.ts';
import { readTree } from '../../src/repository/walk-tree.ts';
import { FakeClock } from './fake-clock.ts';

/** Flips a bit of one tree of the only snapshot: `choose` gets the nodes and the ID of its root, and names the tree. Returns the ID. */
export async function alterTree(
  store: ObjectStore,
  choose: (nodes: readonly TreeNode[], root: Id) => Id | undefined,
  password = 'test',
): Promise<Id> {
  const opened = await openRepository(store, new Secret(password));
  const owner = { hostname: 'test', username: 'test', pid: 1 };
  const core = new RepositoryCore(store, opened, { clock: new FakeClock(), owner, graceMilliseconds: 0 });
  const [only] = await listSnapshots(core.documents);
  if (only?.file === undefined) throw new Error('there is no snapshot');
  const nodes = await readTree(await core.reader(undefined), only.file.tree);
  if (nodes instanceof Error) throw nodes;
  const id = choose(nodes, only.file.tree);
  const place = id === undefined ? undefined : (await core.loadedIndex(undefined)).blobs.find('tree', id);
  if (place === undefined) throw new Error('there is no such tree');
  const key = packKey(place.packId);
  const bytes = Uint8Array.from(await store.get(key));
  const at = place.offset + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await store.put(key, bytes);
  return place.id;
}
