import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { askedByVariable, supervisedVariable } from '../config/config-environment.ts';
import { Failure, messageOf } from '../foundation/failure.ts';
import { CommandLog } from './command-log.ts';
import type { CommandOptions, CommandOutput, CommandResult, CommandRunner } from './command-runner.ts';

const mostResultBytes = 1024 * 1024;
const millisecondsBetweenBeats = 500;
/** A command without a lease goes on for so long when it hears nothing more of the agent. */
const unleasedMilliseconds = 30_000;

export interface ChildRunnerOptions {
  /** The program's own file, which Node runs. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the environment of a patient command has besides. */
  readonly patience?: Readonly<Record<string, string>>;
}

/**
 * Runs each command in a process of its own: its memory is given back with it, its end by whatever cause is not the agent's, and the agent answers while it
 * works. It is told over the channel between the two how long it may go on, and stops by itself when it hears nothing more.
 */
export class ChildRunner implements CommandRunner {
  readonly #options: ChildRunnerOptions;

  constructor(options: ChildRunnerOptions) {
    this.#options = options;
  }

  async run(words: readonly string[], options: CommandOptions): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    const isFollowed = options.onOutput !== undefined;
    const child = this.#spawn([...(isFollowed ? [] : ['--json']), ...words], options);
    const log = new CommandLog(options.onProgress);
    const result = new BoundedText(mostResultBytes);
    child.stdout?.on('data', (bytes: Buffer) => {
      if (isFollowed) passOn({ stream: 'stdout', bytes }, child.stdout, options.onOutput);
      else result.add(bytes);
    });
    child.stderr?.on('data', (bytes: Buffer) => {
      passOn({ stream: 'stderr', bytes }, child.stderr, options.onOutput);
      log.add(bytes);
    });
    const stopBeating = beat(child, options.heldFor ?? (() => unleasedMilliseconds));
    const stop = (): void => void child.kill('SIGTERM');
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      const { code, signal } = await ended(child);
      return {
        exitCode: code ?? undefined,
        killedBy: signal ?? undefined,
        result: result.json(),
        isResultTooLarge: result.isTooLong,
        failure: log.failure,
        log: log.lines(),
      };
    } finally {
      stopBeating();
      options.signal?.removeEventListener('abort', stop);
    }
  }

  #spawn(words: readonly string[], { by, isPatient = false }: CommandOptions): ChildProcess {
    return spawn(process.execPath, [this.#options.program, ...words], {
      // A group of its own: what a terminal sends to the agent is the agent's to pass on.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...this.#options.environment,
        ...(isPatient ? this.#options.patience : {}),
        [supervisedVariable]: '1',
        // No variable can hold a NUL.
        [askedByVariable]: by?.replaceAll('\0', '?'),
      },
    });
  }
}

/** Gives a piece to whoever follows, and reads no more of it while that one says so. */
function passOn(chunk: CommandOutput, from: Readable | null, onOutput: CommandOptions['onOutput']): void {
  const taken = onOutput?.(chunk);
  if (taken === undefined) return;
  from?.pause();
  void taken.finally(() => from?.resume());
}

/** Tells the child at once, and then regularly, how long it may go on; returns what ends that. */
function beat(child: ChildProcess, heldFor: () => number): () => void {
  const tell = (): void => {
    if (!child.connected) return;
    // A child that has just ended is told nothing; its end is reported elsewhere.
    const sentAt = Number(process.hrtime.bigint() / 1_000_000n);
    child.send({ kind: 'held', forMilliseconds: Math.max(0, heldFor()), sentAt }, () => undefined);
  };
  tell();
  const timer = setInterval(tell, millisecondsBetweenBeats);
  return () => {
    clearInterval(timer);
    if (child.connected) child.disconnect();
  };
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(notStarted(error)));
    // Not `exit`: only then has all that it wrote arrived.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function notStarted(error: unknown): Failure {
  return new Failure('E_RUN_NOT_STARTED', `Cannot start a run: ${messageOf(error)}`, {
    cause: error,
    hint: 'look whether this machine or pod is out of memory or processes',
  });
}

/** The beginning of a text; of one that is longer nothing is of use. */
class BoundedText {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#most) this.#pieces.push(bytes);
    else this.#pieces = [];
  }

  get isTooLong(): boolean {
    return this.#bytes > this.#most;
  }

  json(): unknown {
    if (this.#bytes === 0 || this.isTooLong) return undefined;
    try {
      return JSON.parse(Buffer.concat(this.#pieces).toString('utf8'));
    } catch {
      return undefined;
    }
  }
}
