import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { AgentStatus } from '../../../src/agent/agent-view.ts';
import type { RunRecord } from '../../../src/domain/run-record.ts';
import { passwordFile } from '../../harness/archive-password.ts';
import { endOfJob } from '../../harness/kubernetes/chart-release.ts';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { kubectlImage, kubectlImageName } from '../../harness/kubernetes/kubectl-image.ts';
import { opendjPlace } from '../../harness/kubernetes/opendj-image.ts';
import { pingSidecar } from '../../harness/kubernetes/ping-sidecar.ts';
import { type RootcellarImage, rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { eventually } from '../../harness/topology.ts';

const root = path.join(import.meta.dirname, '../../..');
const { namespace } = opendjPlace;
// As the release "demo" of Ping's chart calls it.
const set = 'demo-pingdirectory';
const pods = [`${set}-0`, `${set}-1`] as const;
const container = 'utility-sidecar';

let cluster: Cluster;
let s3: ClusterS3;
let image: RootcellarImage;
let roleArn: string;

before(async () => {
  image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file, await kubectlImage()] });
  s3 = await startClusterS3(cluster);
  roleArn = await s3.addRole('backups', { namespace, name: set }, [
    { Effect: 'Allow', Action: 's3:*', Resource: ['arn:aws:s3:::backups', 'arn:aws:s3:::backups/*'] },
  ]);
  const environment = {
    ROOTCELLAR_ARCHIVE: 's3://backups/directory',
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AWS_REGION: s3.region,
  };
  const made = await cluster.run(process.execPath, [path.join(root, 'bin/rootcellar.mjs'), 'init'], { environment });
  assert.equal(made.exitCode, 0, made.stderr);
  // So slow that it can be met in the middle of a backup.
  await startPods('after', {
    s3: { maxBytesPerSecond: '64KiB' },
    agent: {
      bidding: '3s',
      jitter: '1s',
      retryPause: '5s',
      attempts: 10,
      schedule: { backup: '0 */6 * * *', verify: 'none', prune: 'none' },
    },
  });
});
after(() => cluster?.stop());

/** Makes or changes the StatefulSet as an upgrade of Ping's chart would. */
async function startPods(chart: '0.12.0' | 'after', config: Parameters<typeof pingSidecar>[1]['config']): Promise<void> {
  const sidecar = await pingSidecar(namespace, { image: image.name, s3, roleArn, chart, config });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: set, namespace } };
  const metadata = { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata }]);
  await cluster.apply([account, ...sidecar.configMaps]);
  const secrets = { 'operator-token': 'token-of-an-operator-Wq8', 'restorer-token': 'token-of-a-restorer-Hv2' };
  await startDirectory(cluster, { sidecars: [sidecar.container], volumes: sidecar.volumes, serviceAccount: set, set, secrets });
}

function inSidecar(pod: string, ...words: string[]) {
  return cluster.run('kubectl', ['exec', pod, '--namespace', namespace, '--container', container, '--', ...words]);
}

/** What the agent of the pod answers; undefined while there is none. */
async function ask<Answer>(pod: string, place: string): Promise<Answer | undefined> {
  const script = `const token = require('node:fs').readFileSync('/run/secrets/rootcellar/operator-token', 'utf8').trim();
    const answer = await fetch('http://127.0.0.1:7373${place}', { headers: { authorization: 'Bearer ' + token } });
    process.stdout.write(await answer.text());`;
  const { exitCode, stdout } = await inSidecar(
    pod,
    '/usr/bin/node',
    '--input-type=module',
    '--eval',
    script.replace('require', 'process.getBuiltinModule').replace('node:fs', 'fs'),
  );
  return exitCode === 0 ? (JSON.parse(stdout) as Answer) : undefined;
}

async function runs(pod: string): Promise<readonly RunRecord[]> {
  const answer = await ask<{ readonly runs: readonly RunRecord[] }>(pod, '/api/v1/runs');
  return (answer?.runs ?? []).toReversed();
}

const stored = async (what: string): Promise<number> =>
  (await readdir(path.join(s3.folder, 'backups/directory', what), { recursive: true }).catch(() => [])).length;

describe('the sidecar of the overlays for Ping’s chart', () => {
  test('agents in each pod: one is killed with its pod in the middle of the backup, and another finishes the slot', async () => {
    let victim = '';
    await eventually('a backup is under way', 240_000, async () => {
      for (const pod of pods) {
        const status = await ask<AgentStatus>(pod, '/api/v1/status');
        if (status?.active.some(({ job, progress }) => job === 'backup' && progress.length > 0) === true) victim = pod;
      }
      return victim !== '';
    });
    const thaw = s3.freeze();
    const other = pods.find((pod) => pod !== victim) ?? '';
    assert.equal(await stored('snapshots'), 0);

    await cluster.killPod(victim, namespace);
    thaw();
    const killedAt = Date.now();
    await eventually('the slot has a success', 240_000, async () => (await runs(other)).some(({ outcome }) => outcome === 'success'));

    const history = await runs(other);
    const death = history.find(({ failure }) => failure?.code === 'E_AGENT_GONE');
    const success = history.find(({ outcome }) => outcome === 'success');
    console.log(`taken over ${Date.parse(success?.beganAt ?? '') - killedAt} ms after the pod was killed`);
    assert.equal(death?.agent, victim, JSON.stringify(history));
    assert.deepEqual([success?.agent, success?.attempt, success?.slot], [other, death.attempt + 1, death.slot]);
    assert.equal(await stored('snapshots'), 1);
  });

  test('the CronJob of the chart: an additional pod launches, has the agent back up, and ends with its exit code', async () => {
    await cluster.kubectl(['rollout', 'status', '--namespace', namespace, `statefulset/${set}`, '--timeout=240s']);
    await eventually('the agent of pod 0 answers', 60_000, async () => (await ask(pods[0], '/api/v1/status')) !== undefined);
    const account = 'demo-pingdirectory-internal-kubectl';
    const role = (await readFile(path.join(root, 'deploy/ping-devops/exec-role.yaml'), 'utf8')).replaceAll('RELEASE', 'demo');
    await cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } }]);
    await cluster.apply(role, namespace);
    // One line for a shell, as the chart makes it of the arguments.
    const line = `kubectl exec -ti ${pods[0]} --container ${container} -- rootcellar --agent http://127.0.0.1:7373 trigger backup --wait`;
    await cluster.apply([cronJobOf(line, account)]);

    await cluster.kubectl(['create', 'job', 'fired', '--from', 'cronjob/demo-pingdirectory-cronjob', '--namespace', namespace]);
    const end = await endOfJob(cluster, 'fired', 240);

    assert.deepEqual([end.reason, end.exitCode], ['Complete', 0], end.log);
    assert.equal(await stored('snapshots'), 2);
    const last = (await runs(pods[0])).at(-1);
    assert.deepEqual([last?.trigger, last?.outcome], ['request', 'success']);
  });

  test('restore-job.yaml reaches the agent of pod 0 as a restorer, who refuses one replica alone and says the cure', async () => {
    const requested = (await runs(pods[0])).findLast(({ trigger }) => trigger === 'request');
    const { id } = z.object({ id: z.string() }).parse(requested?.result);
    const text = (await readFile(path.join(root, 'deploy/ping-devops/restore-job.yaml'), 'utf8'))
      .replaceAll('RELEASE', 'demo')
      .replaceAll('SNAPSHOT', id)
      .replace('- --yes', '- --plan')
      .replace(/image: pingidentity\/pingtoolkit:.*/, `image: ${kubectlImageName}\n          imagePullPolicy: Never`)
      .replace('generateName: rootcellar-restore-', 'name: restore-plan');

    await cluster.apply(text, namespace);
    const end = await endOfJob(cluster, 'restore-plan', 120);

    assert.deepEqual([end.reason, end.exitCode], ['BackoffLimitExceeded', 1], end.log);
    assert.match(end.log, /^rootcellar: Cannot restore into ldaps:\/\/localhost:1636 alone: /);
    assert.match(end.log, /\n {2}→ to bring all replicas to the state of the snapshot, add --topology /);
  });

  test('metrics tell the last success, which the killed run did not touch', async () => {
    const { stdout } = await inSidecar(
      pods[0],
      '/usr/bin/node',
      '--eval',
      "fetch('http://127.0.0.1:7373/metrics').then((a) => a.text()).then(console.log)",
    );

    const told = /^rootcellar_last_success_timestamp_seconds\{group="directory",command="backup"\} (\S+)$/m.exec(stdout)?.[1];
    const last = (await runs(pods[0])).findLast(({ outcome }) => outcome === 'success');
    assert.equal(Math.round(Number(told)), Math.round(Date.parse(last?.endedAt ?? '') / 1000));
  });

  test('starts by the overlay for chart 0.12.0 too, which can only say `tail -f /dev/null`', async () => {
    await startPods('0.12.0', { agent: { schedule: { backup: '0 */6 * * *', verify: 'none', prune: 'none' } } });

    for (const pod of pods)
      await eventually(
        `the agent of ${pod} is ready`,
        60_000,
        async () => (await ask<AgentStatus>(pod, '/api/v1/status'))?.state === 'running',
      );
  });
});

function cronJobOf(line: string, serviceAccountName: string): object {
  const { allowPrivilegeEscalation, capabilities } = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const securityContext = { runAsNonRoot: true, runAsUser: 9031, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } };
  const one = {
    name: 'demo-pingdirectory-cronjob',
    image: kubectlImageName,
    imagePullPolicy: 'Never',
    command: ['sh', '-c', line],
    securityContext: { allowPrivilegeEscalation, capabilities },
  };
  const template = { spec: { serviceAccountName, restartPolicy: 'Never', securityContext, containers: [one] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'demo-pingdirectory-cronjob', namespace },
    spec: { schedule: '0 0 1 1 *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: { backoffLimit: 0, template } } },
  };
}
