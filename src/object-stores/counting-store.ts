import type { ObjectLock } from './object-lock.ts';
import type {
  CallOptions,
  FolderListing,
  GetOptions,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  PutStreamOptions,
  StoreAbilities,
  UnfinishedWrite,
} from './object-store.ts';

export type StoreCallKind = 'put' | 'get' | 'head' | 'list' | 'delete' | 'unfinished' | 'probe' | 'lock';

export interface StoreCounts {
  /** Calls of the port; a paged listing or a multipart upload is one. */
  readonly calls: Readonly<Record<StoreCallKind, number>>;
  /** Calls that rejected, by aborts too. */
  readonly failed: number;
  /** Of objects that were written whole. */
  readonly bytesWritten: number;
  /** Of bodies, as far as they were given. */
  readonly bytesRead: number;
  readonly objectsDeleted: number;
}

/** Counts what passes, for statistics. Outside of a `RetryingStore` it counts what was asked for, inside what it took. */
export class CountingStore implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #inner: ObjectStore;
  readonly #calls: Record<StoreCallKind, number> = { put: 0, get: 0, head: 0, list: 0, delete: 0, unfinished: 0, probe: 0, lock: 0 };
  #failed = 0;
  #bytesWritten = 0;
  #bytesRead = 0;
  #objectsDeleted = 0;

  constructor(inner: ObjectStore) {
    this.location = inner.location;
    this.objectLock = this.#countingLock(inner.objectLock);
    this.#inner = inner;
  }

  /** A copy of the counts so far. */
  counts(): StoreCounts {
    const { ...calls } = this.#calls;
    return {
      calls,
      failed: this.#failed,
      bytesWritten: this.#bytesWritten,
      bytesRead: this.#bytesRead,
      objectsDeleted: this.#objectsDeleted,
    };
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    const info = await this.#counted('put', () => this.#inner.put(key, bytes, options));
    this.#bytesWritten += info.bytes;
    return info;
  }

  async putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    const info = await this.#counted('put', () => this.#inner.putStream(key, open, options));
    this.#bytesWritten += info.bytes;
    return info;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    const bytes = await this.#counted('get', () => this.#inner.get(key, options));
    this.#bytesRead += bytes.byteLength;
    return bytes;
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#countedStream('get', this.#inner.getStream(key, options))) {
      this.#bytesRead += chunk.byteLength;
      yield chunk;
    }
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#counted('head', () => this.#inner.head(key, options));
  }

  list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    return this.#countedStream('list', this.#inner.list(prefix, options));
  }

  listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    return this.#counted('list', () => this.#inner.listFolder(prefix, options));
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    await this.#counted('delete', () => this.#inner.delete(keys, options));
    this.#objectsDeleted += keys.length;
  }

  listUnfinished(options: CallOptions = {}): AsyncIterable<UnfinishedWrite> {
    return this.#countedStream('unfinished', this.#inner.listUnfinished(options));
  }

  discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    return this.#counted('unfinished', () => this.#inner.discardUnfinished(writes, options));
  }

  probe(options: CallOptions = {}): Promise<StoreAbilities> {
    return this.#counted('probe', () => this.#inner.probe(options));
  }

  honoursConditions(options: CallOptions = {}): Promise<boolean> {
    return this.#counted('probe', () => this.#inner.honoursConditions(options));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #countingLock(inner: ObjectLock): ObjectLock {
    return {
      ability: (options) => this.#counted('lock', () => inner.ability(options)),
      retentionOf: (key, options) => this.#counted('lock', () => inner.retentionOf(key, options)),
      extend: (key, retention, options) => this.#counted('lock', () => inner.extend(key, retention, options)),
      listVersions: (prefix, options) => this.#countedStream('list', inner.listVersions(prefix, options)),
      deleteVersions: (versions, options) => this.#counted('delete', () => inner.deleteVersions(versions, options)),
    };
  }

  async #counted<Result>(kind: StoreCallKind, work: () => Promise<Result>): Promise<Result> {
    this.#calls[kind] += 1;
    try {
      return await work();
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }

  async *#countedStream<Item>(kind: StoreCallKind, source: AsyncIterable<Item>): AsyncGenerator<Item> {
    this.#calls[kind] += 1;
    try {
      yield* source;
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }
}
