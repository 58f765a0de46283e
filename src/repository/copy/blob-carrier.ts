import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { BlobPlace } from '../blob-index.ts';
import type { BlobReader } from '../blob-reader.ts';
import { compressIfSmaller, decompress } from '../format/compression.ts';
import { idOf, type Id } from '../format/hex-id.ts';
import type { IndexedPack } from '../format/index-file.ts';
import { headerBytesOf, packKey, type BlobType } from '../format/pack-header.ts';
import { damaged, shortened } from '../format/repository-failures.ts';
import type { LoadedIndex } from '../index-loader.ts';
import { IndexWriter } from '../index-writer.ts';
import { PackWriter } from '../packs/pack-writer.ts';
import type { ReadBytes } from '../pipeline/jobs.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { packsAtOnce, withPackBytes } from '../pipeline/read-packs.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { ivBytes, sealBytes } from '../sealing/cipher.ts';
import type { Read, Stretch, WholePack } from './plan-reads.ts';

export interface CarrierOptions {
  readonly source: RepositoryCore;
  readonly reader: BlobReader;
  readonly target: RepositoryCore;
  /** What is stored is added to it, so that it is not stored again. */
  readonly targetIndex: LoadedIndex;
  /** Threads with the keys of the source. */
  readonly pipeline: Pipeline;
  /** Whether the target can have sealed blobs as they are. */
  readonly areSealedAlike: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What went over so far. */
export interface Carried {
  readBytes: number;
  writtenBytes: number;
  blobs: number;
}

/** A killed run loses at most so much of what it has carried: an index of it is written now and then. */
const bytesInAnIndex = 1024 ** 3;
const level = 1;

/**
 * Carries blobs from one repository into another. What goes over was checked, every byte: a whole pack by its name, which is its SHA-256; a single
 * blob by its MAC and its own SHA-256. Memory: three packs on their way, and those that are being filled.
 */
export class BlobCarrier {
  readonly carried: Carried = { readBytes: 0, writtenBytes: 0, blobs: 0 };
  readonly #options: CarrierOptions;
  readonly #index: IndexWriter;
  readonly #packs: Readonly<Record<BlobType, PackWriter>>;
  #bytesWithoutIndex = 0;

  constructor(options: CarrierOptions) {
    this.#options = options;
    this.#index = new IndexWriter(options.target.documents, options.signal);
    this.#packs = { data: this.#packWriter('data', 2), tree: this.#packWriter('tree', 1) };
  }

  /**
   * Reads and stores; {@link finish} makes it lasting. `onRead` is told of bytes as they come.
   *
   * @throws Failure E_REPOSITORY_DAMAGED for a blob that the source has nowhere whole
   */
  async carry(reads: readonly Read[], onRead: (bytes: number) => void): Promise<void> {
    const told = (bytes: number): void => {
      this.carried.readBytes += bytes;
      onRead(bytes);
    };
    await mapConcurrently(
      reads,
      packsAtOnce,
      async (read, _place, signal) => {
        await (read.kind === 'pack' ? this.#carryPack(read, told, signal) : this.#carryStretch(read, told, signal));
        this.carried.blobs += read.blobs.length;
      },
      this.#options.signal,
    );
  }

  /** Resolves once all that was carried is stored and listed in an index. */
  async finish(): Promise<void> {
    await Promise.all([this.#packs.data.finish(), this.#packs.tree.finish()]);
    await this.#index.finish();
    this.#bytesWithoutIndex = 0;
  }

  async #carryPack({ packId, blobs }: WholePack, onRead: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    const { source, target, pipeline } = this.#options;
    const carried = await ifThere(() =>
      withPackBytes({ store: source.store, pipeline }, packId, { signal }, async (bytes, length) => {
        onRead(length);
        if ((await this.#hash(bytes)) !== packId) return false;
        await target.store.put(packKey(packId), this.#inMemory(bytes), { sha256: packId, signal });
        await this.#onStored({ id: packId, blobs }, length);
        return true;
      }),
    );
    if (carried !== true) await this.#rescue(blobs, signal);
  }

  async #carryStretch(
    { packId, offset, bytes: length, blobs }: Stretch,
    onRead: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { source, pipeline, areSealedAlike } = this.#options;
    const placed = blobs.map((blob) => ({ ...blob, offset: blob.offset - offset }));
    const hurt = await ifThere(() =>
      withPackBytes({ store: source.store, pipeline }, packId, { range: { offset, length }, signal }, async (given, read, transfer) => {
        onRead(read);
        const job = { kind: 'open-blobs', bytes: given, blobs: placed, isOpened: !areSealedAlike } as const;
        const { findings, bytes } = await pipeline.pool.run(job, { transfer });
        const found = new Set(findings.map(({ blobId }) => blobId));
        const all = this.#inMemory(bytes);
        for (const blob of placed) if (!found.has(blob.id)) await this.#store(blob, all.subarray(blob.offset, blob.offset + blob.length));
        return found;
      }),
    );
    await this.#rescue(hurt === undefined ? blobs : blobs.filter(({ id }) => hurt.has(id)), signal);
  }

  async #hash(bytes: ReadBytes): Promise<Id | undefined> {
    if (bytes instanceof Uint8Array) return idOf(bytes);
    const { ids } = await this.#options.pipeline.pool.run({ kind: 'hash', parts: [bytes] });
    return ids[0];
  }

  #inMemory(bytes: ReadBytes): Uint8Array {
    return bytes instanceof Uint8Array ? bytes : this.#options.pipeline.bytesOf(bytes);
  }

  /** `place` holds the blob as it was sealed, or where the keys differ its content in the middle. */
  async #store({ type, id, rawLength }: BlobPlace, place: Uint8Array): Promise<void> {
    const { target, areSealedAlike } = this.#options;
    if (areSealedAlike) return this.#packs[type].add(id, place, rawLength);
    const content = place.subarray(ivBytes, place.length - (sealBytes - ivBytes));
    if (target.opened.config.version === 1 && rawLength !== 0) {
      // Version 1 knows no compression.
      const whole = decompress(content, rawLength);
      if (whole === undefined) throw damaged(`${type} blob ${shortened(id)}`, `it does not decompress to ${rawLength} bytes`);
      return this.#packs[type].add(id, target.cipher.seal(whole), 0);
    }
    target.cipher.sealInto(content, place);
    return this.#packs[type].add(id, place, rawLength);
  }

  /** Takes blobs from wherever else they lie whole. */
  async #rescue(blobs: readonly BlobPlace[], signal: AbortSignal): Promise<void> {
    const { reader, target } = this.#options;
    for (const { type, id } of blobs) {
      const whole = await reader.read(type, id, signal);
      const { content, rawLength } = compressIfSmaller(whole, target.opened.config.version === 1 ? 0 : level);
      await this.#packs[type].add(id, target.cipher.seal(content), rawLength);
    }
  }

  #packWriter(type: BlobType, open: number): PackWriter {
    const { target, signal } = this.#options;
    const { store, cipher } = target;
    const { packBytes = 16 * 1024 * 1024, uploads = 2 } = target.options.writer ?? {};
    const bytesOf = ({ blobs }: IndexedPack): number => blobs.reduce((sum, { length }) => sum + length, headerBytesOf(blobs));
    const onStored = (pack: IndexedPack): Promise<void> => this.#onStored(pack, bytesOf(pack));
    return new PackWriter({ store, cipher, type, packBytes, open, uploads, onStored, signal });
  }

  async #onStored(pack: IndexedPack, bytes: number): Promise<void> {
    this.#options.targetIndex.blobs.addPack(pack);
    this.carried.writtenBytes += bytes;
    this.#bytesWithoutIndex += bytes;
    await this.#index.add(pack);
    if (this.#bytesWithoutIndex < bytesInAnIndex) return;
    this.#bytesWithoutIndex = 0;
    await this.#index.finish();
  }
}

/** Undefined where the source has not what was asked for. */
async function ifThere<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING') || isFailure(error, 'E_OBJECT_DAMAGED')) return undefined;
    throw error;
  }
}
