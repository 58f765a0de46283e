import { cutLimits, type CutSizes } from '../cut-sizes.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { MemoryPart } from './jobs.ts';

/** Cuts what lies in the shared memory into chunks (docs/design/repository-format.md §6). */
export class Cutter {
  readonly sizes: CutSizes;
  readonly #kernels: Kernels;
  readonly #memory: Buffer;
  readonly #limits: ReturnType<typeof cutLimits>;
  readonly #isLdif: boolean;

  constructor(kernels: Kernels, { sizes, isLdif }: { readonly sizes: CutSizes; readonly isLdif: boolean }) {
    this.sizes = sizes;
    this.#kernels = kernels;
    this.#memory = Buffer.from(kernels.memory.buffer);
    this.#limits = cutLimits(sizes);
    this.#isLdif = isLdif;
  }

  /** The chunks of a part of a file, one behind the other from its beginning. Unless the file ends there, what is behind the last cut is left. */
  cut({ at: begin, length }: MemoryPart, isEnd: boolean): MemoryPart[] {
    const parts: MemoryPart[] = [];
    for (let at = begin, left = length; left > 0;) {
      const chunk = this.#next(at, left);
      // Where the memory ended before a cut was found, the file goes on.
      if (chunk === left && left < this.sizes.max && !isEnd) break;
      parts.push({ at, length: chunk });
      at += chunk;
      left -= chunk;
    }
    return parts;
  }

  #next(at: number, left: number): number {
    const { min, average, max } = this.sizes;
    const chunk = this.#kernels.cut(at, left, min, average, max, this.#limits.strict, this.#limits.loose);
    return this.#isLdif ? this.#behindEntry(at, chunk, Math.min(left, max)) : chunk;
  }

  /** The end of the entry in which the cut would be: behind the empty line (RFC 2849); an entry that is too long for a chunk is cut amid. */
  #behindEntry(at: number, chunk: number, most: number): number {
    // The cut may lie between the two line ends.
    const from = at + Math.max(0, chunk - 2);
    const { unix, windows } = emptyLineIn(this.#memory.subarray(from, at + most));
    if (unix < 0 && windows < 0) return most;
    const isUnix = windows < 0 || (unix >= 0 && unix < windows);
    return from - at + (isUnix ? unix + 2 : windows + 3);
  }
}

/** An entry is mostly about so long. */
const firstLook = 4096;

/**
 * Where the first empty line of either kind begins, -1 where there is none. It is looked for in a little at first: the kind that a file does not have would
 * be looked for through all of it, for each chunk anew.
 */
function emptyLineIn(bytes: Buffer): { readonly unix: number; readonly windows: number } {
  for (let length = firstLook; ; length *= 8) {
    const look = bytes.subarray(0, length);
    const found = { unix: look.indexOf('\n\n'), windows: look.indexOf('\n\r\n') };
    if (found.unix >= 0 || found.windows >= 0 || look.length === bytes.length) return found;
  }
}
