// npm test: everything but the lanes. npm test -- PATTERN…: the test files whose path has all the patterns, without the checks.
// --lane NAME: only the tests of that lane. --coverage: also tells which lines ran, for which the program runs from its sources, slower.
import { parseArgs } from 'node:util';
import { chromiumProgram } from '../test/harness/browser/chromium.ts';
import { prepareCluster } from '../test/harness/kubernetes/prepare-cluster.ts';
import { classArchiveOptions } from '../test/harness/opendj-classes.ts';
import { opendjTemplate } from '../test/harness/opendj-template.ts';
import { programPath } from '../test/harness/parts.ts';
import { topologyTemplate } from '../test/harness/topology-template.ts';
import { programVariable } from '../test/harness/program.ts';
import { ensureProgram } from './ensure-program.ts';
import { ensureWeb } from './ensure-web.ts';
import { checks, runSteps } from './run-steps.ts';
import { findTests, printResult, runTests, testFolders } from './run-tests.ts';

const { values, positionals: patterns } = parseArgs({
  options: { lane: { type: 'string' }, coverage: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const { lane, coverage } = values;
const isWhole = lane === undefined && patterns.length === 0;

if (lane === 'kubernetes') {
  if (process.env['ROOTCELLAR_TEST_KUBERNETES'] === 'skip')
    endWith('Nothing was tried with a real Kubernetes: ROOTCELLAR_TEST_KUBERNETES=skip says so', 0);
  const reason = await prepareCluster();
  if (reason !== undefined) endWith(reason, 1);
}
const begin = Date.now();
const unit = lane === undefined ? await findTests(testFolders.unit, patterns) : [];
const withServers = await findTests(lane === undefined ? testFolders.withServers : testFolders.lane(lane), patterns);
const areChecksWell = !isWhole || (await runSteps(checks));
if (withServers.length > 0) await getParts();
if (lane === undefined) await ensureWeb();
if (withServers.length > 0 && !coverage) process.env[programVariable] = await ensureProgram();
const result = await runTests({
  files: [...unit, ...withServers],
  // A file at a time for each of two cores, more of them only make each other late; a cluster takes both.
  concurrency: lane === 'kubernetes' ? 1 : 2,
  withCoverage: coverage,
  // All points of test/lanes/faults/every-operation are hundreds of runs.
  ...((process.env['ROOTCELLAR_TEST_POINTS'] === 'all' || lane === 'soak') && { timeoutMilliseconds: 3 * 3_600_000 }),
  // A file has a cluster of its own, and pods that begin and end.
  ...(lane === 'kubernetes' && { timeoutMilliseconds: 1_800_000 }),
});
if (!areChecksWell) console.log('\nA check failed; see the top');
console.log(`\nTook ${Math.round((Date.now() - begin) / 1000)} s`);
process.exitCode = printResult(result) && areChecksWell ? 0 : 1;

/** Before the tests, so that the minutes it may take are announced and do not count as a test's. */
async function getParts(): Promise<void> {
  await programPath('versitygw');
  if (lane === undefined || lane === 'faults') await programPath('restic');
  if (lane === undefined) await chromiumProgram();
  if (lane === 'minio') await programPath('minio');
  if (lane === 'kubernetes') return;
  if (lane === undefined || lane === 'metrics') await programPath('pushgateway');
  if (lane === 'metrics') {
    for (const name of ['prometheus', 'promtool'] as const) await programPath(name);
    return;
  }
  await opendjTemplate(50);
  await classArchiveOptions();
  if (lane !== undefined && lane !== 'faults') return;
  await opendjTemplate(300);
  for (const servers of [2, 3] as const) await topologyTemplate(servers, 50);
}

function endWith(sentence: string, exitCode: number): never {
  console.log(sentence);
  process.exit(exitCode);
}
