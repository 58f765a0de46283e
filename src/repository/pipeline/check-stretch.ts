import { hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { StretchProof } from '../file-stretches.ts';
import type { Id } from '../format/hex-id.ts';

export interface StretchToCheck {
  /** Open in the process, and so in its workers. */
  readonly descriptor: number;
  readonly at: number;
  readonly length: number;
  readonly proof: StretchProof;
  /** Chunks of it whose SHA-256 is compared too. */
  readonly pieces: readonly StretchPiece[];
}

export interface StretchPiece {
  /** In the file. */
  readonly at: number;
  readonly length: number;
  readonly id: Id;
}

const bufferBytes = 1024 * 1024;
/** RFC 1951 §3.2.4: of a block that is stored as it is, the header, its length, and that once more inverted. */
const blockHeadBytes = 5;
/** RFC 1951 §3.2.6: an empty last block with fixed codes, as some writers end a stream. */
const emptyLastBlock = Buffer.from([3, 0]);

/**
 * Whether a stretch of a file holds what its proof says, read to its last byte, and the chosen chunks what their IDs say. False also for what is deflated
 * otherwise than in stored blocks, and where the file ends before.
 */
export function checkStretch(stretch: StretchToCheck): boolean {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const { proof } = stretch;
  const found = proof.isDeflated ? crcOfBlocks(stretch, buffer) : crcOfBytes(stretch, buffer);
  if (found?.crc !== proof.crc32 || found.bytes !== proof.bytes) return false;
  return stretch.pieces.every((piece) => isPiece(stretch.descriptor, piece));
}

interface Found {
  readonly crc: number;
  readonly bytes: number;
}

function crcOfBytes({ descriptor, at, length }: StretchToCheck, buffer: Buffer): Found | undefined {
  let crc = 0;
  for (let done = 0; done < length;) {
    const read = fill(descriptor, buffer.subarray(0, Math.min(buffer.length, length - done)), at + done);
    if (read.length === 0) return undefined;
    crc = crc32(read, crc);
    done += read.length;
  }
  return { crc, bytes: length };
}

/** The content of stored blocks. Each reading begins with a block, so that no block that the buffer holds in part must be kept. */
function crcOfBlocks({ descriptor, at, length }: StretchToCheck, buffer: Buffer): Found | undefined {
  let crc = 0;
  let bytes = 0;
  for (let done = 0; done < length;) {
    const read = fill(descriptor, buffer.subarray(0, Math.min(buffer.length, length - done)), at + done);
    if (read.length + done === length && read.equals(emptyLastBlock)) return { crc, bytes };
    let used = 0;
    for (let block = storedBlock(read, used); block !== undefined; block = storedBlock(read, used)) {
      crc = crc32(read.subarray(used + blockHeadBytes, used + block.wholeBytes), crc);
      bytes += block.wholeBytes - blockHeadBytes;
      used += block.wholeBytes;
      if (block.isLast) return done + used === length ? { crc, bytes } : undefined;
    }
    if (used === 0) return undefined;
    done += used;
  }
  return undefined;
}

/** The stored block that lies whole in `bytes` from `from` on. */
function storedBlock(bytes: Buffer, from: number): { readonly wholeBytes: number; readonly isLast: boolean } | undefined {
  if (bytes.length - from < blockHeadBytes) return undefined;
  const head = bytes[from] ?? 0;
  const length = bytes.readUInt16LE(from + 1);
  const isStored = (head & 0b110) === 0 && (length ^ bytes.readUInt16LE(from + 3)) === 0xffff;
  const wholeBytes = blockHeadBytes + length;
  return isStored && from + wholeBytes <= bytes.length ? { wholeBytes, isLast: (head & 1) === 1 } : undefined;
}

function isPiece(descriptor: number, { at, length, id }: StretchPiece): boolean {
  return hash('sha256', fill(descriptor, Buffer.allocUnsafe(length), at), 'hex') === id;
}

/** What of `target` the file fills from `position` on. */
function fill(descriptor: number, target: Buffer, position: number): Buffer {
  let length = 0;
  while (length < target.length) {
    const read = readSync(descriptor, target, length, target.length - length, position + length);
    if (read === 0) break;
    length += read;
  }
  return target.subarray(0, length);
}
