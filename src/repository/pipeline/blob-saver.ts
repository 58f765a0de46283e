import type { BlobIndex } from '../blob-index.ts';
import { compressIfSmaller } from '../format/compression.ts';
import { idOf, type Id } from '../format/hex-id.ts';
import type { BlobType } from '../format/pack-header.ts';
import type { PackWriter } from '../packs/pack-writer.ts';
import type { Cipher } from '../sealing/cipher.ts';
import type { MemoryPart } from './jobs.ts';
import type { Pipeline } from './pipeline.ts';

export interface BlobSaverOptions {
  readonly pipeline: Pipeline;
  readonly cipher: Cipher;
  readonly index: BlobIndex;
  readonly packs: Readonly<Record<BlobType, PackWriter>>;
  /** Of zstandard; 0 stores as it is, as version 1 demands. */
  readonly level: number;
}

/** What a run added. */
export interface Added {
  blobs: number;
  /** Before compression. */
  bytes: number;
  /** Compressed and sealed. */
  packedBytes: number;
}

const treeLevel = 3;

/** Stores blobs that the repository does not have yet, each once. */
export class BlobSaver {
  readonly added: Readonly<Record<BlobType, Added>> = {
    data: { blobs: 0, bytes: 0, packedBytes: 0 },
    tree: { blobs: 0, bytes: 0, packedBytes: 0 },
  };
  readonly #options: BlobSaverOptions;
  /** What this run has begun to store; the index does not know it before its pack is stored. */
  readonly #begun = new Set<string>();

  constructor(options: BlobSaverOptions) {
    this.#options = options;
  }

  /** Hashes the parts and stores those that are new; resolves to their IDs once the memory may be used again. */
  async saveParts(parts: readonly MemoryPart[]): Promise<readonly Id[]> {
    const { pool } = this.#options.pipeline;
    const { ids } = await pool.run({ kind: 'hash', parts });
    const fresh = parts.flatMap((part, index) => {
      const id = ids[index] ?? '';
      return this.#begin('data', id) ? [{ part, id }] : [];
    });
    if (fresh.length > 0) await this.#saveFresh(fresh);
    return ids;
  }

  /** Stores bytes of this thread: trees, the manifest. */
  async save(type: BlobType, bytes: Uint8Array): Promise<Id> {
    const id = idOf(bytes);
    if (!this.#begin(type, id)) return id;
    const { content, rawLength } = compressIfSmaller(bytes, this.#options.level === 0 ? 0 : treeLevel);
    await this.#add(type, id, this.#options.cipher.seal(content), rawLength, bytes.length);
    return id;
  }

  /** All by one message: waking a thread takes a tenth of what it then does with one chunk. */
  async #saveFresh(fresh: readonly { readonly part: MemoryPart; readonly id: Id }[]): Promise<void> {
    const { pipeline, level } = this.#options;
    const parts = fresh.map(({ part }) => part);
    const { encoded } = await pipeline.pool.run({ kind: 'encode', parts, level }, { isUrgent: true });
    await Promise.all(
      fresh.map(async ({ part, id }, index) => {
        const one = encoded[index];
        if (one === undefined) throw new Error('a part was not encoded');
        const { length, rawLength, bytes } = one;
        await this.#add('data', id, bytes ?? pipeline.bytesOf({ at: part.at, length }), rawLength, part.length);
      }),
    );
  }

  async #add(type: BlobType, id: Id, sealed: Uint8Array, rawLength: number, bytes: number): Promise<void> {
    await this.#options.packs[type].add(id, sealed, rawLength);
    const added = this.added[type];
    added.blobs += 1;
    added.bytes += bytes;
    added.packedBytes += sealed.length;
  }

  #begin(type: BlobType, id: Id): boolean {
    const key = `${type} ${id}`;
    if (this.#begun.has(key) || this.#options.index.has(type, id)) return false;
    this.#begun.add(key);
    return true;
  }
}
