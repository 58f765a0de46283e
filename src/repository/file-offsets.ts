import type { BlobIndex } from './blob-index.ts';
import { cannotHave } from './fetch-files.ts';
import { shortened } from './format/repository-failures.ts';
import type { TreeEntry } from './walk-tree.ts';

/** Of files from which parts were asked for: a second question costs nothing. What a blob's ID says of its length never changes. */
const known = new WeakMap<TreeEntry['node'], Float64Array>();

/**
 * Where each blob of a file begins in it, and behind the last one where the file ends.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20)
 */
export function offsetsOf({ path: name, node }: TreeEntry, index: BlobIndex): Float64Array {
  const before = known.get(node);
  if (before !== undefined) return before;
  const offsets = new Float64Array(node.content.length + 1);
  let end = 0;
  for (const [place, id] of node.content.entries()) {
    const number = index.numberOf('data', id);
    if (number === undefined) throw cannotHave(name, `no index lists its blob ${shortened(id)}`);
    end += index.sizeAt(number).bytes;
    offsets[place + 1] = end;
  }
  if (end !== node.size) throw cannotHave(name, `its blobs have ${end} bytes and it has ${node.size}`);
  known.set(node, offsets);
  return offsets;
}

/** The number of the last blob that begins at or before `at`. */
export function blobAt(offsets: Float64Array, at: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low;
}
