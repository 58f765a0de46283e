import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isOfSources } from '../web/build/source-digest.ts';
import { exclusively } from './exclusive.mjs';
import { runSteps } from './run-steps.ts';
import { root } from './run-tests.ts';

/** Where an agent that runs from the sources finds the console. */
export const webFolder = path.join(root, 'dist/web');

/** Builds the console into the folder, which is emptied first; returns whether it could, and prints why not. */
export function buildWeb(folder: string): Promise<boolean> {
  // Not by its name alone: a test file that is run by itself has no node_modules/.bin on its PATH.
  const words = [
    path.join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
    '--outDir',
    folder,
    '--emptyOutDir',
  ];
  return runSteps([{ name: 'console', program: process.execPath, arguments: words }]);
}

/**
 * Builds `dist/web` when it is not of the sources as they are now; takes milliseconds when it is. By one process at a time, and
 * put in place at once, so that an agent that starts meanwhile finds a whole one.
 *
 * @throws {Error} when it cannot be built; why is printed before
 */
export async function ensureWeb(): Promise<void> {
  if (await isBuilt()) return;
  await exclusively(`build ${webFolder}`, async () => {
    if (await isBuilt()) return;
    await mkdir(path.dirname(webFolder), { recursive: true });
    const fresh = await mkdtemp(path.join(path.dirname(webFolder), '.web-'));
    try {
      if (!(await buildWeb(fresh))) throw new Error('Cannot build the console: see above');
      await chmod(fresh, 0o755);
      await rm(webFolder, { recursive: true, force: true });
      await rename(fresh, webFolder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  });
}

function isBuilt(): Promise<boolean> {
  return isOfSources(webFolder, path.join(root, 'web'));
}
