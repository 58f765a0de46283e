import type { Id } from './format/hex-id.ts';

/** A larger one is asked for once, as a part of something that is read through. */
const largestKeptBytes = 256 * 1024;

/** Contents of blobs of which parts were asked for lately: what neighbouring questions, and other snapshots, have in common is read once. */
export class KeptBlobs {
  readonly #mostBytes: number;
  /** The one that was asked for longest ago first. */
  readonly #blobs = new Map<Id, { readonly content: Promise<Uint8Array>; bytes: number }>();
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The content of a blob; whoever asks while it is on its way waits for the same. */
  async get(id: Id, read: () => Promise<Uint8Array>, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const known = this.#blobs.get(id);
    if (known === undefined) return this.#keep(id, read());
    this.#blobs.delete(id);
    this.#blobs.set(id, known);
    try {
      return await known.content;
    } catch (error) {
      // The one who began may have been stopped.
      signal?.throwIfAborted();
      if (this.#blobs.get(id) === known) throw error;
      return this.get(id, read, signal);
    }
  }

  async #keep(id: Id, content: Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = { content, bytes: 0 };
    this.#blobs.set(id, kept);
    try {
      const { length } = await content;
      if (this.#blobs.get(id) !== kept) return await content;
      kept.bytes = length;
      this.#bytes += length;
      if (length > largestKeptBytes) this.#drop(id);
      for (const oldest of this.#blobs.keys()) {
        if (this.#bytes <= this.#mostBytes) break;
        this.#drop(oldest);
      }
      return await content;
    } catch (error) {
      if (this.#blobs.get(id) === kept) this.#drop(id);
      throw error;
    }
  }

  #drop(id: Id): void {
    this.#bytes -= this.#blobs.get(id)?.bytes ?? 0;
    this.#blobs.delete(id);
  }
}
