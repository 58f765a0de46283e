import type { FileHandle } from 'node:fs/promises';
import { cutLimits, type CutSizes } from '../cut-sizes.ts';
import type { Id } from '../format/hex-id.ts';
import type { BlobSaver } from './blob-saver.ts';
import type { MemoryPart } from './jobs.ts';
import { contentOf, type SavedContent } from './saved-content.ts';
import type { Pipeline } from './pipeline.ts';

export interface SavedFileContent extends SavedContent {
  readonly bytes: number;
}

export interface FileReaderOptions {
  readonly pipeline: Pipeline;
  readonly saver: BlobSaver;
  readonly sizes: CutSizes;
  /** Bytes that were read, as they come. */
  readonly onRead: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Reads files, cuts them, and has the chunks stored. */
export class FileReader {
  readonly #options: FileReaderOptions;
  readonly #limits: ReturnType<typeof cutLimits>;
  #files = 0;

  constructor(options: FileReaderOptions) {
    if (options.pipeline.slabBytes < options.sizes.max) throw new Error('a slab must hold the largest chunk');
    this.#options = options;
    this.#limits = cutLimits(options.sizes);
  }

  /**
   * Reads a file to its end. Resolves once all of it was read and cut, to what resolves once all of it lies in packs, so that the next file can be read
   * meanwhile. The caller closes the handle.
   */
  async read(handle: FileHandle, isHashed: boolean): Promise<{ readonly stored: Promise<SavedFileContent> }> {
    const { pipeline, signal, onRead } = this.#options;
    const file = this.#files++;
    const stored: Promise<SlabResult>[] = [];
    let offset = 0;
    for (let isEnd = false; !isEnd;) {
      signal.throwIfAborted();
      const slab = await pipeline.takeSlab();
      try {
        const length = await fill(handle, pipeline.bytesOf({ at: slab, length: pipeline.slabBytes }), offset);
        isEnd = length < pipeline.slabBytes;
        const parts = this.#cut(slab, length, isEnd);
        const used = parts.reduce((sum, part) => sum + part.length, 0);
        offset += used;
        onRead(used);
        const whole = { file, part: { at: slab, length: used }, isLast: isEnd };
        stored.push(this.#store(slab, parts, isHashed ? whole : undefined));
      } catch (error) {
        pipeline.giveSlab(slab);
        await Promise.allSettled(stored);
        throw error;
      }
    }
    return { stored: joined(stored, offset) };
  }

  /** The chunks of a slab; what is behind the last cut is read again at the beginning of the next slab. */
  #cut(slab: number, length: number, isEnd: boolean): MemoryPart[] {
    const { pipeline, sizes } = this.#options;
    const { min, average, max } = sizes;
    const { strict, loose } = this.#limits;
    const parts: MemoryPart[] = [];
    for (let at = slab, left = length; left > 0;) {
      const cut = pipeline.kernels.cut(at, left, min, average, max, strict, loose);
      // Where the slab ended before a cut was found, the file goes on.
      if (cut === left && left < max && !isEnd) break;
      parts.push({ at, length: cut });
      at += cut;
      left -= cut;
    }
    return parts;
  }

  async #store(slab: number, parts: readonly MemoryPart[], whole: FileHashJob | undefined): Promise<SlabResult> {
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

interface SlabResult {
  readonly content: readonly Id[];
  readonly lengths: readonly number[];
  readonly sha256: string | undefined;
}

async function joined(stored: readonly Promise<SlabResult>[], bytes: number): Promise<SavedFileContent> {
  // All of them, also after one failed: nothing may use the memory behind the caller's back.
  const settled = await Promise.allSettled(stored);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const results = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const content = results.flatMap((one) => one.content);
  const lengths = results.flatMap((one) => one.lengths);
  return { bytes, ...contentOf(content, lengths, results.at(-1)?.sha256) };
}

/** Reads until `target` is full or the file ends; returns how much. */
async function fill(handle: FileHandle, target: Uint8Array, offset: number): Promise<number> {
  let length = 0;
  while (length < target.length) {
    const { bytesRead } = await handle.read(target, length, target.length - length, offset + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}
