import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../test/harness/run-program.ts';

/** Every file below the folder, by its whole path. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The bytes of all files below the folder. */
export async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesBelow(folder)).map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The same files at another path of the same volume, which takes no room; what was there is replaced. */
export async function linkTree(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to);
  for (const file of await filesBelow(from)) {
    const target = path.join(to, path.relative(from, file));
    await mkdir(path.dirname(target), { recursive: true });
    await link(file, target);
  }
}

/** @throws {Error} when a file of `source` is not in `copy`, or is not the same there; what else is in `copy` counts for nothing */
export async function assertSame(source: string, copy: string): Promise<void> {
  for (const file of await filesBelow(source)) await runProgram('cmp', [file, path.join(copy, path.relative(source, file))]);
}

/** The path of the largest file below the folder. */
export async function largestFile(folder: string): Promise<string> {
  const sized = await Promise.all((await filesBelow(folder)).map(async (file) => ({ file, size: (await stat(file)).size })));
  const [largest] = sized.toSorted((a, b) => b.size - a.size);
  if (largest === undefined) throw new Error(`there is no file in ${folder}`);
  return largest.file;
}
