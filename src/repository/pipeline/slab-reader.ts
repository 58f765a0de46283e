import type { FileHandle } from 'node:fs/promises';
import type { MemoryPart } from './jobs.ts';
import type { Pipeline } from './pipeline.ts';

/** A stretch of a file in the shared memory. */
export interface ReadSlab {
  /** To be given back to the pipeline. */
  readonly slab: number;
  /** What was left of the one before, and behind it what was read. */
  readonly part: MemoryPart;
  readonly isEnd: boolean;
}

/** A part of a file, to its end where that comes before. */
export interface FileRange {
  readonly at: number;
  readonly length: number;
}

/**
 * Reads a part of a file from its beginning to its end, slab by slab, the next one while the caller works on this one. In front of each there is room for what the
 * caller could not use of the one before.
 */
export class SlabReader {
  readonly #pipeline: Pipeline;
  readonly #handle: FileHandle;
  readonly #room: number;
  readonly #bodyBytes: number;
  readonly #end: number;
  #offset: number;
  #ahead: Promise<ReadSlab> | undefined;

  /** `room`: the most that is ever left, in bytes. */
  constructor(pipeline: Pipeline, handle: FileHandle, { at, length }: FileRange, room: number) {
    if (pipeline.slabBytes <= room) throw new Error('a slab must hold the largest chunk and more');
    this.#pipeline = pipeline;
    this.#handle = handle;
    this.#room = room;
    this.#bodyBytes = pipeline.slabBytes - room;
    this.#offset = at;
    this.#end = at + length;
    this.#readAhead();
  }

  /** The next slab, with `left` bytes from the end of the one before, which lies at `before` and may be given back once this has resolved. */
  async next(before?: { readonly at: number; readonly left: number }): Promise<ReadSlab> {
    const read = await (this.#ahead ?? Promise.reject(new Error('the file has ended')));
    this.#ahead = undefined;
    if (!read.isEnd) this.#readAhead();
    const { at, left } = before ?? { at: 0, left: 0 };
    this.#pipeline.memory.copyWithin(read.part.at - left, at, at + left);
    return { ...read, part: { at: read.part.at - left, length: read.part.length + left } };
  }

  /** Gives back what was read and not asked for. */
  async close(): Promise<void> {
    const ahead = await this.#ahead?.catch(() => undefined);
    this.#ahead = undefined;
    if (ahead !== undefined) this.#pipeline.giveSlab(ahead.slab);
  }

  #readAhead(): void {
    this.#ahead = this.#read();
    // Whoever asks for it is told.
    this.#ahead.catch(() => undefined);
  }

  async #read(): Promise<ReadSlab> {
    const slab = await this.#pipeline.takeSlab();
    try {
      const at = slab + this.#room;
      const wanted = Math.min(this.#bodyBytes, this.#end - this.#offset);
      const length = await fill(this.#handle, this.#pipeline.bytesOf({ at, length: wanted }), this.#offset);
      this.#offset += length;
      return { slab, part: { at, length }, isEnd: length < this.#bodyBytes };
    } catch (error) {
      this.#pipeline.giveSlab(slab);
      throw error;
    }
  }
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
