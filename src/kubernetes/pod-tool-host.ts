import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ToolCall, ToolEnd } from '../directory-servers/run-tool.ts';
import type { ToolHost } from '../directory-servers/tool-host.ts';
import { interrupted } from '../foundation/failure.ts';
import { filesToPack } from './pack-files.ts';
import type { PodFiles } from './pod-files.ts';

const patienceMilliseconds = 60_000;

/** Runs the server's programs in its own container. Their environment is the container's; the program and all paths in its arguments are as it sees them. */
export class PodToolHost implements ToolHost {
  readonly #files: PodFiles;

  constructor(files: PodFiles) {
    this.#files = files;
  }

  /**
   * An abort waits a while for the program's end: in the container nothing stops it, and it would go on behind our back. One that takes longer is left to itself, as
   * what it had the servers begin goes on anyway.
   */
  async run({ attempt, program, arguments: words, signal, onLine }: ToolCall): Promise<ToolEnd> {
    assertNotAborted(attempt, signal);
    const patience = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const loseIt = (): void => void (timer = setTimeout(() => patience.abort(), patienceMilliseconds));
    signal?.addEventListener('abort', loseIt, { once: true });
    try {
      const { exitCode, output, errors } = await this.#files.exec.run({ attempt, command: [program, ...words], signal: patience.signal });
      const lines = [...output.split(/\r?\n/), ...errors.split(/\r?\n/)].filter((line) => line.trim() !== '');
      for (const line of lines) onLine?.(line);
      assertNotAborted(attempt, signal);
      return { exitCode, lines };
    } finally {
      signal?.removeEventListener('abort', loseIt);
      clearTimeout(timer);
    }
  }

  /** The files go through tar's standard input into a folder of their own, readable by the container's user alone, and are removed afterwards. */
  async withSecretFiles<Result>(files: readonly string[], work: (seenFiles: readonly string[]) => Promise<Result>): Promise<Result> {
    const folder = path.posix.join(this.#files.base, `secret-${randomUUID()}`);
    const toPack = await Promise.all(files.map(async (file) => (await filesToPack(file)).map((one) => ({ ...one, path: randomUUID() }))));
    try {
      await this.#files.send({ attempt: 'hand a secret to a program of the server', folder, files: toPack.flat(), isSecret: true });
      return await work(toPack.flat().map((file) => path.posix.join(folder, file.path)));
    } finally {
      await this.#files.remove(folder);
    }
  }
}

function assertNotAborted(attempt: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
}
