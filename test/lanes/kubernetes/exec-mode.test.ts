import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { askDirectory, countEntries } from '../../harness/kubernetes/directory-client.ts';
import { restricted, secretsFolder, sidecarSettings, startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';

// No sidecar and no shared volume: the program runs in Jobs of its own, speaks LDAPS to a server of the StatefulSet, and moves the files by `pods/exec`.
const namespace = 'directory';
let cluster: Cluster;
let s3: ClusterS3;
let image: string;

before(async () => {
  const made = await rootcellarImage();
  image = made.name;
  cluster = await startCluster({ images: [made.file] });
  s3 = await startClusterS3(cluster);
  await startDirectory(cluster);
  await cluster.apply([account, role(['get', 'create']), binding], namespace);
});
after(() => cluster?.stop());

describe('a directory server in a pod that nothing is added to', () => {
  test('is backed up by a Job that exchanges files by exec, and restored with its replica', async () => {
    await ended(0, 'init');
    const doctor = await ended(0, 'doctor');
    assert.match(doctor, /✓ pod: rights: the account may read the pod "ds-0" and run programs in it/);
    assert.match(doctor, /✓ pod: files: a file was sent to \/opt\/out\/\.rootcellar-[0-9a-f]{8} and brought back/);
    assert.match(doctor, /✓ staging: seen from both sides/);

    await ended(0, 'backup');
    assert.deepEqual(await restsInPod(), []);
    const before = await countEntries(cluster, 'ds-1');
    const attributes = { objectClass: ['top', 'person'], sn: 'Later', cn: 'Later' };
    await askDirectory(cluster, 'ds-0', { add: [{ dn: 'cn=later,ou=People,dc=example,dc=com', attributes }] });

    const restored = await ended(0, 'restore', 'latest', '--topology', '--yes');

    assert.match(restored, /✓ .*userRoot dc=example,dc=com: 53 entries, each as it should be/);
    assert.deepEqual([await countEntries(cluster, 'ds-0'), await countEntries(cluster, 'ds-1')], [before, before]);
    assert.deepEqual(await restsInPod(), []);
  });

  for (const [verbs, missing] of [
    [['create'], 'get'],
    [['get'], 'create'],
  ] as const) {
    test(`tells that its role has no ${missing} on pods/exec`, async () => {
      await cluster.apply([role(verbs)], namespace);
      try {
        const doctor = await ended(1, 'doctor');
        assert.match(doctor, new RegExp(`✗ pod: rights: the account may not: ${missing} pods/exec`));

        const backup = await ended(1, 'backup');

        const who = missing === 'get' ? 'system:serviceaccount:directory:rootcellar' : 'this account';
        const sentence = `${who} may not ${missing} pods/exec in the namespace "directory"`;
        assert.ok(backup.includes(sentence), backup);
      } finally {
        await cluster.apply([role(['get', 'create'])], namespace);
      }
    });
  }

  test('tells that there is no such pod, or container', async () => {
    const pod = await ended(1, ['backup'], { ROOTCELLAR_KUBERNETES_POD: 'ds-7' });
    assert.match(pod, /the pod "ds-7" in the namespace "directory" cannot be used: there is no such pod/);

    const container = await ended(1, ['backup'], { ROOTCELLAR_KUBERNETES_CONTAINER: 'sidecar' });
    assert.match(container, /no container of the pod "ds-0" can be used: it has no "sidecar", but server/);
  });

  test('tells that the server is another one than that of the pod', async () => {
    const backup = await ended(1, ['backup'], { ROOTCELLAR_KUBERNETES_POD: 'ds-1' });

    assert.match(
      backup,
      /Cannot bring the backup of "schema" out of the pod "ds-1": the server says that it wrote it, and the pod "ds-1" has no /,
    );
  });
});

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'rootcellar', namespace } };

function role(execVerbs: readonly string[]) {
  const resourceNames = ['ds-0', 'ds-1', 'ds-7'];
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'rootcellar', namespace },
    rules: [
      { apiGroups: [''], resources: ['pods'], resourceNames, verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/exec'], resourceNames, verbs: execVerbs },
    ],
  };
}

const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: 'rootcellar', namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'rootcellar' },
  subjects: [{ kind: 'ServiceAccount', name: 'rootcellar', namespace }],
};

/** What a Job printed that runs the program once; its exit code must be this one. */
async function ended(
  exitCode: number,
  words: string | readonly string[],
  ...more: readonly (string | Record<string, string>)[]
): Promise<string> {
  const given = [words, ...more].flat();
  const args = given.filter((word) => typeof word === 'string');
  const settings = Object.assign({}, ...given.filter((word) => typeof word === 'object')) as Record<string, string>;
  const name = `run-${(jobs += 1)}`;
  await cluster.apply([job(name, args, settings)], namespace);
  const found = await untilEnded(name);
  const log = await cluster.kubectl(['logs', `job/${name}`, '--namespace', namespace]);
  assert.equal(found, exitCode, `rootcellar ${args.join(' ')}\n${log}`);
  return log;
}
let jobs = 0;

async function untilEnded(name: string): Promise<number> {
  const code = '{.items[0].status.containerStatuses[0].state.terminated.exitCode}';
  for (let tries = 0; tries < 900; tries += 1) {
    const words = ['get', 'pods', '--namespace', namespace, '--selector', `job-name=${name}`, '--output', `jsonpath=${code}`];
    const text = await cluster.kubectl(words).catch(() => '');
    if (text !== '') return Number(text);
    await delay(200);
  }
  throw new Error(`the job ${name} did not end`);
}

async function restsInPod(): Promise<readonly string[]> {
  const listed = await cluster.kubectl(['exec', 'ds-0', '--namespace', namespace, '--', 'sh', '-c', 'ls -A /opt/out/.rootcellar-*']);
  return listed.split('\n').filter((name) => name !== '');
}

function job(name: string, args: readonly string[], changed: Readonly<Record<string, string>>) {
  const settings = {
    ROOTCELLAR_SERVER_URL: 'ldaps://ds-0.ds.directory.svc.cluster.local:1636',
    ROOTCELLAR_SERVER_HOME: '/opt/out/instance',
    ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: `${secretsFolder}/admin-password`,
    ROOTCELLAR_STAGING_FOLDER: '/staging',
    ROOTCELLAR_KUBERNETES_POD: 'ds-0',
    ROOTCELLAR_KUBERNETES_FOLDER: '/opt/out',
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    ...changed,
  };
  const own = Object.entries(settings).map(([key, value]) => ({ name: key, value }));
  const usual = sidecarSettings(s3, 's3://backups/exec-mode').filter((one) => !('name' in one && String(one.name) in settings));
  const container = {
    name: 'rootcellar',
    image,
    imagePullPolicy: 'Never',
    args,
    env: [...usual, ...own],
    securityContext: restricted,
    volumeMounts: [
      { name: 'secrets', mountPath: secretsFolder, readOnly: true },
      { name: 'scratch', mountPath: '/staging', subPath: 'staging' },
      { name: 'scratch', mountPath: '/tmp', subPath: 'tmp' },
      { name: 'scratch', mountPath: '/var/cache/rootcellar', subPath: 'cache' },
    ],
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          serviceAccountName: 'rootcellar',
          restartPolicy: 'Never',
          securityContext: { runAsUser: 9031, runAsGroup: 0, fsGroup: 0 },
          containers: [container],
          volumes: [
            { name: 'secrets', secret: { secretName: 'rootcellar', defaultMode: 0o440 } },
            { name: 'scratch', emptyDir: {} },
          ],
        },
      },
    },
  };
}
