import type { Clock } from '../foundation/clock.ts';
import type { RateOverTime } from '../foundation/rate-over-time.ts';
import { collect } from './bodies.ts';
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
import { TokenBucket } from './token-bucket.ts';

export interface ThrottledStoreOptions {
  /** Undefined: without limit. A function is asked again as time goes on. */
  readonly uploadBytesPerSecond?: number | RateOverTime | undefined;
  readonly downloadBytesPerSecond?: number | RateOverTime | undefined;
  readonly clock: Clock;
}

const sliceBytes = 64 * 1024;
const smallBytes = 16 * 1024;

/**
 * Bounds the bytes a second in each direction, over all calls together. An object put as a whole waits for its time and is
 * then sent in one go: the bound holds over seconds, not milliseconds. Requests without content are free. Small objects, and the first bytes of any, are paid for
 * by those that come after them: a lease that waited behind packs would be lost where the rate is low.
 */
export class ThrottledStore implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #inner: ObjectStore;
  readonly #upload: TokenBucket | undefined;
  readonly #download: TokenBucket | undefined;

  constructor(inner: ObjectStore, options: ThrottledStoreOptions) {
    this.location = inner.location;
    this.objectLock = inner.objectLock;
    this.#inner = inner;
    const bucket = (rate: number | RateOverTime | undefined): TokenBucket | undefined =>
      rate === undefined ? undefined : new TokenBucket(rate, options.clock);
    this.#upload = bucket(options.uploadBytesPerSecond);
    this.#download = bucket(options.downloadBytesPerSecond);
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    if (bytes.byteLength <= smallBytes) this.#upload?.charge(bytes.byteLength);
    else await this.#upload?.take(bytes.byteLength, options.signal);
    return this.#inner.put(key, bytes, options);
  }

  putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    return this.#inner.putStream(key, () => paced(open(), this.#upload, options.signal), options);
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    return collect(this.getStream(key, options), options.into);
  }

  getStream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    return paced(this.#inner.getStream(key, options), this.#download, options.signal);
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#inner.head(key, options);
  }

  list(prefix: string, options: CallOptions = {}): AsyncIterable<ObjectInfo> {
    return this.#inner.list(prefix, options);
  }

  listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    return this.#inner.listFolder(prefix, options);
  }

  delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    return this.#inner.delete(keys, options);
  }

  listUnfinished(options: CallOptions = {}): AsyncIterable<UnfinishedWrite> {
    return this.#inner.listUnfinished(options);
  }

  discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    return this.#inner.discardUnfinished(writes, options);
  }

  probe(options: CallOptions = {}): Promise<StoreAbilities> {
    return this.#inner.probe(options);
  }

  honoursConditions(options: CallOptions = {}): Promise<boolean> {
    return this.#inner.honoursConditions(options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** In slices, so that a large chunk does not pass as one burst. */
async function* paced(
  source: AsyncIterable<Uint8Array>,
  bucket: TokenBucket | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let passed = 0;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.byteLength; offset += sliceBytes) {
      const slice = chunk.subarray(offset, offset + sliceBytes);
      passed += slice.byteLength;
      if (passed <= smallBytes) bucket?.charge(slice.byteLength);
      else await bucket?.take(slice.byteLength, signal);
      yield slice;
    }
  }
}
