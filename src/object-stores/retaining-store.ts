import type { Clock } from '../foundation/clock.ts';
import { isFailure } from '../foundation/failure.ts';
import { confirmRetention } from './confirm-retention.ts';
import { lockUnsupported } from './no-object-lock.ts';
import type { ObjectLock, RetentionMode } from './object-lock.ts';
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

export interface RetainingStoreOptions {
  readonly mode: RetentionMode;
  /** From the moment of the write. */
  readonly milliseconds: number;
  readonly clock: Clock;
  /** Which objects are locked: not those that must be removable at any time. */
  readonly isLocked: (key: string) => boolean;
}

/**
 * Locks what is written, from its first moment on. Before the first such write it asks whether the bucket has Object Lock at all, and after
 * it whether the store keeps what it was told.
 */
export class RetainingStore implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #inner: ObjectStore;
  readonly #options: RetainingStoreOptions;
  readonly #written = new Map<string, Date>();
  #ability: Promise<void> | undefined;
  #isTrusted = false;

  constructor(inner: ObjectStore, options: RetainingStoreOptions) {
    this.location = inner.location;
    this.objectLock = inner.objectLock;
    this.#inner = inner;
    this.#options = options;
  }

  /** Until when what was written through this store is locked, by key. */
  get written(): ReadonlyMap<string, Date> {
    return this.#written;
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    return this.#locked(key, options, (locked) => this.#inner.put(key, bytes, locked));
  }

  putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    return this.#locked(key, options, (locked) => this.#inner.putStream(key, open, { ...options, ...locked }));
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    return this.#inner.get(key, options);
  }

  getStream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    return this.#inner.getStream(key, options);
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

  async #locked(key: string, options: PutOptions, write: (options: PutOptions) => Promise<ObjectInfo>): Promise<ObjectInfo> {
    const { mode, milliseconds, clock, isLocked } = this.#options;
    if (!isLocked(key)) return write(options);
    await this.#assertAble(options);
    const retention = { mode, until: new Date(clock.now().getTime() + milliseconds) };
    const written = await write({ ...options, retention });
    if (!this.#isTrusted) this.#isTrusted = await confirmRetention(this, key, retention, options);
    this.#written.set(key, retention.until);
    return written;
  }

  #assertAble(options: CallOptions): Promise<void> {
    this.#ability ??= this.#askAbility(options).catch((error: unknown) => {
      this.#ability = undefined;
      throw error;
    });
    return this.#ability;
  }

  async #askAbility(options: CallOptions): Promise<void> {
    try {
      const ability = await this.objectLock.ability(options);
      if (!ability.isEnabled) throw lockUnsupported(`Cannot lock what is written to ${this.location}`, ability.why);
    } catch (error) {
      // Whether it does is seen by the first write.
      if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    }
  }
}
