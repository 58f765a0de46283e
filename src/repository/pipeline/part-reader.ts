import { randomInt } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { BlobIndex } from '../blob-index.ts';
import type { FileStretch, KnownStretch } from '../file-stretches.ts';
import type { StretchPiece } from './check-stretch.ts';
import type { Cutter } from './cutter.ts';
import { type FileReader, joinParts, type StoredPart } from './file-reader.ts';
import type { Pipeline } from './pipeline.ts';

export interface PartReaderOptions {
  readonly handle: FileHandle;
  readonly reader: FileReader;
  readonly cutter: Cutter;
  readonly pipeline: Pipeline;
  /** What is known counts only as far as it lists it. */
  readonly index: BlobIndex;
  readonly rehashShare: number;
  readonly onRead: (bytes: number) => void;
}

type Stored = Promise<StoredPart>;

/**
 * Reads a file in parts. Of a stretch that is known only the CRC-32 is worked out, which takes half the time of hashing it and none of cutting it, and
 * a share of its chunks is hashed: is it the same, then it is what it was stored as, and otherwise it is read like any other.
 */
export class PartReader {
  readonly #options: PartReaderOptions;

  constructor(options: PartReaderOptions) {
    this.#options = options;
  }

  /** Resolves once all was read, to what resolves once it is stored; then the file may be closed. */
  async read(stretches: readonly FileStretch[]): Promise<{ readonly stored: Stored }> {
    // All at once: the workers do them while this thread reads what is between them.
    const checks = stretches.map((stretch) => this.#check(stretch));
    // Each is asked in its turn; until then one that failed is nobody's.
    for (const check of checks) check.catch(() => undefined);
    const parts: Stored[] = [];
    try {
      for (const [index, stretch] of stretches.entries()) {
        const known = stretch.known;
        const isSame = await checks[index];
        if (isSame === true && known !== undefined) parts.push(Promise.resolve(storedAs(known)));
        else parts.push((await this.#store(stretch, false)).stored);
      }
      return { stored: joinParts(parts) };
    } catch (error) {
      await Promise.allSettled([...checks, ...parts]);
      throw error;
    }
  }

  /** The file as one, with its SHA-256. */
  async readWhole(): Promise<{ readonly stored: Stored }> {
    return this.#store({ at: 0, length: Number.POSITIVE_INFINITY }, true);
  }

  async #store(range: FileStretch, isHashed: boolean): Promise<{ readonly stored: Stored }> {
    const { reader, handle, cutter } = this.#options;
    const { stored } = await reader.read(handle, range, cutter, isHashed);
    // Whoever waits for all parts is told.
    stored.catch(() => undefined);
    return { stored };
  }

  async #check({ at, length, known }: FileStretch): Promise<boolean> {
    const { index, rehashShare, handle, pipeline, onRead } = this.#options;
    if (known === undefined || rehashShare >= 1 || !known.content.every((id) => index.has('data', id))) return false;
    const stretch = { descriptor: handle.fd, at, length, proof: known.proof, pieces: chosenPieces(at, known, rehashShare) };
    const { isSame } = await pipeline.pool.run({ kind: 'check-stretch', ...stretch });
    if (isSame) onRead(length);
    return isSame;
  }
}

function storedAs({ content, lengths }: KnownStretch): StoredPart {
  return { content, lengths, sha256: undefined };
}

const drawn = 2 ** 32;

/** Each chunk with the probability of `share`. */
function chosenPieces(at: number, { content, lengths }: KnownStretch, share: number): StretchPiece[] {
  let place = at;
  return content.flatMap((id, index) => {
    const piece = { at: place, length: lengths[index] ?? 0, id };
    place += piece.length;
    return randomInt(drawn) < share * drawn ? [piece] : [];
  });
}
