import { createHash } from 'node:crypto';

import { type Failure, isFailure, withRetry } from '../foundation/failure.ts';
import { type RetryRule, type RetryTools, retrying } from '../foundation/retry.ts';
import { compareKeys } from './keys.ts';
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
import { objectChanged } from './store-failures.ts';

const mostDamagedReads = 3;

export type RetryingStoreTools = Omit<RetryTools, 'signal'>;

/**
 * Tries again what failed in a way that may pass (see {@link Failure.retry}), with growing random pauses.
 *
 * Reading goes on where it broke, of the same object only. A conditional write whose answer was lost is the delicate case:
 * the second try finds the key taken, perhaps by the first. Then the object is read, and when it holds just the bytes that
 * were to be written it is ours. So whoever competes by conditional writes (a lease) must write bytes that nobody else would.
 */
export class RetryingStore implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #inner: ObjectStore;
  readonly #rule: RetryRule;
  readonly #tools: RetryingStoreTools;

  constructor(inner: ObjectStore, rule: RetryRule, tools: RetryingStoreTools) {
    this.location = inner.location;
    this.objectLock = this.#retryingLock(inner.objectLock);
    this.#inner = inner;
    this.#rule = rule;
    this.#tools = tools;
  }

  put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    return this.#write(
      key,
      options,
      () => this.#inner.put(key, bytes, options),
      () => once(bytes),
    );
  }

  putStream(key: string, open: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    return this.#write(key, options, () => this.#inner.putStream(key, open, options), open);
  }

  get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    let damaged = 0;
    return this.#retry(options, async () => {
      try {
        return await this.#inner.get(key, options);
      } catch (error) {
        // What was damaged under way comes whole the next time; what lies damaged in the store never does.
        if (!isFailure(error, 'E_OBJECT_DAMAGED') || (damaged += 1) < mostDamagedReads) throw error;
        throw withRetry(error, 'never');
      }
    });
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    const reading = new ResumableReading(this.#inner, key, options);
    try {
      for (;;) {
        const step = await this.#retry(options, () => reading.next());
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await reading.end();
    }
  }

  head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#retry(options, () => this.#inner.head(key, options));
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    let last: string | undefined;
    let listing = this.#inner.list(prefix, options)[Symbol.asyncIterator]();
    const next = async (attempt: number): Promise<IteratorResult<ObjectInfo>> => {
      if (attempt > 1) listing = this.#inner.list(prefix, options)[Symbol.asyncIterator]();
      for (;;) {
        const step = await listing.next();
        // A listing begun anew gives first what was given already.
        if (step.done === true || last === undefined || compareKeys(step.value.key, last) > 0) return step;
      }
    };
    try {
      for (;;) {
        const step = await this.#retry(options, next);
        if (step.done === true) return;
        last = step.value.key;
        yield step.value;
      }
    } finally {
      await listing.return?.();
    }
  }

  listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    return this.#retry(options, () => this.#inner.listFolder(prefix, options));
  }

  delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    return this.#retry(options, () => this.#inner.delete(keys, options));
  }

  listUnfinished(options: CallOptions = {}): AsyncIterable<UnfinishedWrite> {
    return this.#listed(options, () => this.#inner.listUnfinished(options));
  }

  discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    return this.#retry(options, () => this.#inner.discardUnfinished(writes, options));
  }

  probe(options: CallOptions = {}): Promise<StoreAbilities> {
    return this.#retry(options, () => this.#inner.probe(options));
  }

  honoursConditions(options: CallOptions = {}): Promise<boolean> {
    return this.#retry(options, () => this.#inner.honoursConditions(options));
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #retryingLock(inner: ObjectLock): ObjectLock {
    return {
      ability: (options = {}) => this.#retry(options, () => inner.ability(options)),
      retentionOf: (key, options = {}) => this.#retry(options, () => inner.retentionOf(key, options)),
      extend: (key, retention, options = {}) => this.#retry(options, () => inner.extend(key, retention, options)),
      listVersions: (prefix, options = {}) => this.#listed(options, () => inner.listVersions(prefix, options)),
      deleteVersions: (versions, options = {}) => this.#retry(options, () => inner.deleteVersions(versions, options)),
    };
  }

  /** Begun anew where it broke; whole before the first is given, as it is of things that change. */
  async *#listed<Item>(options: CallOptions, list: () => AsyncIterable<Item>): AsyncGenerator<Item> {
    yield* await this.#retry(options, async () => {
      const found: Item[] = [];
      for await (const item of list()) found.push(item);
      return found;
    });
  }

  #retry<Result>(options: CallOptions, work: (attempt: number) => Promise<Result>): Promise<Result> {
    return retrying(this.#rule, { ...this.#tools, signal: options.signal }, work);
  }

  #write(
    key: string,
    options: PutOptions,
    write: () => Promise<ObjectInfo>,
    content: () => AsyncIterable<Uint8Array>,
  ): Promise<ObjectInfo> {
    let mayBeWritten = false;
    return this.#retry(options, async () => {
      try {
        return await write();
      } catch (error) {
        if (mayBeWritten && isLostRace(error)) {
          const own = await this.#ifOurs(key, content, options);
          if (own !== undefined) return own;
        }
        mayBeWritten ||= isFailure(error) && error.retry !== 'never';
        throw error;
      }
    });
  }

  /** The object under `key` when it holds just what `content` gives. */
  async #ifOurs(key: string, content: () => AsyncIterable<Uint8Array>, options: CallOptions): Promise<ObjectInfo | undefined> {
    let found: ObjectInfo | undefined;
    const held = async (): Promise<string> =>
      digestOf(this.#inner.getStream(key, { signal: options.signal, onInfo: (info) => (found = info) }));
    try {
      return (await digestOf(content())) === (await held()) ? found : undefined;
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      throw error;
    }
  }
}

/** One object read in as many pieces as it takes; each is asked for only while the object is the one that was begun. */
class ResumableReading {
  readonly #inner: ObjectStore;
  readonly #key: string;
  readonly #options: GetOptions;
  #body: AsyncIterator<Uint8Array> | undefined;
  #info: ObjectInfo | undefined;
  #received = 0;

  constructor(inner: ObjectStore, key: string, options: GetOptions) {
    this.#inner = inner;
    this.#key = key;
    this.#options = options;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    this.#body ??= this.#begin();
    try {
      const step = await this.#body.next();
      if (step.done !== true) this.#received += step.value.byteLength;
      return step;
    } catch (error) {
      this.#body = undefined;
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#body?.return?.();
  }

  #begin(): AsyncIterator<Uint8Array> {
    const { range, signal, etag, onInfo } = this.#options;
    const info = this.#info;
    if (info === undefined) {
      const remember = (begun: ObjectInfo): void => {
        this.#info = begun;
        onInfo?.(begun);
      };
      return this.#inner.getStream(this.#key, { signal, etag, range, onInfo: remember })[Symbol.asyncIterator]();
    }
    if (etag !== undefined && etag !== info.etag) throw objectChanged(`Cannot read "${this.#key}" in ${this.#inner.location}`);
    const begin = range?.offset ?? 0;
    const end = range === undefined ? info.bytes : Math.min(info.bytes, begin + range.length);
    const rest = { offset: begin + this.#received, length: end - begin - this.#received };
    if (rest.length <= 0) return nothing();
    return this.#inner.getStream(this.#key, { signal, etag: info.etag, range: rest })[Symbol.asyncIterator]();
  }
}

function isLostRace(error: unknown): error is Failure {
  return isFailure(error, 'E_OBJECT_EXISTS') || isFailure(error, 'E_OBJECT_CHANGED');
}

async function digestOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of source) hash.update(chunk);
  return hash.digest('hex');
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // The body broke after its last byte.
}
