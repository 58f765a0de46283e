import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ToolCall, ToolEnd } from '../directory-servers/run-tool.ts';
import type { ToolHost } from '../directory-servers/tool-host.ts';
import { interrupted } from '../foundation/failure.ts';
import { filesToPack } from './pack-files.ts';
import type { PodFiles } from './pod-files.ts';

/** Runs the server's programs in its own container. Their environment is the container's; the program and all paths in its arguments are as it sees them. */
export class PodToolHost implements ToolHost {
  readonly #files: PodFiles;

  constructor(files: PodFiles) {
    this.#files = files;
  }

  /** An abort waits for the program's end: in the container nothing would stop it, and it would go on behind our back. */
  async run({ attempt, program, arguments: words, signal, onLine }: ToolCall): Promise<ToolEnd> {
    assertNotAborted(attempt, signal);
    const { exitCode, output, errors } = await this.#files.exec.run({ attempt, command: [program, ...words] });
    const lines = [...output.split(/\r?\n/), ...errors.split(/\r?\n/)].filter((line) => line.trim() !== '');
    for (const line of lines) onLine?.(line);
    assertNotAborted(attempt, signal);
    return { exitCode, lines };
  }

  /** The file goes through tar's standard input into a folder of its own, readable by the container's user alone, and is removed afterwards. */
  async withSecretFile<Result>(file: string, work: (seenFile: string) => Promise<Result>): Promise<Result> {
    const folder = path.posix.join(this.#files.base, `secret-${randomUUID()}`);
    try {
      await this.#files.send({
        attempt: 'hand a secret to a program of the server',
        folder,
        files: await filesToPack(file),
        isSecret: true,
      });
      return await work(path.posix.join(folder, path.basename(file)));
    } finally {
      await this.#files.remove(folder);
    }
  }
}

function assertNotAborted(attempt: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw interrupted(`The attempt to ${attempt}`);
}
