// npm run test:model [-- --runs N --seed S --path P --restic]: random sequences, many of them or again one that failed; with --restic those beside a stock restic.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { programPath } from '../test/harness/parts.ts';
import { printResult, root, runTests } from './run-tests.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { runs: text, seed: text, path: text, restic: { type: 'boolean', default: false } } });
const { runs = '1000', seed = '', path: place = '', restic } = values;
Object.assign(process.env, { ROOTCELLAR_MODEL_RUNS: runs, ROOTCELLAR_MODEL_SEED: seed, ROOTCELLAR_MODEL_PATH: place });
if (restic) await programPath('restic');
const file = path.join(root, 'test', restic ? 'lanes/faults/model-with-restic.test.ts' : 'model/model.test.ts');
const result = await runTests({ files: [file], concurrency: 1, timeoutMilliseconds: Infinity });
process.exitCode = printResult(result) ? 0 : 1;
