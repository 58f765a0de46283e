import { randomInt, randomUUID } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import type { Clock } from '../foundation/clock.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { abortable, collect, ofDeclaredLength } from './bodies.ts';
import { checkFolderPrefix, checkKey, compareKeys, reservedFolder } from './keys.ts';
import { errnoOf, localFailure, symlinkInTheWay } from './local-failures.ts';
import { makeFolder, removeEmptyFolders, syncFolder, unlessAbsent } from './local-files.ts';
import { withLocalLock } from './local-lock.ts';
import { lockUnsupported, noObjectLock } from './no-object-lock.ts';
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
import { objectChanged, objectExists, objectMissing, transferCut, writeDiscarded } from './store-failures.ts';

export interface LocalFolderStoreOptions {
  /** Absolute, or from the working folder; made at the first write when it is not there. */
  readonly folder: string;
  /** For the pauses while another writer replaces the same object. */
  readonly clock: Clock;
  /** Names temporary files; random UUIDs unless told. */
  readonly newId?: (() => string) | undefined;
}

const readChunkBytes = 256 * 1024;
const noLock = 'a folder has no Object Lock';

/**
 * A folder: each object a file, its key the path. Written beside, synced, then given its name in one step, so that a power
 * cut leaves the old object, none, or the whole new one. Symbolic links below the folder are neither listed nor followed.
 *
 * The etag is inode, modification time and length; the time's sub-millisecond digits are random, so that it differs even where an
 * inode number comes back within the tick of the file system's clock.
 */
export class LocalFolderStore implements ObjectStore {
  readonly location: string;
  readonly objectLock: ObjectLock;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #unfinished: string;

  constructor(options: LocalFolderStoreOptions) {
    this.location = resolve(options.folder);
    this.objectLock = noObjectLock(this.location, noLock);
    this.#clock = options.clock;
    this.#newId = options.newId ?? randomUUID;
    this.#unfinished = join(this.location, reservedFolder);
  }

  async put(key: string, bytes: Uint8Array, options: PutOptions = {}): Promise<ObjectInfo> {
    return this.putStream(key, () => once(bytes), options);
  }

  async putStream(key: string, begin: () => AsyncIterable<Uint8Array>, options: PutStreamOptions = {}): Promise<ObjectInfo> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const attempt = `Cannot write "${key}" to ${this.location}`;
    if (options.retention !== undefined) throw lockUnsupported(`${attempt} with a lock`, noLock);
    const temporary = join(this.#unfinished, temporaryName(key, this.#newId()));
    const source = remembering(ofDeclaredLength(abortable(begin(), options.signal), options.bytes, attempt));
    const work = async (): Promise<ObjectInfo> => {
      await makeFolder(this.#unfinished);
      try {
        await writeWhole(temporary, source.bytes);
        options.signal?.throwIfAborted();
        return await this.#publish(temporary, key, options);
      } finally {
        await unlessAbsent(() => unlink(temporary));
      }
    };
    return this.#guarded(attempt, work, source.hasThrown);
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    return collect(this.getStream(key, options), options.into);
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const attempt = `Cannot read "${key}" in ${this.location}`;
    const handle = await this.#guarded(attempt, () => this.#openForReading(key, attempt));
    try {
      const info = infoOf(key, await handle.stat({ bigint: true }));
      if (options.etag !== undefined && options.etag !== info.etag) throw objectChanged(attempt);
      const offset = options.range?.offset ?? 0;
      const end = Math.min(info.bytes, options.range === undefined ? info.bytes : offset + options.range.length);
      if (options.range !== undefined && offset >= info.bytes) return;
      options.onInfo?.(info);
      for (let position = offset; position < end;) {
        options.signal?.throwIfAborted();
        const buffer = Buffer.allocUnsafe(Math.min(readChunkBytes, end - position));
        const { bytesRead } = await this.#guarded(attempt, () => handle.read(buffer, 0, buffer.length, position));
        if (bytesRead === 0) throw transferCut(attempt, position - offset, end - offset);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key, this.location);
    options.signal?.throwIfAborted();
    const attempt = `Cannot read "${key}" in ${this.location}`;
    return this.#guarded(attempt, async () => {
      if (!(await this.#checkFolder(dirname(key), attempt))) return undefined;
      return this.#infoOfFile(key);
    });
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<ObjectInfo> {
    const attempt = `Cannot list "${prefix}" in ${this.location}`;
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '' && !isPlainFolder(folder)) return;
    if (!(await this.#guarded(attempt, () => this.#checkFolder(folder.slice(0, -1), attempt)))) return;
    yield* this.#walk(folder, prefix, attempt, options);
  }

  async listFolder(prefix: string, options: CallOptions = {}): Promise<FolderListing> {
    checkFolderPrefix(prefix);
    options.signal?.throwIfAborted();
    const attempt = `Cannot list "${prefix}" in ${this.location}`;
    if (prefix !== '' && !isPlainFolder(prefix)) return { folders: [], objects: [] };
    return this.#guarded(attempt, async () => {
      if (!(await this.#checkFolder(prefix.slice(0, -1), attempt))) return { folders: [], objects: [] };
      const entries = await this.#entries(prefix);
      const files = entries.filter((entry) => !entry.endsWith('/'));
      const infos = await mapConcurrently(files, 8, (name) => this.#infoOfFile(prefix + name));
      const folders = entries.filter((entry) => entry.endsWith('/')).map((entry) => entry.slice(0, -1));
      return { folders: folders.sort(compareKeys), objects: infos.filter((info) => info !== undefined) };
    });
  }

  async delete(keys: readonly string[], options: CallOptions = {}): Promise<void> {
    for (const key of keys) checkKey(key, this.location);
    const folders = new Set<string>();
    for (const key of keys) {
      options.signal?.throwIfAborted();
      const attempt = `Cannot remove "${key}" from ${this.location}`;
      await this.#guarded(attempt, async () => {
        if (!(await this.#checkFolder(dirname(key), attempt))) return;
        const path = join(this.location, key);
        await unlessAbsent(() => unlink(path));
        folders.add(dirname(path));
      });
    }
    await this.#guarded(`Cannot remove objects from ${this.location}`, async () => {
      for (const folder of folders) {
        await syncFolder(folder);
        await removeEmptyFolders(folder, this.location);
      }
    });
  }

  async *listUnfinished(options: CallOptions = {}): AsyncGenerator<UnfinishedWrite> {
    const attempt = `Cannot list the unfinished files in ${this.location}`;
    const names = await this.#guarded(attempt, () => unlessAbsent(() => readdir(this.#unfinished)));
    for (const name of names ?? []) {
      options.signal?.throwIfAborted();
      const found = await this.#guarded(attempt, () => unlessAbsent(() => lstat(join(this.#unfinished, name))));
      if (found !== undefined) yield { id: name, key: keyOfTemporary(name), beganAt: found.birthtime };
    }
  }

  async discardUnfinished(writes: readonly UnfinishedWrite[], options: CallOptions = {}): Promise<void> {
    for (const { id, key } of writes) {
      options.signal?.throwIfAborted();
      if (id.includes('/')) throw new Error(`"${id}" was not given by listUnfinished()`);
      await this.#guarded(`Cannot remove the unfinished file of "${key}" from ${this.location}`, () =>
        unlessAbsent(() => unlink(join(this.#unfinished, id))),
      );
    }
  }

  async probe(): Promise<StoreAbilities> {
    return { conditionalCreate: true, conditionalReplace: true, conditionalStream: true, checksums: 'none', time: undefined };
  }

  async honoursConditions(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }

  async #publish(temporary: string, key: string, options: PutOptions): Promise<ObjectInfo> {
    const { condition } = options;
    const info = infoOf(key, await present(temporary, key, this.location));
    if (condition === undefined) {
      await this.#giveName(key, (path) => rename(temporary, path), temporary);
    } else if ('absent' in condition) {
      await this.#giveName(key, (path) => link(temporary, path), temporary);
    } else {
      const attempt = `Cannot replace "${key}" in ${this.location}`;
      const token = `${temporary}-lock`;
      await writeWhole(token, once(new Uint8Array()));
      try {
        await withLocalLock(
          { clock: this.#clock, folder: this.#unfinished, token, key, attempt, signal: options.signal },
          async (stillMine) => {
            const current = await this.head(key);
            if (current?.etag !== condition.etag) throw objectChanged(attempt);
            await stillMine();
            await this.#giveName(key, (path) => rename(temporary, path), temporary);
          },
        );
      } finally {
        await unlessAbsent(() => unlink(token));
      }
    }
    return info;
  }

  async #giveName(key: string, act: (path: string) => Promise<void>, temporary: string): Promise<void> {
    const path = join(this.location, key);
    const attempt = `Cannot write "${key}" to ${this.location}`;
    for (let tries = 1; ; tries += 1) {
      await makeFolder(dirname(path));
      await this.#checkFolder(dirname(key), attempt);
      try {
        await act(path);
        break;
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') throw objectExists(key, this.location, error);
        // A deletion of the folder's last object has just removed the folder as empty.
        if (errnoOf(error) !== 'ENOENT' || tries === 100) throw error;
        await present(temporary, key, this.location);
      }
    }
    await syncFolder(dirname(path));
  }

  async #openForReading(key: string, attempt: string): Promise<FileHandle> {
    const isThere = await this.#checkFolder(dirname(key), attempt);
    const path = join(this.location, key);
    const handle = isThere ? await unlessAbsent(() => open(path, constants.O_RDONLY | constants.O_NOFOLLOW)) : undefined;
    if (handle === undefined) throw objectMissing(key, this.location);
    const found = await handle.stat();
    if (found.isFile()) return handle;
    await handle.close();
    throw objectMissing(key, this.location);
  }

  /** Resolves to false when the folder is not there; refuses one that a symbolic link below our folder leads to. */
  async #checkFolder(relative: string, attempt: string): Promise<boolean> {
    const wanted = await unlessAbsent(async () => resolve(await realpath(this.location), relative));
    if (wanted === undefined) return false;
    const actual = await unlessAbsent(() => realpath(join(this.location, relative))).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    if (actual === undefined) return false;
    if (actual !== wanted) throw symlinkInTheWay(attempt);
    return true;
  }

  async #infoOfFile(key: string): Promise<ObjectInfo | undefined> {
    const found = await unlessAbsent(() => lstat(join(this.location, key), { bigint: true }));
    return found?.isFile() === true ? infoOf(key, found) : undefined;
  }

  /** Names in a folder in the order of the keys: a folder counts as `name/`, as what lies in it does. */
  async #entries(folder: string): Promise<string[]> {
    const read = unlessAbsent(() => readdir(join(this.location, folder), { withFileTypes: true }));
    const entries = await read.catch((error: unknown) => {
      // Below an object there are no keys; that our own folder is none is another matter.
      if (folder !== '' && errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    });
    const names = (entries ?? []).flatMap((entry) => (entry.isDirectory() ? [`${entry.name}/`] : entry.isFile() ? [entry.name] : []));
    return names.filter((name) => folder !== '' || name !== `${reservedFolder}/`).sort(compareKeys);
  }

  async *#walk(folder: string, prefix: string, attempt: string, options: CallOptions): AsyncGenerator<ObjectInfo> {
    options.signal?.throwIfAborted();
    for (const name of await this.#guarded(attempt, () => this.#entries(folder))) {
      const key = folder + name;
      if (!key.startsWith(prefix)) continue;
      if (name.endsWith('/')) {
        yield* this.#walk(key, prefix, attempt, options);
      } else {
        const info = await this.#guarded(attempt, () => this.#infoOfFile(key));
        if (info !== undefined) yield info;
      }
    }
  }

  async #guarded<Result>(attempt: string, work: () => Promise<Result>, isForeign?: (error: unknown) => boolean): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw isForeign?.(error) === true ? error : localFailure(error, attempt);
    }
  }
}

/** Remembers what the source threw: it may be a file system's error too, and says nothing of this folder. */
function remembering(inner: AsyncIterable<Uint8Array>): {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly hasThrown: (error: unknown) => boolean;
} {
  const thrown: unknown[] = [];
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* inner;
    } catch (error) {
      thrown.push(error);
      throw error;
    }
  }
  return { bytes: bytes(), hasThrown: (error) => thrown.includes(error) };
}

async function writeWhole(path: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of source) await handle.writeFile(chunk);
    const { mtimeMs } = await handle.stat();
    const modified = (Math.floor(mtimeMs) + randomInt(1000) / 1000) / 1000;
    await handle.utimes(modified, modified);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function present(temporary: string, key: string, location: string): Promise<BigIntStats> {
  const found = await unlessAbsent(() => stat(temporary, { bigint: true }));
  if (found === undefined) throw writeDiscarded(key, location);
  return found;
}

function infoOf(key: string, found: BigIntStats): ObjectInfo {
  return {
    key,
    bytes: Number(found.size),
    etag: etagOf(found),
    modifiedAt: new Date(Number(found.mtimeMs)),
  };
}

/** Of the object that a file is. */
export function etagOf({ ino, mtimeNs, size }: BigIntStats): string {
  return `"${[ino, mtimeNs, size].map((part) => part.toString(16)).join('-')}"`;
}

const longestTemporaryKey = 180;

/** The id first, so that two writers of one key do not meet; the end of the key, as names are bounded. */
function temporaryName(key: string, id: string): string {
  return `${id}.${encodeURIComponent(key).slice(-longestTemporaryKey)}`;
}

function keyOfTemporary(name: string): string {
  const encoded = name.slice(name.indexOf('.') + 1);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function isPlainFolder(folder: string): boolean {
  return folder
    .slice(0, -1)
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0'));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
