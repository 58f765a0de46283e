import type { BlobIndex, BlobPlace } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import { readTree } from '../walk-tree.ts';

/**
 * Tells which packs a tree needs, with all below it. Each tree is read once, however many snapshots share it; one that cannot be read, and blobs
 * that no index lists, need none that are known. Of a blob's places one in a pack that is not `marked` counts.
 */
export function packsOfTrees(
  reader: BlobReader,
  index: BlobIndex,
  marked: ReadonlySet<Id>,
): (root: Id, signal?: AbortSignal) => Promise<ReadonlySet<Id>> {
  const known = new Map<Id, ReadonlySet<Id>>();
  const packsOf = async (tree: Id, signal?: AbortSignal): Promise<ReadonlySet<Id>> => {
    const found = known.get(tree);
    if (found !== undefined) return found;
    signal?.throwIfAborted();
    const packs = new Set<Id>();
    const need = (places: readonly BlobPlace[]): void => {
      const place = places.find(({ packId }) => !marked.has(packId)) ?? places[0];
      if (place !== undefined) packs.add(place.packId);
    };
    need(index.findAll('tree', tree));
    const nodes = await readTree(reader, tree, signal);
    for (const { content, subtree } of nodes instanceof Error ? [] : nodes) {
      for (const blob of content) need(index.findAll('data', blob));
      if (subtree !== undefined) for (const pack of await packsOf(subtree, signal)) packs.add(pack);
    }
    known.set(tree, packs);
    return packs;
  };
  return packsOf;
}
