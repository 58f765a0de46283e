import type { BlobReader } from './blob-reader.ts';
import type { TreeNode } from './format/tree.ts';

const blobsAhead = 8;

/** The content of a file in order, a few blobs read ahead; each was checked by its hash. */
export async function* readFileContent(reader: BlobReader, node: TreeNode, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const underWay: Promise<Uint8Array>[] = [];
  let next = 0;
  const begin = (): void => {
    const id = node.content[next++];
    if (id === undefined) return;
    const read = reader.read('data', id, signal);
    // Whoever stops early is not told of what was read ahead.
    read.catch(() => undefined);
    underWay.push(read);
  };
  for (let i = 0; i < blobsAhead; i += 1) begin();
  for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
    const content = await first;
    begin();
    yield content;
  }
}
