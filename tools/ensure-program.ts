import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { bundle } from './build-into.ts';
import { exclusively } from './exclusive.mjs';
import { root } from './run-tests.ts';

const folder = path.join(root, 'dist/program');
const kernels = 'kernels.wasm';

/**
 * Bundles the program as users get it, which starts in half the time that the sources take, and returns its file. Within two seconds;
 * what is there is left alone when it is the same, so that whatever runs it goes on.
 */
export async function ensureProgram(): Promise<string> {
  await exclusively(`build ${folder}`, async () => {
    await mkdir(path.dirname(folder), { recursive: true });
    const fresh = await mkdtemp(path.join(path.dirname(folder), '.program-'));
    try {
      await bundle(fresh);
      await copyFile(path.join(root, 'src/repository/kernels', kernels), path.join(fresh, kernels));
      if (await isSame(fresh, folder)) return;
      await chmod(fresh, 0o755);
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  });
  return path.join(folder, 'main.js');
}

async function isSame(one: string, other: string): Promise<boolean> {
  const names = await readdir(one);
  const others = await readdir(other).catch((): string[] => []);
  if (new Set([...names, ...others]).size !== names.length || others.length !== names.length) return false;
  for (const name of names) {
    const [bytes, otherBytes] = await Promise.all([one, other].map((place) => readFile(path.join(place, name))));
    if (bytes === undefined || otherBytes === undefined || !bytes.equals(otherBytes)) return false;
  }
  return true;
}
