import { execFileSync } from 'node:child_process';
import { constants, statfsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

export interface SmallVolume extends AsyncDisposable {
  /** The folder it is mounted at. */
  readonly path: string;
  /** The same files at another path, where nobody can write, whoever it is. */
  readOnlyView(): Promise<string>;
  /** Takes all its room but for `bytes`. */
  fill(bytes?: number): Promise<void>;
  /** Gives back what `fill` took. */
  empty(): Promise<void>;
}

const mounted = new Set<string>();
process.on('exit', () => {
  for (const folder of mounted) unmount(folder);
});

/** A file system of its own, in memory, of so many KiB: one that gets full for real. Needs the right to mount (Linux, root). */
export async function smallVolume(kibibytes: number): Promise<SmallVolume> {
  const home = await temporaryFolder('volume');
  const folder = path.join(home.path, 'volume');
  await mkdir(folder);
  mount(folder, '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder);
  const filler = path.join(folder, '.filler');
  const own = [folder];
  return {
    path: folder,
    readOnlyView: async () => {
      const view = path.join(home.path, 'view');
      await mkdir(view);
      mount(view, '--bind', folder, view);
      own.push(view);
      execFileSync('mount', ['-o', 'remount,ro,bind', view]);
      return view;
    },
    fill: async (bytes = 0) => {
      const { bavail, bsize } = statfsSync(folder);
      const file = await open(filler, constants.O_WRONLY | constants.O_CREAT);
      await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
      await file.close();
    },
    empty: () => rm(filler, { force: true }),
    [Symbol.asyncDispose]: async () => {
      for (const one of own.toReversed()) unmount(one);
      await home.remove();
    },
  };
}

function mount(folder: string, ...words: readonly string[]): void {
  execFileSync('mount', [...words]);
  mounted.add(folder);
}

function unmount(folder: string): void {
  // Lazily: a server may still have a file open there.
  execFileSync('umount', ['--lazy', folder]);
  mounted.delete(folder);
}
