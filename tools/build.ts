// npm run build: makes dist, which the packed package runs.
import path from 'node:path';
import { buildInto } from './build-into.ts';
import { root } from './run-tests.ts';

process.exitCode = (await buildInto(path.join(root, 'dist'))) === undefined ? 1 : 0;
