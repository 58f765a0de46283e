import { isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';
import { headerBytesOf, packKey, type PackedBlob } from './format/pack-header.ts';
import type { BlobFinding } from './pipeline/jobs.ts';
import type { Pipeline } from './pipeline/pipeline.ts';
import { withPackBytes } from './pipeline/read-packs.ts';

/** All that was found when a pack was read, each in one clause. */
export interface PackFindings {
  /** About the pack as such: `its bytes hash to 12ab…`. */
  readonly pack: readonly string[];
  /** Of its blobs those that cannot be had from it. */
  readonly blobs: ReadonlyMap<Id, string>;
}

export interface CheckOptions {
  /** Undefined: only presence and length are compared. */
  readonly pipeline: Pipeline | undefined;
  /** The keys of the packs to read; of the others only presence and length are compared. Undefined: all. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** The threads to read this pack with; undefined where it is not to be read. */
export function readingOf({ pipeline, only }: CheckOptions, packId: Id): Pipeline | undefined {
  return only === undefined || only.has(packKey(packId)) ? pipeline : undefined;
}

/** What was found of each pack; kept between snapshots, as they share most of theirs. */
export class PackChecks {
  readonly #store: ObjectStore;
  readonly #index: BlobIndex;
  readonly #findings = new Map<Id, Promise<PackFindings | undefined>>();
  #sizes: Promise<ReadonlyMap<string, number>> | undefined;

  constructor(store: ObjectStore, index: BlobIndex) {
    this.#store = store;
    this.#index = index;
  }

  /** The objects below `data/` and their lengths. */
  sizes(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
    this.#sizes ??= this.#list(signal);
    return this.#sizes;
  }

  /** Whether the pack is there, and of the length that the index says. */
  async checkPresence(packId: Id, signal: AbortSignal | undefined): Promise<string | undefined> {
    const bytes = (await this.sizes(signal)).get(packKey(packId));
    if (bytes === undefined) return 'is missing';
    const expected = this.#bytesOf(packId);
    return bytes === expected ? undefined : `has ${bytes} bytes instead of ${expected}`;
  }

  /** Reads the pack and checks every byte; undefined when it is not there. */
  checkContent(
    packId: Id,
    { pipeline, onRead, signal }: CheckOptions & { readonly pipeline: Pipeline },
  ): Promise<PackFindings | undefined> {
    const known = this.#findings.get(packId);
    if (known !== undefined) return known;
    const checked = this.#read(packId, pipeline, onRead, signal);
    checked.catch(() => this.#findings.delete(packId));
    this.#findings.set(packId, checked);
    return checked;
  }

  async #read(
    packId: Id,
    pipeline: Pipeline,
    onRead: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<PackFindings | undefined> {
    try {
      const blobs: readonly PackedBlob[] = this.#index.placesIn(packId);
      const check = () =>
        withPackBytes({ store: this.#store, pipeline }, packId, { signal }, async (bytes, length, transfer) => {
          const { findings } = await pipeline.pool.run({ kind: 'check-pack', bytes, packId, blobs }, { transfer });
          return { findings, length };
        });
      const first = await check();
      onRead(first.length);
      // What was damaged under way comes whole the second time; what lies damaged in the store does not.
      return findingsFrom(first.findings.length === 0 ? [] : (await check()).findings);
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      throw error;
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    for await (const { key, bytes } of this.#store.list('data/', { signal })) sizes.set(key, bytes);
    return sizes;
  }

  #bytesOf(packId: Id): number {
    const blobs = this.#index.placesIn(packId);
    return blobs.reduce((sum, { length }) => sum + length, headerBytesOf(blobs));
  }
}

function findingsFrom(findings: readonly BlobFinding[]): PackFindings {
  return {
    pack: findings.flatMap(({ blobId, finding }) => (blobId === undefined ? [finding] : [])),
    blobs: new Map(findings.flatMap(({ blobId, finding }) => (blobId === undefined ? [] : [[blobId, finding] as const]))),
  };
}
