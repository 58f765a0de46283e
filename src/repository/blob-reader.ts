import { isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';
import { packKey, type BlobType } from './format/pack-header.ts';
import { damaged, shortened, storeChecksumDiffers } from './format/repository-failures.ts';
import { openBlob } from './packs/decode-blobs.ts';
import type { Cipher } from './sealing/cipher.ts';

/** Stands for the object that does harm where a blob is in no index: whichever index file it was in. */
export const unlisted = 'index/';

/** Reads single blobs, for trees and small files; whole snapshots are fetched by pack. */
export class BlobReader {
  readonly #store: ObjectStore;
  readonly #cipher: Cipher;
  readonly #index: BlobIndex;

  constructor(store: ObjectStore, cipher: Cipher, index: BlobIndex) {
    this.#store = store;
    this.#cipher = cipher;
    this.#index = index;
  }

  /**
   * The content of a blob, from the first of its places that has it whole.
   *
   * @throws Failure E_REPOSITORY_DAMAGED when none has
   */
  async read(type: BlobType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    let state = 'no index lists it';
    let object: string = unlisted;
    for (const place of this.#index.findAll(type, id)) {
      const content = await this.#readAt(place, signal);
      if (typeof content !== 'string') return content;
      state = content;
      object = packKey(place.packId);
    }
    throw damaged(`${type} blob ${shortened(id)}`, state, undefined, { object });
  }

  async #readAt(place: BlobPlace, signal: AbortSignal | undefined): Promise<Uint8Array | string> {
    try {
      const sealed = await this.#store.get(packKey(place.packId), { range: { offset: place.offset, length: place.length }, signal });
      return openBlob(this.#cipher, sealed, place);
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return `pack ${shortened(place.packId)} is missing`;
      if (isFailure(error, 'E_OBJECT_DAMAGED')) return `of pack ${shortened(place.packId)} the store says that ${storeChecksumDiffers}`;
      throw error;
    }
  }
}
