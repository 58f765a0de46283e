import type { Failure } from '../foundation/failure.ts';

/**
 * The port to one container: runs programs in it, without a shell unless one is named. Calls reject with a `Failure` whose code is one of:
 * E_KUBERNETES_UNREACHABLE, E_KUBERNETES_CREDENTIALS, E_KUBERNETES_DENIED, E_KUBERNETES_POD_MISSING, E_KUBERNETES_CONTAINER_MISSING,
 * E_KUBERNETES_STREAM_CUT, E_KUBERNETES_PROGRAM_MISSING, E_KUBERNETES_TOO_OLD, E_INTERRUPTED.
 */
export interface PodExec {
  /** For people: `pod "ds-0"`. */
  readonly location: string;

  /**
   * Resolves when the program has ended and every byte of its output was handed over, and only after its exit status came: a stream that breaks off
   * rejects, so that a part is never taken for the whole. An abort rejects at once; the program may run on until it next reads or writes.
   */
  run(call: ExecCall): Promise<ExecEnd>;

  /** What became of the container since it was first used, where that explains `failure`; otherwise `failure` itself. */
  explain(failure: Failure): Promise<Failure>;
}

export interface ExecCall {
  /** For the failure's sentence: `bring the backup of "userRoot" out of the pod`. */
  readonly attempt: string;
  /** Holds no secret: it is seen in the pod's list of processes, and in the audit log of the API server. */
  readonly command: readonly [program: string, ...rest: string[]];
  /** What the program reads on its standard input, which ends after the last piece; it has none where this is undefined. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Takes the standard output piece by piece; no more is received while it is at work. Otherwise the output is kept for {@link ExecEnd}. */
  readonly output?: ((piece: Buffer) => Promise<void> | void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ExecEnd {
  readonly exitCode: number;
  /** The standard output where no one took it, at most 1 MiB: of more the end. */
  readonly output: string;
  /** The end of the standard error, at most 16 KiB. */
  readonly errors: string;
}

/** The end of what was written, of bounded length. */
export class Tail {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes <= 2 * this.#most) return;
    this.#pieces = [Buffer.concat(this.#pieces).subarray(-this.#most)];
    this.#bytes = this.#most;
  }

  text(): string {
    return Buffer.concat(this.#pieces).subarray(-this.#most).toString('utf8');
  }
}

export const keptOutputBytes = 1024 * 1024;
export const keptErrorBytes = 16 * 1024;
