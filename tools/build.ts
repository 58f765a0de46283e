// npm run build: compiles src into dist, for the packed package: Node runs TypeScript everywhere but under node_modules.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { runSteps } from './run-steps.ts';
import { root } from './run-tests.ts';

await rm(path.join(root, 'dist'), { recursive: true, force: true });
process.exitCode = (await runSteps([{ name: 'build', program: 'tsc', arguments: ['--project', 'tsconfig.build.json'] }])) ? 0 : 1;
