// npm run kernels: compiles kernels/ (AssemblyScript) to src/repository/kernels/kernels.wasm, unless that is newer than its sources.
import { glob, stat } from 'node:fs/promises';
import path from 'node:path';
import { runSteps } from './run-steps.ts';
import { root } from './run-tests.ts';

const output = 'src/repository/kernels/kernels.wasm';
const options = [
  ['-O3', '--converge'],
  // No allocator and no garbage collector: all memory is the caller's, and shared between its threads.
  ['--runtime', 'stub', '--use', 'abort='],
  ['--importMemory', '--sharedMemory', '--noExportMemory', '--initialMemory', '1', '--maximumMemory', '16384'],
  ['--enable', 'simd,threads'],
].flat();

async function changedAt(file: string): Promise<number> {
  return stat(path.join(root, file)).then(
    (found) => found.mtimeMs,
    () => 0,
  );
}

const sources = await Array.fromAsync(glob(['kernels/*.ts', 'tools/build-kernels.ts'], { cwd: root }));
const newest = Math.max(...(await Promise.all(sources.map(changedAt))));
if ((await changedAt(output)) < newest) {
  const isBuilt = await runSteps([{ name: 'kernels', program: 'asc', arguments: ['kernels/kernels.ts', '--outFile', output, ...options] }]);
  process.exitCode = isBuilt ? 0 : 1;
}
