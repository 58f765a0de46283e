import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, Failure, wrongUsage } from '../../foundation/failure.ts';
import { folderTrouble } from '../../foundation/folder-trouble.ts';
import { endProcessesOf } from './own-processes.ts';

/** How a process is told from others, dead or alive. */
export interface Owners {
  /** This process, for JSON. */
  readonly self: unknown;
  /** Whether the process that wrote `owner` lives; undefined when that cannot be known from here. */
  readonly isAlive: (owner: unknown) => boolean | undefined;
}

const ownerName = 'owner.json';
const drillPrefix = 'rootcellar-drill-';
const beatMilliseconds = 20_000;
/** An owner of whom nothing can be known, and that was silent for so long, is dead. */
const silenceMilliseconds = 10 * beatMilliseconds;

/** The folders that belong to this process, and those of dead ones. A folder's owner is written in it, and its time is renewed while the owner lives. */
export class ScratchFolders {
  readonly #owners: Owners;
  readonly #clock: Clock;
  readonly #beats = new Map<string, NodeJS.Timeout>();

  constructor(owners: Owners, clock: Clock) {
    this.#owners = owners;
    this.#clock = clock;
  }

  /**
   * As {@link claim}, of a new name below `parent`. Who owns the parent could put another folder in the place of ours, and have us run what is in it; so it must be
   * ours or root's. In the system's temporary folder anybody could have been quicker.
   */
  async claimNew(parent: string): Promise<string> {
    await mkdir(parent, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw unusable(parent, folderTrouble(error), error);
    });
    for (const { uid } of [await lstat(parent), await stat(parent)]) {
      if (uid !== 0 && uid !== process.getuid?.()) throw unusable(parent, 'it belongs to another user');
    }
    const folder = path.join(parent, `${drillPrefix}${randomBytes(6).toString('hex')}`);
    await this.claim(folder);
    return folder;
  }

  /** @throws Failure E_USAGE, E_BUSY, E_SCRATCH_FOLDER */
  async claim(folder: string): Promise<void> {
    await this.#takeOver(folder);
    const ownerFile = path.join(folder, ownerName);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const [found] = await readdir(folder);
      if (found !== undefined) throw wrongUsage(`Cannot use ${folder}: it holds ${found}`, 'name a folder that is empty or not there yet');
      await writeFile(ownerFile, `${JSON.stringify(this.#owners.self)}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw unusable(folder, folderTrouble(error), error);
    }
    const beat = setInterval(() => void this.#renew(ownerFile), beatMilliseconds);
    beat.unref();
    this.#beats.set(folder, beat);
  }

  /** Lets go of the folder; it stays, and is nobody's. */
  async leave(folder: string): Promise<void> {
    this.#stopBeat(folder);
    await rm(path.join(folder, ownerName), { force: true });
  }

  async remove(folder: string): Promise<void> {
    await endProcessesOf(folder, 'at-once', this.#clock);
    this.#stopBeat(folder);
    await this.#removeFiles(folder);
  }

  /** What dead processes left below `parent`. */
  async sweep(parent: string): Promise<readonly string[]> {
    const names = (await readdir(parent).catch(() => [])).filter((name) => name.startsWith(drillPrefix));
    const swept: string[] = [];
    for (const name of names) {
      const folder = path.join(parent, name);
      const state = await this.#stateOf(folder);
      if (state === 'alive' || (state === 'none' && !(await this.#isOldAndEmpty(folder)))) continue;
      await this.remove(folder);
      swept.push(name);
    }
    return swept;
  }

  async #takeOver(folder: string): Promise<void> {
    switch (await this.#stateOf(folder)) {
      case 'none':
        return;
      case 'dead':
        return this.remove(folder);
      case 'alive':
        throw new Failure('E_BUSY', `Cannot use ${folder}: another process works in it`, {
          exitCode: exitCodes.busy,
          hint: 'wait until it ends, or name another folder',
        });
    }
  }

  async #stateOf(folder: string): Promise<'none' | 'dead' | 'alive'> {
    const ownerFile = path.join(folder, ownerName);
    const text = await readFile(ownerFile, 'utf8').catch(() => undefined);
    if (text === undefined) return 'none';
    const isAlive = this.#owners.isAlive(parse(text));
    if (isAlive !== undefined) return isAlive ? 'alive' : 'dead';
    const { mtimeMs } = await stat(ownerFile).catch(() => ({ mtimeMs: 0 }));
    return this.#clock.now().getTime() - mtimeMs > silenceMilliseconds ? 'dead' : 'alive';
  }

  /** One whose process died before it wrote that it is its own. */
  async #isOldAndEmpty(folder: string): Promise<boolean> {
    const [{ mtimeMs }, names] = await Promise.all([stat(folder), readdir(folder)]).catch(() => [{ mtimeMs: Infinity }, ['']] as const);
    return names.length === 0 && this.#clock.now().getTime() - mtimeMs > silenceMilliseconds;
  }

  async #renew(ownerFile: string): Promise<void> {
    const now = this.#clock.now();
    await utimes(ownerFile, now, now).catch(() => undefined);
  }

  /** The owner's file last: who is killed in between leaves a folder that is known as a rest. */
  async #removeFiles(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      if (name !== ownerName) await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 5 });
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #stopBeat(folder: string): void {
    clearInterval(this.#beats.get(folder));
    this.#beats.delete(folder);
  }
}

function unusable(folder: string, state: string, cause?: unknown): Failure {
  return new Failure('E_SCRATCH_FOLDER', `Cannot use ${folder}: ${state}`, {
    hint: 'name a folder that can be made, or one that is empty, on a volume that can be written',
    cause,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Half written: its process died while it wrote, as nothing is done before.
    return undefined;
  }
}
