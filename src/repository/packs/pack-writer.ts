import { createHash, randomInt, type Hash } from 'node:crypto';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Id } from '../format/hex-id.ts';
import type { IndexedPack } from '../format/index-file.ts';
import { encodePackHeader, headerBytesOf, packKey, type BlobType, type PackedBlob } from '../format/pack-header.ts';
import { sealBytes, type Cipher } from '../sealing/cipher.ts';

export interface PackWriterOptions {
  readonly store: ObjectStore;
  readonly cipher: Cipher;
  readonly type: BlobType;
  readonly packBytes: number;
  /** Packs that are filled at once; a blob goes to one of them at random. */
  readonly open: number;
  /** Uploads under way at once. */
  readonly uploads: number;
  /** Called when the store has confirmed a pack; its promise is waited for. */
  readonly onStored: (pack: IndexedPack) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

interface OpenPack {
  readonly buffer: Buffer<ArrayBuffer>;
  readonly blobs: PackedBlob[];
  hash: Hash;
  bytes: number;
}

const entryBytes = 41;

/**
 * Fills packs with sealed blobs and uploads each when it is full. Blobs are spread at random over the open packs, so that no pack is a row of
 * neighbours whose sizes would tell of a file. Memory: one pack more than are filled at once.
 */
export class PackWriter {
  readonly #options: PackWriterOptions;
  readonly #open: OpenPack[] = [];
  readonly #buffers: Buffer<ArrayBuffer>[] = [];
  readonly #uploads = new Set<Promise<void>>();
  #turn: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;
  #storedBytes = 0;

  constructor(options: PackWriterOptions) {
    this.#options = options;
  }

  /** The bytes of all packs that were finished. */
  get storedBytes(): number {
    return this.#storedBytes;
  }

  /** Copies a sealed blob into a pack; resolves once the place of `sealed` may be used again, which waits while too much is under way. */
  add(id: Id, sealed: Uint8Array, rawLength: number): Promise<void> {
    const added = this.#turn.then(() => this.#add(id, sealed, rawLength));
    this.#turn = added.catch(() => undefined);
    return added;
  }

  /** Uploads what is open, small ones joined; resolves when all packs are stored and their `onStored` is done. */
  async finish(): Promise<void> {
    await this.#turn;
    this.#throwIfFailed();
    this.#joinSmall();
    for (const pack of this.#open.splice(0)) await this.#upload(pack);
    await Promise.all(this.#uploads);
    this.#throwIfFailed();
  }

  async #add(id: Id, sealed: Uint8Array, rawLength: number): Promise<void> {
    this.#throwIfFailed();
    const pack = await this.#packFor(sealed.length);
    pack.buffer.set(sealed, pack.bytes);
    pack.hash.update(pack.buffer.subarray(pack.bytes, pack.bytes + sealed.length));
    pack.blobs.push({ id, type: this.#options.type, offset: pack.bytes, length: sealed.length, rawLength });
    pack.bytes += sealed.length;
  }

  async #packFor(bytes: number): Promise<OpenPack> {
    const place = randomInt(this.#options.open);
    const chosen = this.#open[Math.min(place, this.#open.length)];
    if (chosen !== undefined && chosen.bytes + bytes + headerBytesOf(chosen.blobs) + entryBytes <= chosen.buffer.length) return chosen;
    if (chosen !== undefined) {
      this.#open.splice(this.#open.indexOf(chosen), 1);
      await this.#upload(chosen);
    }
    // As many as are filled at once, and one more: while two are under way, only the others are filled.
    while (this.#open.length + this.#uploads.size > this.#options.open) await Promise.race(this.#uploads);
    this.#throwIfFailed();
    const pack = this.#begin(bytes);
    this.#open.push(pack);
    return pack;
  }

  #begin(bytes: number): OpenPack {
    const size = Math.max(this.#options.packBytes, bytes + sealBytes + entryBytes + 4);
    const fitting = this.#buffers.findIndex((buffer) => buffer.length >= size);
    const [buffer = Buffer.allocUnsafeSlow(size)] = fitting < 0 ? [] : this.#buffers.splice(fitting, 1);
    return { buffer, blobs: [], hash: createHash('sha256'), bytes: 0 };
  }

  /** Waits until there is room for one upload more, and begins it. */
  async #upload(pack: OpenPack): Promise<void> {
    while (this.#uploads.size >= this.#options.uploads) await Promise.race(this.#uploads);
    this.#throwIfFailed();
    const upload: Promise<void> = this.#store(pack)
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
  }

  async #store(pack: OpenPack): Promise<void> {
    const { store, cipher, signal, onStored } = this.#options;
    const header = cipher.seal(encodePackHeader(pack.blobs));
    header.copy(pack.buffer, pack.bytes);
    const end = pack.buffer.writeUInt32LE(header.length, pack.bytes + header.length);
    const id = pack.hash.update(pack.buffer.subarray(pack.bytes, end)).digest('hex');
    await store.put(packKey(id), pack.buffer.subarray(0, end), { sha256: id, signal });
    this.#storedBytes += end;
    this.#buffers.push(pack.buffer);
    await onStored({ id, blobs: pack.blobs });
  }

  /** A pack with a single small file's blob would show its size. */
  #joinSmall(): void {
    const [first, ...others] = this.#open;
    if (first === undefined) return;
    for (const other of others) {
      const needed = first.bytes + other.bytes + headerBytesOf([...first.blobs, ...other.blobs]);
      if (needed > first.buffer.length) continue;
      const content = other.buffer.subarray(0, other.bytes);
      first.buffer.set(content, first.bytes);
      first.hash.update(content);
      first.blobs.push(...other.blobs.map((blob) => ({ ...blob, offset: blob.offset + first.bytes })));
      first.bytes += other.bytes;
      this.#open.splice(this.#open.indexOf(other), 1);
    }
  }

  #throwIfFailed(): void {
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}
