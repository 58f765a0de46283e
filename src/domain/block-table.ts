import { hash } from 'node:crypto';
import { blockBytes, blockHashBytes } from './entry-index-format.ts';

/** A run of whole entries of an export. */
export interface Block {
  /** In the order of the file, from 0. */
  readonly number: number;
  /** Where it begins in the export. */
  readonly at: number;
  readonly bytes: number;
  /** The first 16 bytes of the SHA-256 of its bytes. */
  readonly hash: Uint8Array;
}

/** Whether these are the bytes of the block: of an archive that does not check what it gives of a range, nothing else can tell. */
export function isContentOf(bytes: Uint8Array, { hash: expected }: Pick<Block, 'hash'>): boolean {
  return hash('sha256', bytes, 'buffer').subarray(0, blockHashBytes).equals(expected);
}

/** All blocks of an export, in the order of the file: each begins where the one before ends, and the last one ends where the file does. */
export class BlockTable {
  readonly length: number;
  readonly #table: Buffer;
  readonly #ends: Float64Array;

  /** `table` as it lies in the index. */
  constructor(table: Uint8Array) {
    this.#table = Buffer.from(table.buffer, table.byteOffset, table.byteLength);
    this.length = table.length / blockBytes;
    this.#ends = new Float64Array(this.length);
    let end = 0;
    for (let number = 0; number < this.length; number += 1) {
      end += this.#table.readUInt32LE(number * blockBytes);
      this.#ends[number] = end;
    }
  }

  /** Where the last one ends. */
  get totalBytes(): number {
    return this.#ends.at(-1) ?? 0;
  }

  at(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0);
  }

  bytes(number: number): number {
    return (this.#ends[number] ?? 0) - this.at(number);
  }

  hash(number: number): Uint8Array {
    return this.#table.subarray(number * blockBytes + 4, number * blockBytes + 4 + blockHashBytes);
  }

  /** Whether the content of a block is that of one in another table. */
  isSame(number: number, other: BlockTable, otherNumber: number): boolean {
    return (
      this.#table.readUInt32LE(number * blockBytes) === other.#table.readUInt32LE(otherNumber * blockBytes) &&
      Buffer.compare(this.hash(number), other.hash(otherNumber)) === 0
    );
  }

  block(number: number): Block {
    return { number, at: this.at(number), bytes: this.bytes(number), hash: this.hash(number) };
  }
}
