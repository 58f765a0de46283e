import type { Id } from '../format/hex-id.ts';
import type { PackedBlob } from '../format/pack-header.ts';
import type { StretchToCheck } from './check-stretch.ts';

/** What a worker does. Places are offsets in the memory that all threads share. */
export type Job =
  /** The SHA-256 of each of the given parts. */
  | { readonly kind: 'hash'; readonly parts: readonly MemoryPart[] }
  /** Compresses and seals parts, each in its place where it fits. */
  | { readonly kind: 'encode'; readonly parts: readonly MemoryPart[]; readonly level: number }
  /** Whether a stretch of a file is what it is taken for. */
  | ({ readonly kind: 'check-stretch' } & StretchToCheck)
  /** Goes on with the SHA-256 of a file; always the same worker for the same file. */
  | { readonly kind: 'hash-file'; readonly file: number; readonly part: MemoryPart; readonly isLast: boolean }
  /** Opens blobs of a part of a pack, which is used up, checks them, and writes each to its places. */
  | { readonly kind: 'decode'; readonly bytes: ReadBytes; readonly blobs: readonly BlobToDecode[] }
  /** Opens blobs of a part of a pack, which is used up, checks them, and gives the wanted parts of their content in a row. */
  | { readonly kind: 'read-parts'; readonly bytes: ReadBytes; readonly blobs: readonly BlobToPart[] }
  /** Copies blobs between files of this machine, each only if it is what it is taken for. */
  | { readonly kind: 'copy-blobs'; readonly blobs: readonly BlobToCopy[] }
  /** Checks a whole pack, which is used up, against its name and what the index says of it. */
  | { readonly kind: 'check-pack'; readonly bytes: ReadBytes; readonly packId: Id; readonly blobs: readonly PackedBlob[] }
  /** Checks blobs of a part of a pack, and with `isOpened` opens each in its place; gives `bytes` back where it was transferred. */
  | { readonly kind: 'open-blobs'; readonly bytes: ReadBytes; readonly blobs: readonly PackedBlob[]; readonly isOpened: boolean };

/** What was read of a pack: in the shared memory, or where it is too large for that, transferred. */
export type ReadBytes = MemoryPart | Uint8Array<ArrayBuffer>;

export interface MemoryPart {
  readonly at: number;
  readonly length: number;
}

export interface BlobToDecode {
  readonly id: Id;
  /** In the bytes that were given. */
  readonly offset: number;
  readonly length: number;
  readonly rawLength: number;
  readonly targets: readonly WriteTarget[];
}

export interface BlobToPart extends Pick<BlobToDecode, 'id' | 'offset' | 'length' | 'rawLength'> {
  /** Of its content. */
  readonly parts: readonly MemoryPart[];
}

export interface BlobToCopy {
  readonly id: Id;
  readonly length: number;
  /** Where it may lie. */
  readonly source: WriteTarget;
  readonly targets: readonly WriteTarget[];
}

export interface WriteTarget {
  /** Open in the process, and so in its workers. */
  readonly descriptor: number;
  readonly position: number;
}

export interface Results {
  readonly hash: { readonly ids: readonly Id[] };
  readonly encode: { readonly encoded: readonly Encoded[] };
  readonly 'check-stretch': { readonly isSame: boolean };
  readonly 'hash-file': { readonly sha256: string | undefined };
  readonly decode: { readonly findings: readonly BlobFinding[]; readonly bytes: number };
  /** `bytes` has room for the parts of blobs with findings too, so that all lie where they would. */
  readonly 'read-parts': { readonly findings: readonly BlobFinding[]; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly 'copy-blobs': { readonly missing: readonly Id[]; readonly bytes: number };
  readonly 'check-pack': { readonly findings: readonly BlobFinding[] };
  readonly 'open-blobs': { readonly findings: readonly BlobFinding[]; readonly bytes: ReadBytes };
}

export interface Encoded {
  /** The length of the sealed blob. */
  readonly length: number;
  /** The length before compression; 0 where it was left out. */
  readonly rawLength: number;
  /** The sealed blob where it did not fit into its place. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

export interface BlobFinding {
  /** Undefined where it is about the pack. */
  readonly blobId: Id | undefined;
  /** One clause: `its MAC does not fit`. */
  readonly finding: string;
}

/** How a worker is started; the keys lie at the beginning of the shared memory. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  /** This worker's own place for its cipher. */
  readonly scratch: number;
}

export type ReplyMessage =
  | { readonly serial: number; readonly result: Results[Job['kind']] }
  | { readonly serial: number; readonly error: unknown; readonly system: SystemError | undefined };

/** Of an error that came from the operating system. */
export interface SystemError {
  readonly code: string;
  readonly syscall: string;
}

export interface JobMessage {
  readonly serial: number;
  readonly job: Job;
}
