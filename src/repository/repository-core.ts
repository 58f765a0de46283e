import path from 'node:path';
import type { Clock } from '../foundation/clock.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { BlobReader } from './blob-reader.ts';
import { DocumentCache } from './document-cache.ts';
import { Documents } from './documents.ts';
import type { ScryptCost } from './format/key-file.ts';
import { KeptBlobs } from './kept-blobs.ts';
import { loadIndex, type LoadedIndex } from './index-loader.ts';
import type { LockOwner } from './locks.ts';
import type { OpenedRepository } from './open-repository.ts';
import { PackChecks } from './pack-checks.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import { readingSlabs } from './pipeline/read-packs.ts';
import { SharedPipeline } from './pipeline/shared-pipeline.ts';
import type { WriterSettings } from './save-files.ts';
import { Cipher } from './sealing/cipher.ts';

export interface RepositoryOptions {
  readonly clock: Clock;
  readonly owner: LockOwner;
  readonly writer?: WriterSettings | undefined;
  /** How long a pack stays after it was found unneeded; longer than any writer lives. */
  readonly graceMilliseconds: number;
  /** Of keys that are made; for tests, which make many. */
  readonly scrypt?: ScryptCost | undefined;
  /** A folder of this machine for copies of the small sealed documents; none unless told. */
  readonly cacheFolder?: string | undefined;
}

/** About a thousand blobs of the index of an export: what lookups in many snapshots have in common. */
const keptBlobBytes = 16 * 1024 * 1024;

/** What all work on an opened repository shares: the store, the keys, and the index, which is loaded once and again after it was changed. */
export class RepositoryCore {
  readonly store: ObjectStore;
  readonly opened: OpenedRepository;
  readonly options: RepositoryOptions;
  readonly cipher: Cipher;
  readonly documents: Documents;
  /** Copies on this machine where there are any: for whoever needs to know what is said, and not whether it is still stored as it was. */
  readonly cachedDocuments: Documents;
  readonly cache: DocumentCache | undefined;
  /** Of those of which parts are asked for. */
  readonly keptBlobs = new KeptBlobs(keptBlobBytes);
  #index: Promise<LoadedIndex> | undefined;
  #checks: PackChecks | undefined;
  #reader: BlobReader | undefined;
  readonly #readers = new SharedPipeline(() => this.#makeReaders(readingSlabs));

  constructor(store: ObjectStore, opened: OpenedRepository, options: RepositoryOptions) {
    this.store = store;
    this.opened = opened;
    this.options = options;
    this.cipher = Cipher.standalone(opened.keys);
    this.documents = new Documents(store, this.cipher, opened.config.version);
    const { cacheFolder } = options;
    this.cache = cacheFolder === undefined ? undefined : new DocumentCache(path.join(cacheFolder, opened.config.id));
    this.cachedDocuments = new Documents(store, this.cipher, opened.config.version, this.cache);
  }

  /** The index as it was when it was first asked for. */
  loadedIndex(signal: AbortSignal | undefined): Promise<LoadedIndex> {
    if (this.#index === undefined) {
      const loading = loadIndex(this.documents, signal);
      // What failed once may be tried again.
      loading.catch(() => {
        if (this.#index === loading) this.forgetIndex();
      });
      this.#index = loading;
    }
    return this.#index;
  }

  /** Has the index loaded anew the next time: after it was changed, or where it must be of now. */
  forgetIndex(): void {
    this.#index = undefined;
    this.#checks = undefined;
    this.#reader = undefined;
  }

  /** One for each index: which trees lie beside each other takes a look at all that it lists. */
  async reader(signal: AbortSignal | undefined): Promise<BlobReader> {
    const loading = this.loadedIndex(signal);
    const { blobs } = await loading;
    // Loaded anew meanwhile, it has another one.
    if (this.#index !== loading) return new BlobReader(this.store, this.cipher, blobs);
    return (this.#reader ??= new BlobReader(this.store, this.cipher, blobs));
  }

  /** What was found of each pack so far, by this index. */
  async packChecks(signal: AbortSignal | undefined): Promise<PackChecks> {
    const { blobs } = await this.loadedIndex(signal);
    return (this.#checks ??= new PackChecks(this.store, blobs));
  }

  /** Does `work` with threads that open and check blobs; those of the usual `slabs` are shared by all who ask at about the same time. */
  async withReaders<Result>(work: (pipeline: Pipeline) => Promise<Result>, slabs = readingSlabs): Promise<Result> {
    if (slabs === readingSlabs) return this.#readers.use(work);
    const pipeline = this.#makeReaders(slabs);
    try {
      return await work(pipeline);
    } finally {
      await pipeline.close();
    }
  }

  #makeReaders(slabs: typeof readingSlabs): Pipeline {
    return new Pipeline(this.opened, { workers: this.options.writer?.workers, ...slabs });
  }
}
