import type { ObjectLock, ObjectRetention } from './object-lock.ts';

export type { LockAbility, ObjectRetention, ObjectVersion, RetentionMode } from './object-lock.ts';

/**
 * The port to a place where objects lie: an S3 bucket under a prefix, a local folder, memory.
 *
 * Keys are relative to the store's prefix, `/`-separated, without a leading slash, of at most 255 bytes a segment
 * and 900 in all; `keys.ts` says the whole rule, and breaking it is E_KEY_REFUSED. An object and a folder cannot have one name.
 * What every implementation must do is held by the contract suite `test/contracts/object-store.ts`.
 */
export interface ObjectStore {
  /** For people, without secrets: `s3://bucket/path` or `/folder`. */
  readonly location: string;

  /** What the store can do to keep objects from being removed. */
  readonly objectLock: ObjectLock;

  /**
   * Writes `bytes` under `key`. After it resolves the object is durable and visible to `get` and `list`, and the store
   * has confirmed that it holds just these bytes; a rejected `put` leaves the old object, nothing, or the whole new one,
   * never a part.
   *
   * @throws Failure E_OBJECT_EXISTS when `condition` is `{ absent: true }` and the key is taken
   * @throws Failure E_OBJECT_CHANGED when `condition` is `{ etag }` and the key holds another object or none
   * @throws Failure E_CONDITIONAL_WRITES_UNSUPPORTED when the store would ignore `condition`; nothing is written then
   * @throws Failure E_OBJECT_LOCK_UNSUPPORTED when `retention` is given and nothing can be locked here
   */
  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<ObjectInfo>;

  /**
   * As {@link put}, for content of any length in bounded memory. `open` gives the content from its beginning each time it is called:
   * once, or again where a wrapper tries again. A source that throws, or an abort, leaves nothing under `key` and no parts behind;
   * what the source threw is what it rejects with.
   */
  putStream(key: string, open: () => AsyncIterable<Uint8Array>, options?: PutStreamOptions): Promise<ObjectInfo>;

  /**
   * Reads an object, or the part `range` of it, whole into memory.
   *
   * @throws Failure E_OBJECT_MISSING when there is none
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;

  /**
   * As {@link get}, as a stream; a body that ends early rejects, it is never silently short. Where the store keeps a checksum
   * of the whole object it is compared at the end: until the stream has ended without throwing, trust nothing that it gave.
   *
   * @throws Failure E_TRANSFER_CUT when the body ended early, E_OBJECT_DAMAGED when its checksum differs
   */
  getStream(key: string, options?: GetOptions): AsyncIterable<Uint8Array>;

  /** Resolves to undefined when there is no such object. */
  head(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;

  /** All objects whose key begins with `prefix`, in the order of their keys' bytes, across as many pages as it takes. */
  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo>;

  /**
   * The next segments below `prefix` (which is empty or ends with `/`): `folders` without the trailing slash, and the objects
   * right there. Cheap however much lies below.
   */
  listFolder(prefix: string, options?: CallOptions): Promise<FolderListing>;

  /** Removes objects; a key that is absent is no error. Rejects, naming the first, when any could not be removed. */
  delete(keys: readonly string[], options?: CallOptions): Promise<void>;

  /**
   * Writes that were begun and neither finished nor given up: what killed runs left (multipart uploads, temporary files, probes),
   * and what other writers have under way at this moment. Costs space, is seen by no other method. MinIO does not tell
   * (it lists uploads by their exact key only) and removes them itself after a day.
   */
  listUnfinished(options?: CallOptions): AsyncIterable<UnfinishedWrite>;

  /**
   * Gives back the space of such writes; one that is gone is no error. A write that was still under way rejects with
   * E_WRITE_DISCARDED and leaves nothing, so pass only those that began long ago.
   */
  discardUnfinished(writes: readonly UnfinishedWrite[], options?: CallOptions): Promise<void>;

  /**
   * Tries out, with small objects that it removes again, what the store can do and honours; for `doctor`. Other methods find
   * out by themselves what they need, and never rely on a guarantee that the store does not keep.
   */
  probe(options?: CallOptions): Promise<StoreAbilities>;

  /**
   * Whether {@link put} honours both kinds of condition: what keeps two runs apart asks before it relies on them. A store that is not known to is tried, once, with a
   * small object that is removed again.
   */
  honoursConditions(options?: CallOptions): Promise<boolean>;

  /** Ends what the store holds open (sockets); the store cannot be used afterwards. */
  close(): Promise<void>;
}

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** Opaque; changes whenever the content does. What {@link PutOptions.condition} compares. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface FolderListing {
  readonly folders: readonly string[];
  readonly objects: readonly ObjectInfo[];
}

export interface StoreAbilities {
  /** `put` with `{ absent: true }` is refused for a key that is taken. */
  readonly conditionalCreate: boolean;
  /** `put` with `{ etag }` is refused for another etag. */
  readonly conditionalReplace: boolean;
  /** Both hold for objects too large for one request. */
  readonly conditionalStream: boolean;
  /** What the store checks of the bytes that arrive: `none` where there is no wire in between. */
  readonly checksums: 'sha256' | 'md5' | 'none';
  /** The store's own clock, to the second, at the moment of the last answer; undefined where it is this machine's. */
  readonly time: Date | undefined;
}

export interface UnfinishedWrite {
  /** Opaque, unique in the store. */
  readonly id: string;
  /** The key that was to be written; for people, as a store may have had to shorten it. */
  readonly key: string;
  readonly beganAt: Date;
}

export interface CallOptions {
  /** On abort the call rejects with the signal's own reason, once whatever it had begun is undone. */
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends CallOptions {
  /** Create only, or replace only what was read; without it the last writer wins. */
  readonly condition?: { readonly absent: true } | { readonly etag: string } | undefined;
  /** Locks what is written, from its first moment on. */
  readonly retention?: ObjectRetention | undefined;
  /** The SHA-256 of the bytes in hexadecimal digits, where the caller knows it: it is not worked out again, and a store that checks refuses a wrong one. */
  readonly sha256?: string | undefined;
}

export interface PutStreamOptions extends PutOptions {
  /** Where known, the length in bytes; a source of another length is refused. */
  readonly bytes?: number | undefined;
}

export interface GetOptions extends CallOptions {
  /** `length` bytes from `offset`, both at least 0, `length` at least 1; what lies past the end is left out. */
  readonly range?: { readonly offset: number; readonly length: number } | undefined;
  /** Read only the object that has this etag; otherwise E_OBJECT_CHANGED. */
  readonly etag?: string | undefined;
  /** Called with the whole object's description before the first byte is given; not called when `range` begins past the end. */
  readonly onInfo?: ((info: ObjectInfo) => void) | undefined;
  /** For {@link ObjectStore.get}: memory to read into, where it is large enough; what comes back lies in it then. */
  readonly into?: Uint8Array | undefined;
  /** The caller checks the content by means of its own, so that the store's checksum need not be compared. */
  readonly isCheckedByCaller?: boolean | undefined;
}
