// How long the way back takes (RTO): the guide's own way, a restore, a restore of three replicas, a drill; on the same entries in one run.
//   node bench/recovery.ts [PEOPLE]     200,000 people unless told
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes } from '../src/foundation/sizes.ts';
import { passwordFile } from '../test/harness/archive-password.ts';
import type { OpendjServer } from '../test/harness/opendj.ts';
import { opendjRelease } from '../test/harness/parts.ts';
import { spawnRootcellar } from '../test/harness/rootcellar.ts';
import { runProgram } from '../test/harness/run-program.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { startTopology } from '../test/harness/topology.ts';
import { startOpendj } from '../test/harness/opendj.ts';
import { startVersitygw } from '../test/harness/versitygw.ts';
import { peerPath } from './peers.ts';

interface Step {
  readonly key: string;
  readonly milliseconds: number;
}

const people = Number(process.argv[2] ?? 200_000);
await using home = await temporaryFolder('recovery');
await using s3 = await startVersitygw({ buckets: ['bench', 'guide'] });
const installation = await opendjRelease();
const aws = await peerPath('aws');
console.log(`${people} people; ${process.version}; times in seconds\n`);
await single();
await replicas();

async function single(): Promise<void> {
  await using directory = await startOpendj({ people, heap: '2g' });
  const env = await environmentOf(directory, 'single', {});
  await run(['init'], env);
  const backup = await run(['backup', '--json'], env);
  const { bytes } = JSON.parse(backup.stdout) as { readonly bytes: number };
  console.log(`The set: ${formatBytes(bytes)}, backed up in ${backup.seconds.toFixed(1)}\n`);
  console.log('| way | in all | of it the server’s restore task | all the rest |\n| --- | ---: | ---: | ---: |');
  const guide = await guidesWay(directory);
  told('by the guide: aws s3 sync, then the server’s restore; nothing is checked', guide.seconds, guide.task);
  const restore = await run(['restore', 'latest', '--yes', '--json'], env);
  toldSteps('restore: fetched, checked, restored, every entry compared', restore);
  const again = await run(['restore', 'latest', '--yes', '--json'], { ...env, ROOTCELLAR_KEEP_LOCAL: '1' });
  toldSteps('the same once more', again);
  await run(['backup'], { ...env, ROOTCELLAR_KEEP_LOCAL: '1' });
  const kept = await run(['restore', 'latest', '--yes', '--json'], { ...env, ROOTCELLAR_KEEP_LOCAL: '1' });
  toldSteps('restore of a set that was kept in the staging folder', kept);
  const drill = await run(['drill', 'latest', '--installation', installation, '--json'], env);
  toldSteps('drill: a server made, restored, compared and removed', drill);
  console.log(`\nSteps of the restore:\n\n${stepTable(restore)}\n\nSteps of the drill:\n\n${stepTable(drill)}\n`);
}

async function replicas(): Promise<void> {
  await using topology = await startTopology({ servers: 3, people, heap: '1g' });
  const [first] = topology.servers;
  if (first === undefined) return;
  const env = await environmentOf(first, 'three', {
    ROOTCELLAR_SERVER_HOME: first.folder,
    ROOTCELLAR_SERVER_CA_FILE: topology.caFile,
    ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: topology.adminPasswordFile,
  });
  await run(['init'], env);
  await run(['backup'], env);
  const restore = await run(['restore', 'latest', '--topology', '--yes', '--json'], env);
  console.log(`Three replicas, all proven: ${restore.seconds.toFixed(1)}\n\n${stepTable(restore)}`);
}

/** As the seed's scripts do it: copy the files down, have the server restore them. */
async function guidesWay(directory: OpendjServer): Promise<{ readonly seconds: number; readonly task: number }> {
  const made = await mkdtemp(path.join(home.path, 'guide-'));
  const connection = ['--hostname', '127.0.0.1', '--port', `${directory.adminPort}`, '--bindDN', directory.bindDn];
  const account = [...connection, '--bindPasswordFile', directory.passwordFile, '--trustAll', '--noPropertiesFile'];
  await directory.tool('backup', [...account, '--backendID', 'userRoot', '--backupDirectory', made]);
  const sync = (from: string, to: string) =>
    runProgram(aws, ['s3', 'sync', '--only-show-errors', '--endpoint-url', s3.endpoint, from, to], {
      environment: {
        ...process.env,
        PYTHONPATH: path.join(aws, '../..'),
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        AWS_REGION: s3.region,
      },
    });
  await sync(made, 's3://guide/userRoot');
  await rm(made, { recursive: true });
  const began = performance.now();
  await sync('s3://guide/userRoot', made);
  const fetched = performance.now();
  await directory.tool('restore', [...account, '--backupDirectory', made]);
  const ended = performance.now();
  await rm(made, { recursive: true });
  return { seconds: (ended - began) / 1000, task: (ended - fetched) / 1000 };
}

async function environmentOf(directory: OpendjServer, name: string, more: Readonly<Record<string, string>>) {
  const staging = path.join(home.path, name);
  await mkdir(staging);
  return {
    ROOTCELLAR_ARCHIVE: `s3://bench/${name}`,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_NAME: name,
    ROOTCELLAR_STAGING_FOLDER: staging,
    ROOTCELLAR_BACKUP_BACKENDS: 'userRoot,schema',
    ...more,
  };
}

interface Ended {
  readonly stdout: string;
  readonly seconds: number;
}

async function run(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const began = performance.now();
  const { exitCode, stdout, stderr } = await spawnRootcellar(words, { env }).ended;
  if (exitCode !== 0) throw new Error(`${words.join(' ')} ended with ${exitCode}: ${stderr}`);
  return { stdout, seconds: (performance.now() - began) / 1000 };
}

function stepsOf({ stdout }: Ended): readonly Step[] {
  const { steps = [] } = JSON.parse(stdout) as { readonly steps?: readonly (Partial<Step> & { readonly name?: string })[] };
  return steps.map(({ key, name, milliseconds = 0 }) => ({ key: key ?? name ?? '', milliseconds }));
}

function toldSteps(way: string, ended: Ended): void {
  const task = stepsOf(ended).filter(({ key }) => key.startsWith('restore '));
  told(way, ended.seconds, task.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000);
}

function told(way: string, seconds: number, task: number): void {
  console.log(`| ${way} | ${seconds.toFixed(1)} | ${task.toFixed(1)} | ${(seconds - task).toFixed(1)} |`);
}

function stepTable(ended: Ended): string {
  const rows = stepsOf(ended).map(
    ({ key, milliseconds }) => `| ${key.replaceAll(/localhost:\d+/g, 'REPLICA')} | ${(milliseconds / 1000).toFixed(1)} |`,
  );
  return ['| step | seconds |', '| --- | ---: |', ...rows].join('\n');
}
