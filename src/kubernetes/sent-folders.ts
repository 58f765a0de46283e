import path from 'node:path';
import { isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { type FileToPack, filesToPack } from './pack-files.ts';
import type { PodFiles } from './pod-files.ts';
import type { MovedFile } from './unpack-files.ts';

interface Sent {
  readonly sources: string;
  readonly files: readonly MovedFile[];
}

/** Folders that were sent to the container and are still there: a backup is checked first and restored then, and is to go through only once. */
export class SentFolders {
  readonly #files: PodFiles;
  readonly #sent = new Map<string, Sent>();

  constructor(files: PodFiles) {
    this.#files = files;
  }

  /** Sends what the folder `here` holds, unless that very content lies there already, which is compared again. */
  async ensure(
    { attempt, here, folder }: { readonly attempt: string; readonly here: string; readonly folder: string },
    options: OperationContext,
  ): Promise<void> {
    const sources = await filesToPack(here);
    const before = this.#sent.get(folder);
    if (before !== undefined && before.sources === signatureOf(sources) && (await this.#isThere(folder, before, attempt, options))) return;
    this.#sent.delete(folder);
    await this.#makeRoom(folder, sources, attempt, options);
    await this.#files.remove(folder);
    const files = await this.#files.send({ attempt, folder, files: sources }, options);
    this.#sent.set(folder, { sources: signatureOf(sources), files });
  }

  /** Sends one file to the place of that name. */
  async sendFile(
    { attempt, here, there }: { readonly attempt: string; readonly here: string; readonly there: string },
    options: OperationContext,
  ): Promise<void> {
    const [source] = await filesToPack(here);
    if (source === undefined) throw new Error(`${here} is no file`);
    const folder = path.posix.dirname(there);
    await this.#makeRoom(folder, [source], attempt, options);
    await this.#files.send({ attempt, folder, files: [{ ...source, path: path.posix.basename(there) }] }, options);
  }

  forget(folder: string): void {
    this.#sent.delete(folder);
  }

  async removeAll(): Promise<void> {
    for (const folder of this.#sent.keys()) {
      await this.#files.remove(folder);
      this.#sent.delete(folder);
    }
  }

  async #isThere(folder: string, { files }: Sent, attempt: string, options: OperationContext): Promise<boolean> {
    try {
      await this.#files.assertSame(folder, files, attempt, options);
      return true;
    } catch (error) {
      if (isFailure(error, 'E_KUBERNETES_FILES')) return false;
      throw error;
    }
  }

  /** Where room is short, what was kept for later goes first. */
  async #makeRoom(folder: string, files: readonly FileToPack[], attempt: string, options: OperationContext): Promise<void> {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const parent = path.posix.dirname(folder);
    await this.#files.makeFolder(parent, options);
    await this.#files.assertRoom(parent, bytes, attempt, options).catch(async (error: unknown) => {
      if (!isFailure(error, 'E_KUBERNETES_DISK_FULL') || this.#sent.size === 0) throw error;
      await this.removeAll();
      await this.#files.assertRoom(parent, bytes, attempt, options);
    });
  }
}

/** By which content that has changed meanwhile is known. */
function signatureOf(files: readonly FileToPack[]): string {
  return files.map(({ path: name, bytes, changed }) => `${name} ${bytes} ${changed}`).join('\n');
}
