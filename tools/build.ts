// npm run build: compiles src into dist, for the packed package: Node runs TypeScript everywhere but under node_modules.
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { runSteps } from './run-steps.ts';
import { root } from './run-tests.ts';

await rm(path.join(root, 'dist'), { recursive: true, force: true });
const isBuilt = await runSteps([
  { name: 'kernels', program: 'asc', arguments: ['--config', 'kernels/asconfig.json', '--target', 'release'] },
  { name: 'build', program: 'tsc', arguments: ['--project', 'tsconfig.build.json'] },
]);
// tsc copies no binaries.
if (isBuilt) await cp(path.join(root, 'src/repository/kernels/kernels.wasm'), path.join(root, 'dist/repository/kernels/kernels.wasm'));
process.exitCode = isBuilt ? 0 : 1;
