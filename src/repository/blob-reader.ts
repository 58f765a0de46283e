import { isFailure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import type { BlobIndex, BlobPlace } from './blob-index.ts';
import type { Id } from './format/hex-id.ts';
import { packKey, type BlobType } from './format/pack-header.ts';
import { damaged, shortened, storeChecksumDiffers } from './format/repository-failures.ts';
import { openBlob } from './packs/decode-blobs.ts';
import type { Cipher } from './sealing/cipher.ts';
import { TreeNeighbours } from './tree-neighbours.ts';

/** Stands for the object that does harm where a blob is in no index: whichever index file it was in. */
export const unlisted = 'index/';

/** Trees that were read along and that nobody has asked for yet. */
const mostKeptBytes = 8 * 1024 * 1024;

/** Reads single blobs, for trees and small files; whole snapshots are fetched by pack. Trees that lie beside each other come by one request. */
export class BlobReader {
  readonly #store: ObjectStore;
  readonly #cipher: Cipher;
  readonly #index: BlobIndex;
  readonly #neighbours: TreeNeighbours;
  readonly #kept = new Map<Id, Uint8Array>();
  #keptBytes = 0;

  constructor(store: ObjectStore, cipher: Cipher, index: BlobIndex) {
    this.#store = store;
    this.#cipher = cipher;
    this.#index = index;
    this.#neighbours = new TreeNeighbours(index);
  }

  /**
   * The content of a blob, from the first of its places that has it whole.
   *
   * @throws Failure E_REPOSITORY_DAMAGED when none has
   */
  async read(type: BlobType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    const kept = type === 'tree' ? this.#takeKept(id) : undefined;
    if (kept !== undefined) return kept;
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
      if (place.type === 'tree') return await this.#readTree(place, signal);
      const { offset, length } = place;
      return openBlob(this.#cipher, await this.#store.get(packKey(place.packId), { range: { offset, length }, signal }), place);
    } catch (error) {
      if (isFailure(error, 'E_OBJECT_MISSING')) return `pack ${shortened(place.packId)} is missing`;
      if (isFailure(error, 'E_OBJECT_DAMAGED')) return `of pack ${shortened(place.packId)} the store says that ${storeChecksumDiffers}`;
      throw error;
    }
  }

  async #readTree(place: BlobPlace, signal: AbortSignal | undefined): Promise<Uint8Array | string> {
    const run = this.#neighbours.around(place);
    const begin = run[0]?.offset ?? place.offset;
    const end = run.at(-1) ?? place;
    const range = { offset: begin, length: end.offset + end.length - begin };
    const sealed = await this.#store.get(packKey(place.packId), { range, signal });
    let wanted: Uint8Array | string = '';
    for (const tree of run) {
      const content = openBlob(this.#cipher, sealed.subarray(tree.offset - begin, tree.offset - begin + tree.length), tree);
      if (tree.offset === place.offset) wanted = content;
      else if (typeof content !== 'string') this.#keep(tree.id, content);
    }
    return wanted;
  }

  #keep(id: Id, content: Uint8Array): void {
    this.#takeKept(id);
    this.#kept.set(id, content);
    this.#keptBytes += content.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= mostKeptBytes) break;
      this.#takeKept(oldest);
    }
  }

  #takeKept(id: Id): Uint8Array | undefined {
    const kept = this.#kept.get(id);
    if (kept !== undefined && this.#kept.delete(id)) this.#keptBytes -= kept.length;
    return kept;
  }
}
