import { createHash, hash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { compressIfSmaller } from '../format/compression.ts';
import { startKernels } from '../kernels/kernels.ts';
import { checkPack } from '../packs/check-pack.ts';
import { decodeBlobs } from '../packs/decode-blobs.ts';
import { openBlobs } from '../packs/open-blobs.ts';
import { readParts } from '../packs/read-parts.ts';
import { Cipher, sealBytes } from '../sealing/cipher.ts';
import { keyMaterialBytes, keyMaterialFrom } from '../sealing/key-material.ts';
import { checkStretch } from './check-stretch.ts';
import { copyBlobs } from './copy-blobs.ts';
import { release } from './release.ts';
import type { Encoded, Job, JobMessage, MemoryPart, ReadBytes, ReplyMessage, Results, SystemError, WorkerStart } from './jobs.ts';

// The body of a worker thread: takes jobs one after another and answers each.

const start = workerData as WorkerStart;
const memory = new Uint8Array(start.memory.buffer);
const keys = keyMaterialFrom(Uint8Array.from(memory.subarray(0, keyMaterialBytes)));
const cipher = new Cipher(keys, startKernels(start.kernels, start.memory), start.scratch);
const fileHashes = new Map<number, Hash>();

parentPort?.on('message', ({ serial, job }: JobMessage) => {
  try {
    const result = perform(job);
    parentPort?.postMessage({ serial, result } satisfies ReplyMessage, ownBuffersOf(result));
  } catch (error) {
    parentPort?.postMessage({ serial, error, system: systemErrorOf(error) } satisfies ReplyMessage);
  }
});

/** What lies in memory of this thread alone, and goes over to the other. */
function ownBuffersOf(result: Results[Job['kind']]): ArrayBuffer[] {
  if ('encoded' in result) return result.encoded.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes.buffer]));
  return 'bytes' in result && result.bytes instanceof Uint8Array ? [result.bytes.buffer] : [];
}

/** What an error of the operating system loses on its way to another thread. */
function systemErrorOf(error: unknown): SystemError | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  return { code: String(error.code), syscall: String(error.syscall) };
}

function perform(job: Job): Results[Job['kind']] {
  switch (job.kind) {
    case 'hash':
      return { ids: job.parts.map((part) => hash('sha256', bytesOf(part), 'hex')) };
    case 'encode':
      return { encoded: job.parts.map((part) => encode(part, job.level)) };
    case 'check-stretch':
      return { isSame: checkStretch(job) };
    case 'hash-file':
      return { sha256: hashFile(job) };
    case 'decode':
      return decodeBlobs(cipher, readBytes(job.bytes), job.blobs);
    case 'read-parts':
      return readParts(cipher, readBytes(job.bytes), job.blobs);
    case 'copy-blobs':
      return copyBlobs(job.blobs);
    case 'check-pack':
      return { findings: checkPack(cipher, { ...job, bytes: readBytes(job.bytes) }) };
    case 'open-blobs':
      return { findings: openBlobs(cipher, { ...job, bytes: readBytes(job.bytes) }), bytes: job.bytes };
  }
}

function encode(part: MemoryPart, level: number): Encoded {
  const raw = bytesOf(part);
  const { content, rawLength } = compressIfSmaller(raw, level);
  const length = content.length + sealBytes;
  if (length <= part.length) {
    cipher.sealInto(content, memory.subarray(part.at, part.at + length));
    if (content.buffer !== memory.buffer) release(content);
    return { length, rawLength, bytes: undefined };
  }
  return { length, rawLength, bytes: cipher.seal(content) };
}

function hashFile({ file, part, isLast }: Extract<Job, { kind: 'hash-file' }>): string | undefined {
  const running = fileHashes.get(file) ?? createHash('sha256');
  running.update(bytesOf(part));
  if (isLast) fileHashes.delete(file);
  else fileHashes.set(file, running);
  return isLast ? running.digest('hex') : undefined;
}

function readBytes(bytes: ReadBytes): Uint8Array {
  return 'at' in bytes && !(bytes instanceof Uint8Array) ? bytesOf(bytes) : bytes;
}

function bytesOf({ at, length }: MemoryPart): Uint8Array {
  return memory.subarray(at, at + length);
}
