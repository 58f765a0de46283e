import type { BlobIndex } from './blob-index.ts';

/** Different blobs, each counted once. */
export interface BlobSum {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Before compression. */
  readonly bytes: number;
  /** As they lie in packs, with their line in the header. */
  readonly storedBytes: number;
}

/** Adds up blobs by their numbers in an index. */
export class BlobSummer {
  readonly #index: BlobIndex;
  #dataBlobs = 0;
  #treeBlobs = 0;
  #bytes = 0;
  #storedBytes = 0;

  constructor(index: BlobIndex) {
    this.#index = index;
  }

  add(number: number): void {
    const { type, bytes, storedBytes } = this.#index.sizeAt(number);
    if (type === 'data') this.#dataBlobs += 1;
    else this.#treeBlobs += 1;
    this.#bytes += bytes;
    this.#storedBytes += storedBytes;
  }

  get sum(): BlobSum {
    return { dataBlobs: this.#dataBlobs, treeBlobs: this.#treeBlobs, bytes: this.#bytes, storedBytes: this.#storedBytes };
  }
}
