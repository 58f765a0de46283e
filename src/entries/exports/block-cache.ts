const mostBytes = 32 * 1024 * 1024;

/** Blocks that were read, by their hash, whichever snapshot they were read from; those that were not asked for longest go first. */
export class BlockCache {
  readonly #blocks = new Map<string, Uint8Array>();
  #bytes = 0;

  get(hashOf: Uint8Array): Uint8Array | undefined {
    const hashed = keyOf(hashOf);
    const content = this.#blocks.get(hashed);
    if (content === undefined) return undefined;
    this.#blocks.delete(hashed);
    this.#blocks.set(hashed, content);
    return content;
  }

  put(hashOf: Uint8Array, content: Uint8Array): void {
    const hashed = keyOf(hashOf);
    if (this.#blocks.has(hashed) || content.length > mostBytes / 8) return;
    this.#blocks.set(hashed, content);
    this.#bytes += content.length;
    for (const [oldest, { length }] of this.#blocks) {
      if (this.#bytes <= mostBytes) return;
      this.#blocks.delete(oldest);
      this.#bytes -= length;
    }
  }
}

/** For a map. */
export function keyOf(hashOf: Uint8Array): string {
  return Buffer.from(hashOf.buffer, hashOf.byteOffset, hashOf.byteLength).toString('latin1');
}
