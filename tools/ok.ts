// npm run ok [-- PATTERN…]: format, lint, types, unused code, architecture and unit tests; no servers, some minutes.
import { checks, runSteps } from './run-steps.ts';
import { findTests, printResult, runTests, testFolders } from './run-tests.ts';

const areChecksWell = await runSteps(checks);
const result = await runTests({ files: await findTests(testFolders.unit, process.argv.slice(2)), concurrency: 2 });
const areTestsWell = printResult(result);
if (!areChecksWell) console.log('A check failed; see above');
process.exitCode = areChecksWell && areTestsWell ? 0 : 1;
