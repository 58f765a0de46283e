import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { type RetryRule, type RetryTools, retrying } from '../foundation/retry.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { assertSame } from './compare-files.ts';
import { commandFailed, filesDiffer, moreRoom, notInThisPod } from './command-failures.ts';
import { streamCut } from './kubernetes-failures.ts';
import { type FileToPack, packFiles } from './pack-files.ts';
import type { ExecCall, ExecEnd, PodExec } from './pod-exec.ts';
import { type MovedFile, Unpacking } from './unpack-files.ts';

export interface PodFilesOptions extends Pick<RetryTools, 'clock' | 'random' | 'onRetry'> {
  readonly exec: PodExec;
  /** In the container; all that is made and removed there lies below it. */
  readonly base: string;
  readonly retry?: RetryRule | undefined;
}

const usualRetry: RetryRule = { attempts: 4, firstPauseMilliseconds: 2000, longestPauseMilliseconds: 20_000 };
const removalMilliseconds = 60_000;

/** Where files lie in the container and here. A file's own name is the same on both sides. */
export interface Move {
  /** For sentences: `bring the backup of "userRoot" out of the pod`. */
  readonly attempt: string;
  readonly there: string;
  readonly here: string;
  readonly kind: 'folder' | 'file';
}

/**
 * The files of a folder in the server's container, by the programs that are there: tar, mkdir, rm; sha256sum or wc, ls and df as far as they are.
 * Every call takes paths of the container that lie below {@link PodFilesOptions.base}. Rejects as `pod-exec.ts` says, and with E_KUBERNETES_FOLDER,
 * E_KUBERNETES_DISK_FULL, E_KUBERNETES_FILES, E_KUBERNETES_WRONG_POD.
 */
export class PodFiles {
  readonly exec: PodExec;
  readonly base: string;
  readonly #options: PodFilesOptions;

  constructor(options: PodFilesOptions) {
    this.exec = options.exec;
    this.base = options.base;
    this.#options = options;
  }

  /** Makes a folder, and those above it up to the base, for its owner and group; one that is there stays as it is. */
  async makeFolder(folder: string, { signal }: OperationContext = {}): Promise<void> {
    const folders = [this.base, ...this.#stepsTo(folder)];
    const call: ExecCall = { attempt: `make the folder ${folder}`, command: ['mkdir', '-p', '-m', '0770', ...folders], signal };
    const end = await this.exec.run(call);
    // Another run may just have removed an empty one on the way.
    if (end.exitCode !== 0) await this.#must(call, folder);
  }

  /**
   * Brings what is in the container to this machine, where it takes the place of what is there. Resolves once the archive came to its end, tar said that
   * it succeeded, and the files have the sizes and, where sha256sum is there, the SHA-256 that they have in the container. On failure nothing stays here.
   */
  async fetch(move: Move, options: OperationContext = {}): Promise<readonly MovedFile[]> {
    this.#assertInside(move.there);
    return this.#retrying(options, () => this.#fetchOnce(move, options));
  }

  /** Brings files of this machine into the folder, which is made. Resolves once they were compared as {@link fetch} does; on failure the folder is removed. */
  async send(move: SendMove, options: OperationContext = {}): Promise<readonly MovedFile[]> {
    this.#assertInside(move.folder);
    return this.#retrying(options, () => this.#sendOnce(move, options));
  }

  /** Compares what is in the folder with what was sent there. @throws Failure E_KUBERNETES_FILES */
  async assertSame(folder: string, files: readonly MovedFile[], attempt: string, options: OperationContext = {}): Promise<void> {
    await assertSame({ exec: this.exec, folder, files, attempt }, options);
  }

  /** Removes a file or a folder with all in it, and those above it that are empty then; resolves also when there is none. Not to be cut off, but bounded. */
  async remove(place: string): Promise<void> {
    this.#assertInside(place);
    const [, ...above] = this.#stepsTo(place).toReversed();
    const signal = AbortSignal.timeout(removalMilliseconds);
    await this.#must({ attempt: `remove ${place}`, command: ['rm', '-rf', place], signal }, place);
    if (above.length === 0) return;
    // One that is not empty stays, as it should.
    await this.exec.run({ attempt: `remove ${place}`, command: ['rmdir', ...above], signal }).catch(() => undefined);
  }

  /** Removes whatever lies below the base, and resolves to the names of that. */
  async sweep(except: readonly string[], { signal }: OperationContext = {}): Promise<readonly string[]> {
    const call: ExecCall = { attempt: `list ${this.base}`, command: ['ls', '-A', this.base], signal };
    const end = await this.exec.run(call);
    if (end.exitCode !== 0 && isMissing(end)) return [];
    if (end.exitCode !== 0) throw await this.#failed(call, this.base, end);
    const names = end.output.split('\n').filter((name) => name !== '' && !except.includes(name));
    for (const name of names) await this.remove(path.posix.join(this.base, name));
    return names;
  }

  /** Bytes that may still be written to the folder, as `df` says; undefined where it does not. */
  async freeBytes(folder: string, { signal }: OperationContext = {}): Promise<number | undefined> {
    const call: ExecCall = { attempt: `see how much room is in ${folder}`, command: ['df', '-P', '-k', folder], signal };
    const { exitCode, output } = await this.exec.run(call).catch((error: unknown) => {
      if (isFailure(error, 'E_KUBERNETES_PROGRAM_MISSING')) return { exitCode: 1, output: '' };
      throw error;
    });
    const kibibytes = Number(output.trim().split('\n').at(-1)?.trim().split(/\s+/).at(3));
    return exitCode === 0 && Number.isSafeInteger(kibibytes) ? kibibytes * 1024 : undefined;
  }

  /** @throws Failure E_KUBERNETES_DISK_FULL when df says that there is less room than `bytes` */
  async assertRoom(folder: string, bytes: number, attempt: string, options: OperationContext = {}): Promise<void> {
    const free = await this.freeBytes(folder, options);
    if (free === undefined || free >= bytes) return;
    throw new Failure(
      'E_KUBERNETES_DISK_FULL',
      `Cannot ${attempt}: it needs about ${formatBytes(bytes)} in ${folder} of the ${this.exec.location}, and ${formatBytes(free)} are free`,
      { hint: moreRoom },
    );
  }

  async #fetchOnce({ attempt, there, here, kind }: Move, { signal, report }: OperationContext): Promise<readonly MovedFile[]> {
    const place = `${there} of the ${this.exec.location}`;
    const [folder, name] = kind === 'folder' ? [there, '.'] : [path.posix.dirname(there), `./${path.posix.basename(there)}`];
    const target = kind === 'folder' ? here : path.dirname(here);
    await rm(here, { recursive: true, force: true });
    const unpacking = new Unpacking({ folder: target, attempt, place });
    let done = 0;
    report?.({ kind: 'begin', step: attempt, unit: 'bytes' });
    try {
      const call: ExecCall = {
        attempt,
        command: ['tar', '-C', folder, '-cf', '-', name],
        output: async (piece) => {
          await unpacking.take(piece);
          done += piece.length;
          report?.({ kind: 'advance', step: attempt, done });
        },
        signal,
      };
      const end = await this.exec.run(call);
      if (end.exitCode !== 0 && isMissing(end)) throw await this.exec.explain(notInThisPod(attempt, this.exec.location, there));
      if (end.exitCode !== 0) throw await this.#failed(call, place, end);
      const files = await unpacking.finish();
      await assertSame({ exec: this.exec, folder, files, attempt }, { signal, report });
      report?.({ kind: 'end', step: attempt, note: noteOf(files) });
      return files;
    } catch (error) {
      unpacking.abandon();
      await rm(here, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
  }

  async #sendOnce({ attempt, folder, files, isSecret }: SendMove, options: OperationContext): Promise<readonly MovedFile[]> {
    const { signal, report } = options;
    let done = 0;
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    report?.({ kind: 'begin', step: attempt, total, unit: 'bytes' });
    try {
      await this.makeFolder(folder, options);
      const onBytes = (bytes: number): void => {
        done += bytes;
        report?.({ kind: 'advance', step: attempt, done, total });
      };
      const packed = packFiles(files, { isSecret, onBytes });
      const call: ExecCall = { attempt, command: ['tar', '-C', folder, '-xf', '-'], input: packed.archive, signal };
      await this.#must(call, folder);
      if (packed.files.length < files.length) {
        throw filesDiffer(attempt, folder, `tar ended when it had read ${packed.files.length} of ${files.length} files`);
      }
      await assertSame({ exec: this.exec, folder, files: packed.files, attempt }, options);
      report?.({ kind: 'end', step: attempt, note: noteOf(packed.files) });
      return packed.files;
    } catch (error) {
      await this.remove(folder).catch(() => undefined);
      throw error;
    }
  }

  async #retrying<Result>({ signal, report }: OperationContext, work: () => Promise<Result>): Promise<Result> {
    const { clock, random, retry = usualRetry, onRetry } = this.#options;
    const told: RetryTools['onRetry'] = (error, attempt, pause) => {
      onRetry?.(error, attempt, pause);
      if (isFailure(error)) report?.({ kind: 'note', level: 'warning', text: `${error.message}; trying again` });
    };
    return retrying(retry, { clock, random, signal, onRetry: told }, work);
  }

  async #must(call: ExecCall, place: string): Promise<ExecEnd> {
    const end = await this.exec.run(call);
    if (end.exitCode === 0) return end;
    throw await this.#failed(call, `${place} of the ${this.exec.location}`, end);
  }

  #failed({ attempt, command }: ExecCall, place: string, end: ExecEnd): Promise<Failure> {
    // By a signal: with its container, most often, of which nothing is known yet; the next try will see.
    const killed =
      end.exitCode > 128 ? streamCut(attempt, this.exec.location, `${command[0]} was killed there (exit code ${end.exitCode})`) : undefined;
    return this.exec.explain(killed ?? commandFailed(attempt, command, place, end));
  }

  /** Each folder below the base on the way to `folder`. */
  #stepsTo(folder: string): string[] {
    if (folder === this.base) return [];
    this.#assertInside(folder);
    const segments = path.posix.relative(this.base, folder).split('/');
    return segments.map((_, at) => path.posix.join(this.base, ...segments.slice(0, at + 1)));
  }

  #assertInside(place: string): void {
    const inside = path.posix.relative(this.base, place);
    if (inside !== '' && inside !== '..' && !inside.startsWith('../') && !path.posix.isAbsolute(inside)) return;
    throw new Error(`${place} is not below ${this.base}`);
  }
}

export interface SendMove {
  readonly attempt: string;
  /** In the container. */
  readonly folder: string;
  readonly files: readonly FileToPack[];
  /** Readable by the container's user alone. */
  readonly isSecret?: boolean | undefined;
}

function isMissing({ errors }: ExecEnd): boolean {
  return /no such file or directory|cannot (open|change|chdir)|can't (open|change|cd)/i.test(errors);
}

/** How many bytes it were is told by the step itself. */
function noteOf(files: readonly MovedFile[]): string {
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
}
