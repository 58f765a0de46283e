import type { Clock } from '../foundation/clock.ts';
import { abortable, collect, ofDeclaredLength } from './bodies.ts';
import { checkFolderPrefix, checkKey, compareKeys } from './keys.ts';
import { type MemoryLockOptions, MemoryVersions } from './memory-versions.ts';
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
import { objectChanged, objectExists, objectMissing, writeDiscarded } from './store-failures.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
}

/** Objects in memory, for tests and dry runs: as strict as the real stores, and gone with the process. */
export class MemoryStore implements ObjectStore {
  readonly location = 'memory';
  readonly objectLock: ObjectLock;
  readonly #clock: Clock;
  readonly #objects = new Map<string, Held>();
  readonly #unfinished = new Map<string, UnfinishedWrite>();
  readonly #versions: MemoryVersions;
  #serial = 0;

  /** @param options with `objectLock` it keeps versions and locks them, as a bucket that was made with Object Lock does */
  constructor(options: { readonly clock: Clock; readonly objectLock?: MemoryLockOptions | undefined }) {
    this.#clock = options.clock;
    this.#versions = new MemoryVersions(
      options.objectLock,
      () => this.#clock.now(),
      (key) => this.#showCurrent(key),
    );
    this.objectLock = this.#versions;
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const { condition } = options;
    const held = this.#objects.get(key);
    if (condition !== undefined) {
      if ('absent' in condition && held !== undefined) throw objectExists(key, this.location);
      if ('etag' in condition && held?.info.etag !== condition.etag) {
        throw objectChanged(`Cannot replace "${key}" in ${this.location}`);
      }
    }
    const content = Uint8Array.from(bytes);
    this.#versions.add(key, content, options.retention);
    return this.#hold(key, content);
  }

  async putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    checkKey(key, this.location);
    this.#serial += 1;
    const id = `write-${this.#serial}`;
    this.#unfinished.set(id, { id, key, beganAt: this.#clock.now() });
    try {
      const source = ofDeclaredLength(abortable(open(), options.signal), options.bytes, `Cannot write "${key}" to ${this.location}`);
      const bytes = await collect(source);
      if (!this.#unfinished.has(id)) throw writeDiscarded(key, this.location);
      return await this.put(key, bytes, options);
    } finally {
      this.#unfinished.delete(id);
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const held = this.#objects.get(key);
    if (held === undefined) throw objectMissing(key, this.location);
    if (options.etag !== undefined && options.etag !== held.info.etag) throw objectChanged(`Cannot read "${key}" in ${this.location}`);
    const { range } = options;
    if (range !== undefined && range.offset >= held.bytes.byteLength) return new Uint8Array();
    options.onInfo?.(held.info);
    return placed(held.bytes.slice(range?.offset, range && range.offset + range.length), options.into);
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    const bytes = await this.get(key, options);
    const chunkBytes = 65_536;
    for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) {
      options.signal?.throwIfAborted();
      yield bytes.subarray(offset, offset + chunkBytes);
    }
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    return this.#objects.get(key)?.info;
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    for (const info of this.#sorted(prefix)) {
      options.signal?.throwIfAborted();
      yield info;
    }
  }

  async listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    checkFolderPrefix(prefix);
    options.signal?.throwIfAborted();
    const folders = new Set<string>();
    const objects: ObjectInfo[] = [];
    for (const info of this.#sorted(prefix)) {
      const [segment = '', ...below] = info.key.slice(prefix.length).split('/');
      if (below.length === 0) objects.push(info);
      else folders.add(segment);
    }
    return { folders: [...folders], objects };
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    for (const key of keys) {
      checkKey(key, this.location);
      this.#versions.add(key, undefined, undefined);
      this.#objects.delete(key);
    }
  }

  async *listUnfinished(options: CallOptions = {}): AsyncGenerator<UnfinishedWrite> {
    options.signal?.throwIfAborted();
    for (const write of this.#unfinished.values()) yield write;
  }

  async discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    for (const { id } of writes) this.#unfinished.delete(id);
  }

  async probe(): Promise<StoreAbilities> {
    return { conditionalCreate: true, conditionalReplace: true, conditionalStream: true, checksums: 'none', time: undefined };
  }

  async honoursConditions(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    this.#objects.clear();
  }

  #hold(key: string, bytes: Uint8Array): ObjectInfo {
    this.#serial += 1;
    const info = { key, bytes: bytes.byteLength, etag: `"${this.#serial}"`, modifiedAt: this.#clock.now() };
    this.#objects.set(key, { bytes, info });
    return info;
  }

  #showCurrent(key: string): void {
    const content = this.#versions.currentContent(key);
    if (content === undefined) this.#objects.delete(key);
    else if (this.#objects.get(key)?.bytes !== content) this.#hold(key, content);
  }

  #sorted(prefix: string): ObjectInfo[] {
    const found = [...this.#objects.values()].map(({ info }) => info).filter(({ key }) => key.startsWith(prefix));
    return found.sort((left, right) => compareKeys(left.key, right.key));
  }
}

function placed(bytes: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  if (into === undefined || into.length < bytes.length) return bytes;
  into.set(bytes);
  return into.subarray(0, bytes.length);
}
