import type { BlobIndex, BlobPlace } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import type { Id } from '../format/hex-id.ts';
import type { BlobType } from '../format/pack-header.ts';
import { damaged, shortened } from '../format/repository-failures.ts';
import { walkTree } from '../walk-tree.ts';

/**
 * Where the blobs lie that a tree needs, folders and all, and that `isThere` does not tell to be in the target; each once.
 *
 * @throws Failure E_REPOSITORY_DAMAGED where a tree cannot be read, or no index lists a blob
 */
export async function missingBlobs(
  root: Id,
  source: { readonly reader: BlobReader; readonly index: BlobIndex },
  isThere: (type: BlobType, id: Id) => boolean,
  signal: AbortSignal | undefined,
): Promise<BlobPlace[]> {
  const { entries, trees, unreadable } = await walkTree(source.reader, root, signal);
  const [folder] = unreadable;
  if (folder !== undefined) throw folder.reason;
  const missing = new Map<string, BlobPlace>();
  const need = (type: BlobType, id: Id): void => {
    if (missing.has(`${type} ${id}`) || isThere(type, id)) return;
    const place = source.index.find(type, id);
    if (place === undefined) throw damaged(`${type} blob ${shortened(id)}`, 'no index lists it');
    missing.set(`${type} ${id}`, place);
  };
  for (const { node } of entries) for (const id of node.content) need('data', id);
  for (const id of trees) need('tree', id);
  return [...missing.values()];
}
