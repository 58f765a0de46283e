import type { Documents } from './documents.ts';
import { encodeIndex, type IndexedPack } from './format/index-file.ts';

/** Keeps one index file, and what is lost when a run is killed, within bounds. */
export const blobsInAnIndex = 50_000;

/** Collects the packs of a run and writes index files of them. */
export class IndexWriter {
  readonly #documents: Documents;
  readonly #signal: AbortSignal | undefined;
  #packs: IndexedPack[] = [];
  #blobs = 0;

  constructor(documents: Documents, signal: AbortSignal | undefined) {
    this.#documents = documents;
    this.#signal = signal;
  }

  /** Takes a pack that is stored. */
  async add(pack: IndexedPack): Promise<void> {
    this.#packs.push(pack);
    this.#blobs += pack.blobs.length;
    if (this.#blobs >= blobsInAnIndex) await this.finish();
  }

  /** Writes what was collected since the last time. */
  async finish(): Promise<void> {
    const packs = this.#packs;
    this.#packs = [];
    this.#blobs = 0;
    if (packs.length > 0) await this.#documents.write('index', encodeIndex({ supersedes: [], packs }), this.#signal);
  }
}
