import type { BlobIndex } from './blob-index.ts';
import { BlobSummer, type BlobSum } from './blob-sum.ts';
import { diffTrees, type NodeDifference, type Side, type TreeDifference } from './diff-trees.ts';
import type { Id } from './format/hex-id.ts';
import type { BlobType } from './format/pack-header.ts';
import type { TreeNode } from './format/tree.ts';
import type { RepositoryCore } from './repository-core.ts';

export interface TreeComparison extends Omit<TreeDifference, 'differences'> {
  readonly differences: readonly (NodeDifference & OwnBytes)[];
  /** Of what was read; folders that are the same on both sides were not. */
  readonly blobs: { readonly onlyBefore: BlobSum; readonly onlyAfter: BlobSum; readonly both: BlobSum };
}

/** How many bytes of a file are made of blobs that the other snapshot has nowhere, as far as it was read. */
export interface OwnBytes {
  readonly ownBefore: number;
  readonly ownAfter: number;
}

const marks = { before: 1, after: 2 } as const;

/** Compares what two trees hold, down to the blobs, without reading any content. */
export async function compareTrees(
  core: RepositoryCore,
  roots: { readonly before: Id; readonly after: Id },
  signal: AbortSignal | undefined,
): Promise<TreeComparison> {
  const { blobs: index } = await core.loadedIndex(signal);
  const seen = new Uint8Array(index.size);
  const mark = (side: Side, type: BlobType, id: Id): void => {
    const number = index.numberOf(type, id);
    if (number !== undefined) seen[number] = (seen[number] ?? 0) | marks[side];
  };
  const witness = {
    onTree: (side: Side, id: Id) => mark(side, 'tree', id),
    onNode: (side: Side, { content }: TreeNode) => content.forEach((id) => mark(side, 'data', id)),
  };
  const { differences, ...others } = await diffTrees(await core.reader(signal), roots, witness, signal);
  const ownBytes = (side: Side, node: TreeNode | undefined): number => sumOwn(index, seen, marks[side], node?.content ?? []);
  return {
    ...others,
    differences: differences.map((one) => ({
      ...one,
      ownBefore: ownBytes('before', one.before),
      ownAfter: ownBytes('after', one.after),
    })),
    blobs: { onlyBefore: sumOf(index, seen, 1), onlyAfter: sumOf(index, seen, 2), both: sumOf(index, seen, 3) },
  };
}

function sumOwn(index: BlobIndex, seen: Uint8Array, mark: number, content: readonly Id[]): number {
  let sum = 0;
  for (const id of content) {
    const number = index.numberOf('data', id);
    if (number !== undefined && seen[number] === mark) sum += index.sizeAt(number).bytes;
  }
  return sum;
}

function sumOf(index: BlobIndex, seen: Uint8Array, mark: number): BlobSum {
  const summer = new BlobSummer(index);
  for (const [number, found] of seen.entries()) if (found === mark) summer.add(number);
  return summer.sum;
}
