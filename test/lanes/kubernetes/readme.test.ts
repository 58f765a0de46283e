import assert from 'node:assert/strict';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { chartFolder } from '../../../tools/chart/chart-files.ts';
import { chartValues } from '../../harness/kubernetes/chart-release.ts';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { type ClusterShell, clusterShell } from '../../harness/kubernetes/cluster-shell.ts';
import { askDirectory, countEntries } from '../../harness/kubernetes/directory-client.ts';
import { startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { opendjPlace } from '../../harness/kubernetes/opendj-image.ts';
import { type PodSeen, watchPods } from '../../harness/kubernetes/pod-watch.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { resticBinary } from '../../harness/restic.ts';
import { temporaryFolder } from '../../harness/temporary-folder.ts';
import { eventually } from '../../harness/topology.ts';

const root = path.join(import.meta.dirname, '../../..');
const { namespace } = opendjPlace;
const replicas = ['ds-0', 'ds-1'] as const;
const release = 'directory-backup';
const person = 'uid=user.7,ou=People,dc=example,dc=com';
const lines = shellLines(await readFile(path.join(root, 'README.md'), 'utf8'), '## In Kubernetes');
const guide = await readFile(path.join(root, 'docs/guide/kubernetes.md'), 'utf8');
const home = await temporaryFolder('readme');
let cluster: Cluster;
let s3: ClusterS3;
let shell: ClusterShell;
let podsSeen: () => Promise<readonly PodSeen[]>;

before(async () => {
  const image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file] });
  s3 = await startClusterS3(cluster);
  await startDirectory(cluster);
  shell = await clusterShell(cluster, home.path, namespace);
  const bucket = ['arn:aws:s3:::backups', 'arn:aws:s3:::backups/*'];
  const account = { namespace, name: `${release}-rootcellar` };
  const roleArn = await s3.addRole('backups', account, [{ Effect: 'Allow', Action: 's3:*', Resource: bucket }]);
  await symlink(chartFolder, path.join(home.path, 'chart'));
  await writeFile(path.join(home.path, 'my-values.yaml'), await myValues(image.name, roleArn));
  await takeSecret();
  podsSeen = watchPods(cluster, namespace, release);
});
after(async () => {
  await cluster?.stop();
  await home.remove();
});

/** Each as printed, in its order: a test takes those that begin so, and these only. */
let next = 0;
async function typed(...beginnings: readonly string[]): Promise<string> {
  let output = '';
  for (const beginning of beginnings) {
    const line = lines[next++] ?? 'no more line';
    assert.ok(line.startsWith(beginning), `${line} comes after ${lines[next - 2]}`);
    const began = Date.now();
    const ended = await shell(line);
    console.log(`${((Date.now() - began) / 1000).toFixed(1)} s  $ ${line}`);
    assert.equal(ended.exitCode, 0, `${line}\n${ended.stdout}${ended.stderr}`);
    output += ended.stdout;
  }
  return output;
}

describe('the lines of the README, one after another', { concurrency: 1 }, () => {
  test('install it, and an additional pod launches by the schedule, backs up and ends', async () => {
    const servers = await serverPods();

    const said = await typed('kubectl create secret', 'helm install');
    await eventually('the schedule has made a backup', 120_000, async () => (await ended('backup')).length > 0);

    assert.match(said, /STATUS: deployed/);
    assert.equal(await serverPods(), servers);
    const [pod] = await ended('backup');
    assert.deepEqual(pod?.phases, ['Pending', 'Running', 'Succeeded']);
    assert.match(pod.name, new RegExp(`^${release}-rootcellar-backup-\\d+-`));
    assert.equal((await snapshots()).length, 1);
  });

  test('test it, also while a backup by the schedule is at work', async () => {
    const had = (await ended('backup')).length;
    await eventually('a backup by the schedule is at work', 120_000, serverIsLeased);
    const thaw = s3.freeze();
    await suspend();
    const testing = typed('helm test');
    try {
      await eventually('the backup of the test has begun', 60_000, async () => {
        const words = ['get', 'pod', `${release}-rootcellar-backup-and-read-back`, '--namespace', namespace, '--ignore-not-found'];
        return (await cluster.kubectl([...words, '--output', 'jsonpath={.status.initContainerStatuses[0].state.running}'])) !== '';
      });
    } finally {
      thaw();
    }

    const said = await testing;

    assert.match(said, /Phase: +Succeeded/);
    assert.match(await logOfTest('backup'), /waiting: .* is running a backup of server/);
    assert.match(await logOfTest('verify'), /./);
    assert.equal((await ended('backup')).length, had + 1);
    assert.equal((await snapshots()).length, had + 2);
  });

  test('make a backup now, in one more pod, which the lines of the guide follow to its end', async () => {
    const [had, pods] = [(await snapshots()).length, (await ended('backup')).length];

    await typed('kubectl create job');
    let told = '';
    for (const line of shellLines(guide, '## 4. Every six hours').filter((other) => !other.startsWith('kubectl create'))) {
      const { exitCode, stdout, stderr } = await shell(line);
      assert.equal(exitCode, 0, `${line}\n${stderr}`);
      told += stdout;
    }
    await eventually('its pod is seen to have ended', 20_000, async () => (await ended('backup')).length > pods);

    assert.match(told, /condition met\nbackup as snapshot [0-9a-f]{12}: success in /);
    const pod = (await ended('backup')).at(-1);
    assert.match(pod?.name ?? '', /^backup-now-/);
    assert.deepEqual(pod?.phases, ['Pending', 'Running', 'Succeeded']);
    assert.equal((await snapshots()).length, had + 1);
  });

  test('restore: the plan changes nothing, then a deleted entry is back on both replicas', async () => {
    const before = await Promise.all(replicas.map((pod) => personOn(pod)));
    const counts = await countsOfBoth();
    const had = await snapshots();
    await askDirectory(cluster, 'ds-0', { remove: [person] });
    await eventually('the entry is gone on both', 30_000, async () => (await personOn('ds-1')) === undefined);

    const plan = await typed('#', 'helm upgrade', 'kubectl logs');

    assert.match(plan, /Plan: restore snapshot/);
    assert.deepEqual(
      await countsOfBoth(),
      counts.map((count) => count - 1),
    );

    const done = await typed('helm upgrade', 'kubectl logs');

    assert.match(done, /each as it should be/);
    assert.ok(before.every((entry) => entry !== undefined));
    assert.deepEqual(await Promise.all(replicas.map((pod) => personOn(pod))), before);
    assert.deepEqual(await countsOfBoth(), counts);
    assert.deepEqual(await snapshots(), had);
  });

  test('and then the schedule goes on by itself, and there is no restore any more', async () => {
    const had = (await snapshots()).length;

    await typed('helm upgrade');
    await eventually('the schedule has made a backup', 150_000, async () => (await snapshots()).length > had);
    await suspend();

    assert.equal(next, lines.length);
    assert.doesNotMatch(await cluster.kubectl(['get', 'jobs', '--namespace', namespace, '--output', 'name']), /restore/);
    assert.match(
      await cluster.helm(['get', 'values', release, '--namespace', namespace]),
      /^restore:\n {2}enabled: false\n {2}snapshot: latest\n {2}topology: true\n {2}"?yes"?: false/m,
    );
  });
});

/** The lines of the shell blocks of a section. */
function shellLines(markdown: string, title: string): readonly string[] {
  const section = markdown.slice(markdown.indexOf(`\n${title}\n`) + 1).split(/\n## /)[0] ?? '';
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  assert.ok(blocks.length > 0, title);
  return blocks.flatMap((block) => block.split('\n').filter((line) => line !== ''));
}

/** Those of the guide, with what is otherwise in this cluster, and a schedule that comes soon. */
async function myValues(image: string, roleArn: string): Promise<string> {
  const [, section = ''] = guide.split('\n## 2. Values\n');
  const [, values = ''] = /^```yaml\n(.*?)^```$/ms.exec(section) ?? [];
  const { fullnameOverride, jobDefaults, ...own } = chartValues(image, s3, roleArn);
  assert.ok(fullnameOverride !== '' && jobDefaults.suspend, 'neither is a value that a new user gives');
  return stringify(laidOver(parse(values), { ...own, jobs: { backup: { schedule: '* * * * *' } } }));
}

function laidOver(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above ?? below;
  const keys = new Set([...Object.keys(below), ...Object.keys(above)]);
  return Object.fromEntries([...keys].map((key) => [key, laidOver(below[key], above[key])]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The files that the README speaks of, from the Secret that the servers' pods were made with; it is the README that makes one. */
async function takeSecret(): Promise<void> {
  const words = ['secret', 'rootcellar', '--namespace', namespace];
  const { data } = JSON.parse(await cluster.kubectl(['get', ...words, '--output', 'json'])) as {
    readonly data: Readonly<Record<string, string>>;
  };
  for (const [name, value] of Object.entries(data))
    await writeFile(path.join(home.path, name), Buffer.from(value, 'base64'), { mode: 0o600 });
  await cluster.kubectl(['delete', ...words]);
}

/** Which pods the servers have, and how often their containers were started again. */
function serverPods(): Promise<string> {
  const path = '{range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{"\\n"}{end}';
  return cluster.kubectl(['get', 'pods', '--namespace', namespace, '--selector', 'app=ds', '--output', `jsonpath=${path}`]);
}

/** Pods of the component that have come to a good end. */
async function ended(component: string): Promise<readonly PodSeen[]> {
  return (await podsSeen()).filter((pod) => pod.component === component && pod.phases.at(-1) === 'Succeeded');
}

/** What the stock restic sees in the archive. */
async function snapshots(): Promise<readonly string[]> {
  const words = ['--no-cache', '--repo', `s3:${s3.endpoint}/backups/directory`, 'snapshots', '--json', '--no-lock'];
  const environment = {
    RESTIC_PASSWORD_FILE: path.join(home.path, 'archive-password'),
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AWS_DEFAULT_REGION: s3.region,
  };
  const { exitCode, stdout, stderr } = await cluster.run(await resticBinary(), words, { environment });
  assert.equal(exitCode, 0, stderr);
  return (JSON.parse(stdout) as readonly { readonly id: string }[]).map(({ id }) => id);
}

/** Whether somebody has the lease of the server; those of the agents' jobs have other names. */
async function serverIsLeased(): Promise<boolean> {
  const folder = path.join(s3.folder, 'backups/directory/.rootcellar/leases');
  for (const name of await readdir(folder).catch(() => [])) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => '');
    if (!/"work": ?"backup"/.test(text)) continue;
    const { endsAt } = JSON.parse(text) as { readonly endsAt: string };
    if (Date.parse(endsAt) > Date.now()) return true;
  }
  return false;
}

/** As `kubectl` can; the chart's next upgrade says again what it should be. */
async function suspend(): Promise<void> {
  const words = ['patch', 'cronjob', `${release}-rootcellar-backup`, '--namespace', namespace, '--patch', '{"spec":{"suspend":true}}'];
  await cluster.kubectl(words);
}

function logOfTest(container: string): Promise<string> {
  return cluster.kubectl(['logs', `${release}-rootcellar-backup-and-read-back`, '--namespace', namespace, '--container', container]);
}

/** The entry without what each server keeps for itself. */
async function personOn(pod: string): Promise<unknown> {
  const search = { base: 'dc=example,dc=com', filter: '(uid=user.7)', attributes: ['*', 'entryUUID'] };
  return (await askDirectory(cluster, pod, { search }))[0];
}

function countsOfBoth(): Promise<readonly number[]> {
  return Promise.all(replicas.map((pod) => countEntries(cluster, pod)));
}
