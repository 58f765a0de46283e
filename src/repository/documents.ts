import { isFailure } from '../foundation/failure.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { DocumentCache } from './document-cache.ts';
import { packDocument, unpackDocument } from './format/document.ts';
import { idOf, isId, type Id } from './format/hex-id.ts';
import { damaged, shortened, storeChecksumDiffers } from './format/repository-failures.ts';
import type { Cipher } from './sealing/cipher.ts';

export type DocumentKind = 'index' | 'snapshots' | 'locks';

export interface StoredDocument {
  readonly id: Id;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface SealedDocument {
  readonly id: Id;
  readonly sealed: Uint8Array;
}

const readsAtOnce = 16;

const singular = { index: 'index', snapshots: 'snapshot', locks: 'lock' } as const;

/** The sealed JSON documents of a repository: indexes, snapshots, locks. */
export class Documents {
  readonly #store: ObjectStore;
  readonly #cipher: Cipher;
  readonly #version: 1 | 2;
  readonly #cache: DocumentCache | undefined;

  /** With a `cache`, copies in it stand for what the store lists; without one everything is read from the store itself. */
  constructor(store: ObjectStore, cipher: Cipher, version: 1 | 2, cache?: DocumentCache) {
    this.#store = store;
    this.#cipher = cipher;
    this.#version = version;
    this.#cache = cache;
  }

  /** Resolves to the ID once the store has confirmed the document. */
  async write(kind: DocumentKind, json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    return (await this.put(kind, this.seal(json), signal)).id;
  }

  /** What is to be written, and the ID that it will have. */
  seal(json: Uint8Array): SealedDocument {
    const sealed = this.#cipher.seal(packDocument(json, this.#version));
    return { id: idOf(sealed), sealed };
  }

  /** Resolves to what the store says of it. */
  async put(kind: DocumentKind, { id, sealed }: SealedDocument, signal?: AbortSignal): Promise<StoredDocument> {
    const { bytes, modifiedAt } = await this.#store.put(`${kind}/${id}`, sealed, { sha256: id, signal });
    return { id, bytes, modifiedAt };
  }

  async has(kind: DocumentKind, id: Id, signal?: AbortSignal): Promise<boolean> {
    return (await this.#store.head(`${kind}/${id}`, { signal })) !== undefined;
  }

  /** @throws Failure E_OBJECT_MISSING, E_REPOSITORY_DAMAGED */
  async read(kind: DocumentKind, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    const copy = await this.#copyOf(kind, id);
    if (copy !== undefined) return copy;
    const what = `${singular[kind]} ${shortened(id)}`;
    const sealed = await this.#get(kind, id, signal);
    const actual = idOf(sealed);
    if (actual !== id) throw damaged(what, `its bytes hash to ${shortened(actual)}`, undefined, { isAltered: true });
    const document = this.#cipher.open(sealed);
    if (document === undefined) throw damaged(what, 'its MAC does not fit', undefined, { isAltered: true });
    const content = unpackDocument(document, what);
    await this.#cache?.put(kind, id, sealed);
    return content;
  }

  /** The content of a copy that is whole. */
  async #copyOf(kind: DocumentKind, id: Id): Promise<Uint8Array | undefined> {
    const sealed = await this.#cache?.get(kind, id);
    if (sealed === undefined || idOf(sealed) !== id) return undefined;
    const document = this.#cipher.open(sealed);
    return document && unpackDocument(document, `${singular[kind]} ${shortened(id)}`);
  }

  async #get(kind: DocumentKind, id: Id, signal: AbortSignal | undefined): Promise<Uint8Array> {
    try {
      return await this.#store.get(`${kind}/${id}`, { signal });
    } catch (error) {
      if (!isFailure(error, 'E_OBJECT_DAMAGED')) throw error;
      throw damaged(`${singular[kind]} ${shortened(id)}`, storeChecksumDiffers, error, { isAltered: true });
    }
  }

  /** Those that are there; objects of other names are passed over. */
  async list(kind: DocumentKind, signal?: AbortSignal): Promise<StoredDocument[]> {
    const found: StoredDocument[] = [];
    for await (const { key, bytes, modifiedAt } of this.#store.list(`${kind}/`, { signal })) {
      const id = key.slice(kind.length + 1);
      if (isId(id)) found.push({ id, bytes, modifiedAt });
    }
    const ids = found.map(({ id }) => id);
    await this.#cache?.keepOnly(kind, ids);
    return found;
  }

  /** Reads all of a kind; one that is gone meanwhile is passed over, a damaged one is given as its failure. */
  async readAll(kind: DocumentKind, ids: readonly Id[], signal?: AbortSignal): Promise<(readonly [Id, Uint8Array | Error])[]> {
    const read = await mapConcurrently(ids, readsAtOnce, async (id) => {
      try {
        return [id, await this.read(kind, id, signal)] as const;
      } catch (error) {
        if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
        if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return [id, error] as const;
        throw error;
      }
    });
    return read.filter((one) => one !== undefined);
  }

  remove(kind: DocumentKind, ids: readonly Id[], signal?: AbortSignal): Promise<void> {
    return this.#store.delete(
      ids.map((id) => `${kind}/${id}`),
      { signal },
    );
  }
}
