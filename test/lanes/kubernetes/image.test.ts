import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { restricted } from '../../harness/kubernetes/directory-pods.ts';
import { type RootcellarImage, rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';

const namespace = 'backups';
const audience = 'sts.amazonaws.com';

let cluster: Cluster;
let image: RootcellarImage;
let s3: ClusterS3;

before(async () => {
  image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file] });
  s3 = await startClusterS3(cluster, ['archive']);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'archive', namespace }, stringData: { password: 'only for this test' } },
  ]);
  for (const name of ['backup', 'another'])
    await cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } }]);
});
after(() => cluster?.stop());

interface PodEnd {
  readonly exitCode: number;
  readonly log: string;
}

interface PodOptions {
  readonly args: readonly string[];
  readonly env?: readonly object[];
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
  readonly serviceAccountName?: string;
}

/** Runs the image in a pod of its own, as a user that nobody knows, to its end. */
async function runPod(
  name: string,
  { args, env = [], volumes = [], volumeMounts = [], serviceAccountName = 'default' }: PodOptions,
): Promise<PodEnd> {
  const container = {
    name: 'rootcellar',
    image: image.name,
    imagePullPolicy: 'Never',
    securityContext: restricted,
    args,
    env,
    volumeMounts,
  };
  const securityContext = { runAsUser: 1_000_650_000, runAsGroup: 0 };
  const spec = { restartPolicy: 'Never', serviceAccountName, securityContext, containers: [container], volumes };
  await cluster.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec }]);
  const path = '.status.containerStatuses[0].state.terminated.exitCode';
  await cluster.kubectl(['wait', `pod/${name}`, `--for=jsonpath={${path}}`, '--namespace', namespace, '--timeout=60s']);
  const exitCode = Number(await cluster.kubectl(['get', `pod/${name}`, '--namespace', namespace, '--output', `jsonpath={${path}}`]));
  return { exitCode, log: await cluster.kubectl(['logs', name, '--namespace', namespace]) };
}

/** As the webhook of EKS sets a pod up for a role of its service account; the only key is that of the token. */
function withRole(roleArn: string): Pick<PodOptions, 'volumes' | 'volumeMounts' | 'env'> {
  const token = { serviceAccountToken: { audience, expirationSeconds: 3600, path: 'token' } };
  const settings = {
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
    AWS_ENDPOINT_URL_STS: s3.stsEndpoint,
    AWS_REGION: s3.region,
    ROOTCELLAR_ARCHIVE: 's3://archive/by-role',
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    ROOTCELLAR_PASSWORD_FILE: '/run/secrets/rootcellar/password',
  };
  return {
    env: Object.entries(settings).map(([name, value]) => ({ name, value })),
    volumes: [
      { name: 'token', projected: { sources: [token] } },
      { name: 'archive', secret: { secretName: 'archive' } },
    ],
    volumeMounts: [
      { name: 'token', mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount', readOnly: true },
      { name: 'archive', mountPath: '/run/secrets/rootcellar', readOnly: true },
    ],
  };
}

describe('the image in a pod', () => {
  test('runs under Pod Security "restricted", with a root that cannot be written, as a user that it does not know', async () => {
    const { exitCode, log } = await runPod('version', { args: ['version'] });

    assert.deepEqual([exitCode, log], [0, `rootcellar 0.1.0 (Node ${process.versions.node})\n`]);
  });

  test('ends with its own exit code, and says in the log why', async () => {
    const { exitCode, log } = await runPod('no-archive', { args: ['status'] });

    assert.equal(exitCode, 2);
    assert.match(log, /^rootcellar: .*\n {2}→ /);
  });
});

describe('a role of the service account (IRSA)', () => {
  const policy = [
    { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketLocation', 's3:GetBucketVersioning'], Resource: 'arn:aws:s3:::archive' },
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: 'arn:aws:s3:::archive/*' },
  ] as const;
  let roleArn: string;
  before(async () => {
    roleArn = await s3.addRole('backups', { namespace, name: 'backup' }, policy);
  });

  test('lets a pod make an archive with nothing but its projected token', async () => {
    const { exitCode, log } = await runPod('by-role', { args: ['init'], serviceAccountName: 'backup', ...withRole(roleArn) });

    assert.deepEqual([exitCode, log.split('\n')[0]], [0, 'Made the archive s3://archive/by-role (layout repository).']);
  });

  test('is refused to a pod of another service account', async () => {
    const { exitCode, log } = await runPod('by-other', { args: ['init'], serviceAccountName: 'another', ...withRole(roleArn) });

    assert.equal(exitCode, 1);
    assert.match(log, /the token service gave no credentials for the role \(/);
  });
});
