// npm run test:fuzz [-- --inputs N --seed S --at INPUT]: a million inputs for each reader of what others wrote, or again the one that failed.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findTests, printResult, runTests, testFolders } from './run-tests.ts';

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({ options: { inputs: text, seed: text, at: text }, allowPositionals: true });
const { inputs = '1000000', seed = '', at = '' } = values;
Object.assign(process.env, { ROOTCELLAR_FUZZ_INPUTS: inputs, ROOTCELLAR_FUZZ_SEED: seed, ROOTCELLAR_FUZZ_AT: at });
const files = await findTests(testFolders.unit, [path.join('test', 'fuzz'), ...positionals]);
const result = await runTests({ files, concurrency: 2, timeoutMilliseconds: Infinity });
process.exitCode = printResult(result) ? 0 : 1;
