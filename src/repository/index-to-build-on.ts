import type { ObjectStore } from '../object-stores/object-store.ts';
import type { Documents } from './documents.ts';
import { headerBytesOf, packKey } from './format/pack-header.ts';
import { loadIndex, type LoadedIndex } from './index-loader.ts';
import { readMarks } from './prune/marks.ts';
import type { Cipher } from './sealing/cipher.ts';

/**
 * The index that a writer builds on, which holds a lock already: without packs that are about to go, and without packs that are not there, or not of the length that
 * the index says, whatever became of them: what they held is stored anew, and snapshots from now on are whole.
 */
export async function loadIndexToBuildOn(
  {
    store,
    cachedDocuments: documents,
    cipher,
  }: { readonly store: ObjectStore; readonly cachedDocuments: Documents; readonly cipher: Cipher },
  signal: AbortSignal | undefined,
): Promise<LoadedIndex> {
  // Marks and packs before the index: what a prune has done since then keeps a writer from nothing.
  const marked = new Set((await readMarks(store, cipher, signal)).flatMap(({ packs }) => packs));
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of store.list('data/', { signal })) sizes.set(key, bytes);
  return loadIndex(documents, signal, ({ id, blobs }) => {
    const expected = blobs.reduce((sum, { length }) => sum + length, headerBytesOf(blobs));
    return !marked.has(id) && sizes.get(packKey(id)) === expected;
  });
}
