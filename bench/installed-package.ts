import { cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from '../test/harness/run-program.ts';

const root = path.join(import.meta.dirname, '..');

/** Builds the package and lays it into the folder as an installation has it: no sources, compiled JavaScript. Returns its root. */
export async function installPackage(folder: string): Promise<string> {
  const installed = path.join(folder, 'package');
  await runProgram(process.execPath, [path.join(root, 'tools/with-node-24.mjs'), path.join(root, 'tools/build.ts')], { folder: root });
  await mkdir(installed, { recursive: true });
  for (const name of ['bin', 'dist', 'package.json']) await cp(path.join(root, name), path.join(installed, name), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(installed, 'node_modules'));
  return installed;
}
