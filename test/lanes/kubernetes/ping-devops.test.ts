import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type PingValues, cronJobLine, sidecarOf } from '../../fixtures/ping-devops-chart.ts';
import { archivePassword } from '../../harness/archive-password.ts';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { opendjImage, opendjPlace } from '../../harness/kubernetes/opendj-image.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { opendjSetup } from '../../harness/opendj-template.ts';
import { pingValues } from '../../harness/ping-values.ts';
import { eventually } from '../../harness/topology.ts';

// The harder of the two: the sidecar is started as `tail -f /dev/null`.
const version = '0.12.0';
const { namespace } = opendjPlace;
let cluster: Cluster;
let s3: ClusterS3;
let values: PingValues;

before(async () => {
  values = await pingValues(['rootcellar-values.yaml', 'chart-0.12.0/values.yaml', 'cronjob-values.yaml']);
  const image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file] });
  s3 = await startClusterS3(cluster);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    await secretOfAgents(),
    ...configMaps(),
  ]);
  await startDirectory(cluster, { replicas: 1, sidecars: [sidecarAsChartMakesIt(image.name)], volumes: volumesOfOverlay() });
});
after(() => cluster?.stop());

async function secretOfAgents() {
  const stringData = {
    'archive-password': archivePassword,
    'bind-password': opendjSetup.password,
    'server.pem': (await opendjImage()).caPem,
    'operator-token': 'a'.repeat(64),
    'restorer-token': 'b'.repeat(64),
    'aws-credentials': `[default]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`,
  };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'agents', namespace }, stringData };
}

/** As they are, but for what the file marks as "yours". */
function configMaps(): object[] {
  const yours: readonly (readonly [string, string])[] = [
    ['s3://my-backups/directory', 's3://backups/directory'],
    ['region: eu-central-1', `region: ${s3.region}\n  endpoint: ${s3.endpoint}`],
    ['uid=rootcellar,dc=example,dc=com', opendjSetup.bindDn],
  ];
  const own = (text: string): string => yours.reduce((changed, [from, to]) => changed.replace(from, to), text);
  return Object.entries(values.configMaps ?? {}).map(([name, { data }]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: Object.fromEntries(Object.entries(data).map(([file, text]) => [file, own(text)])),
  }));
}

function sidecarAsChartMakesIt(image: string): object {
  const { command, args, mounts, environment } = sidecarOf(values, version);
  return {
    name: 'utility-sidecar',
    image,
    imagePullPolicy: 'Never',
    command,
    args,
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    securityContext: values.pingdirectory.utilitySidecar.securityContext,
    // The claim of the chart's StatefulSet is a folder of the pod here.
    volumeMounts: mounts.map((mount) => ({ ...mount, name: mount.name === 'out-dir' ? 'out' : mount.name })),
  };
}

function volumesOfOverlay(): object[] {
  return (values.pingdirectory.volumes ?? []).map(({ secret, ...volume }) => ({
    ...volume,
    ...(secret !== undefined && { secret: { ...secret, secretName: 'agents' } }),
  }));
}

function inSidecar(...words: string[]) {
  return cluster.run('kubectl', ['exec', 'ds-0', '--namespace', namespace, '--container', 'utility-sidecar', '--', ...words]);
}

describe('deploy/ping-devops in the utility sidecar, as the chart 0.12.0 makes it', () => {
  test('begins with a tail that is the agent', async () => {
    const script = `process.stdout.write(require('node:fs').readFileSync('/proc/1/cmdline', 'utf8').replaceAll('\\0', ' '))`;

    const { stdout } = await inSidecar('/usr/bin/node', '--eval', script);

    assert.equal(stdout, '/usr/bin/node /usr/bin/rootcellar agent ');
  });

  test('makes a backup when the line of the chart’s CronJob is run, with no terminal, and ends with its exit code', async () => {
    const made = await inSidecar('rootcellar', 'init');
    assert.equal(made.exitCode, 0, made.stderr);
    const line = cronJobLine(values, 'RELEASE')
      .replace('RELEASE-pingdirectory-0', 'ds-0')
      .replace('kubectl exec', `kubectl exec --namespace ${namespace}`);
    let said = '';

    await eventually('the agent has seen the archive and made a backup', 120_000, async () => {
      const { exitCode, stdout, stderr } = await cluster.run('sh', ['-c', line]);
      said = `${stdout}${stderr}`;
      return exitCode === 0;
    }).catch((error: unknown) => {
      throw new Error(said, { cause: error });
    });

    assert.match(said, /backup: success/);
    assert.equal((await readdir(path.join(s3.folder, 'backups/directory/snapshots'))).length, 1);
  });

  test('passes on the exit code of what the agent refuses', async () => {
    const { exitCode, stderr } = await inSidecar('rootcellar', 'trigger', 'verify', '--wait', '--', '--no-such-option');

    assert.equal(exitCode, 2, stderr);
    assert.match(stderr, /unknown option "--no-such-option"/);
  });
});
