import type { FileHandle } from 'node:fs/promises';
import type { Id } from '../format/hex-id.ts';
import type { BlobSaver } from './blob-saver.ts';
import type { Cutter } from './cutter.ts';
import type { MemoryPart } from './jobs.ts';
import { type FileRange, SlabReader } from './slab-reader.ts';
import type { Pipeline } from './pipeline.ts';

/** What a part of a file was stored as. */
export interface StoredPart {
  readonly content: readonly Id[];
  readonly lengths: readonly number[];
  /** Of the whole part, where that was asked for. */
  readonly sha256: string | undefined;
}

export interface FileReaderOptions {
  readonly pipeline: Pipeline;
  readonly saver: BlobSaver;
  /** Bytes that were read, as they come. */
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Reads files, cuts them, and has the chunks stored. */
export class FileReader {
  readonly #options: FileReaderOptions;
  #files = 0;

  constructor(options: FileReaderOptions) {
    this.#options = options;
  }

  /**
   * Reads a part of a file. Resolves once all of it was read and cut, to what resolves once all of it lies in packs, so that the next file can be read
   * meanwhile. The caller closes the handle.
   */
  async read(handle: FileHandle, range: FileRange, cutter: Cutter, isHashed: boolean): Promise<{ readonly stored: Promise<StoredPart> }> {
    const { pipeline, signal, onRead } = this.#options;
    const file = this.#files++;
    const stored: Promise<StoredPart>[] = [];
    const reader = new SlabReader(pipeline, handle, range, cutter.sizes.max);
    try {
      for (let read = await reader.next(); ;) {
        signal.throwIfAborted();
        const { slab, part, isEnd } = read;
        const parts = cutter.cut(part, isEnd);
        const used = parts.reduce((sum, { length }) => sum + length, 0);
        onRead(used);
        // Before the slab is handed on: encoding overwrites it.
        const next = isEnd ? undefined : await reader.next({ at: part.at + used, left: part.length - used });
        const whole = { file, part: { at: part.at, length: used }, isLast: isEnd };
        stored.push(this.#store(slab, parts, isHashed ? whole : undefined));
        if (next === undefined) return { stored: joinParts(stored) };
        read = next;
      }
    } catch (error) {
      await reader.close();
      await Promise.allSettled(stored);
      throw error;
    }
  }

  async #store(slab: number, parts: readonly MemoryPart[], whole: FileHashJob | undefined): Promise<StoredPart> {
    const { pipeline, saver } = this.#options;
    try {
      // First the file's own hash: encoding overwrites the slab.
      const sha256 = whole && (await pipeline.pool.run({ kind: 'hash-file', ...whole }, { pinned: whole.file })).sha256;
      const lengths = parts.map(({ length }) => length);
      return { content: parts.length === 0 ? [] : await saver.saveParts(parts), lengths, sha256 };
    } finally {
      pipeline.giveSlab(slab);
    }
  }
}

interface FileHashJob {
  readonly file: number;
  readonly part: MemoryPart;
  readonly isLast: boolean;
}

/** Parts that follow each other, as one. */
export async function joinParts(stored: readonly Promise<StoredPart>[]): Promise<StoredPart> {
  // All of them, also after one failed: nothing may use the memory behind the caller's back.
  const settled = await Promise.allSettled(stored);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const results = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return {
    content: results.flatMap((one) => one.content),
    lengths: results.flatMap((one) => one.lengths),
    sha256: results.at(-1)?.sha256,
  };
}
