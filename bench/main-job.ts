// Time and memory of each command of the main job on a large directory: a real OpenDJ, a real S3 server over TLS.
//   node bench/main-job.ts [PEOPLE [LAYOUT]]     350,000 people (a database of more than 700 MB) and the default layout unless told
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes } from '../src/foundation/sizes.ts';
import { passwordFile } from '../test/harness/archive-password.ts';
import { startOpendj } from '../test/harness/opendj.ts';
import { spawnRootcellar } from '../test/harness/rootcellar.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { startVersitygw } from '../test/harness/versitygw.ts';

const people = Number(process.argv[2] ?? 350_000);
const layout = process.argv[3] ?? 'repository';
await using folder = await temporaryFolder('bench');
await using s3 = await startVersitygw({ tls: true, buckets: ['bench'] });
await using directory = await startOpendj({ people, heap: '2g' });

const env = {
  ROOTCELLAR_ARCHIVE: 's3://bench/main-job',
  ROOTCELLAR_LAYOUT: layout,
  ROOTCELLAR_PASSWORD_FILE: passwordFile,
  ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
  ROOTCELLAR_S3_REGION: s3.region,
  ROOTCELLAR_S3_CA_FILE: s3.caFile ?? '',
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
  ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
  ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
  ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
  ROOTCELLAR_SERVER_NAME: 'bench',
  ROOTCELLAR_STAGING_FOLDER: path.join(folder.path, 'staging'),
};

console.log(`${people} people; layout ${layout}; ${process.version}; each command is a process of its own\n`);
console.log('| command | seconds | peak resident memory |');
console.log('|---|---|---|');
for (const command of [
  'init',
  'backup',
  'list',
  'verify --read-data',
  `fetch latest --to ${path.join(folder.path, 'fetched')}`,
  'restore latest --yes',
]) {
  await measure(command);
}
const shown = await spawnRootcellar(['list'], { env }).ended;
console.log(`\n${shown.stdout}`);

async function measure(command: string): Promise<void> {
  const began = performance.now();
  const run = spawnRootcellar([...command.split(' '), '--quiet'], { env });
  let peak = 0;
  const watch = setInterval(() => void peakOf(run.pid).then((bytes) => (peak = Math.max(peak, bytes))), 50);
  const { exitCode, stderr } = await run.ended;
  clearInterval(watch);
  if (exitCode !== 0) throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
  const name = command.replace(folder.path, '');
  console.log(`| \`${name}\` | ${((performance.now() - began) / 1000).toFixed(1)} | ${formatBytes(peak)} |`);
}

/** VmHWM of proc(5): the most that was ever resident, so that no peak between two looks is missed. */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}
