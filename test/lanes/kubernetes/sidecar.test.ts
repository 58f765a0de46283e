import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { askDirectory, countEntries } from '../../harness/kubernetes/directory-client.ts';
import { sidecar, sidecarSettings, sidecarVolumes, startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { eventually } from '../../harness/topology.ts';

let cluster: Cluster;
let s3: ClusterS3;

before(async () => {
  const image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file] });
  s3 = await startClusterS3(cluster);
  const { accessKeyId, secretAccessKey } = s3;
  const env = [
    ...sidecarSettings(s3, 's3://backups/directory'),
    { name: 'AWS_ACCESS_KEY_ID', value: accessKeyId },
    { name: 'AWS_SECRET_ACCESS_KEY', value: secretAccessKey },
  ];
  // It waits to be told what to do, by exec.
  const idle = ['/usr/bin/node', '--eval', 'process.on("SIGTERM", () => process.exit()); setInterval(() => {}, 60_000)'];
  await startDirectory(cluster, {
    sidecars: [sidecar({ name: 'rootcellar', image: image.name, command: idle, env })],
    volumes: sidecarVolumes,
  });
});
after(() => cluster?.stop());

function inSidecar(pod: string, words: readonly string[]) {
  return cluster.run('kubectl', ['exec', pod, '--namespace', 'directory', '--container', 'rootcellar', '--', 'rootcellar', ...words]);
}

describe('a StatefulSet of directory servers with the image as a sidecar', () => {
  test('has servers that replicate: what is added to one is found at the other', async () => {
    const [before0, before1] = [await countEntries(cluster, 'ds-0'), await countEntries(cluster, 'ds-1')];
    const attributes = { objectClass: ['top', 'person'], sn: 'Replicated', cn: 'Replicated' };
    const entry = { dn: 'cn=replicated,ou=People,dc=example,dc=com', attributes };

    await askDirectory(cluster, 'ds-0', { add: [entry] });
    await eventually('the entry is at the other server', 30_000, async () => (await countEntries(cluster, 'ds-1')) === before1 + 1);

    assert.deepEqual([before0, before1], [53, 53]);
    assert.equal(await countEntries(cluster, 'ds-0'), 54);
  });

  test('makes a backup from the sidecar, which the other replica finds and proves', async () => {
    const made = await inSidecar('ds-1', ['init']);
    assert.deepEqual([made.exitCode, made.stderr], [0, '']);

    const backup = await inSidecar('ds-1', ['backup']);
    assert.deepEqual(
      [backup.exitCode, backup.stderr.split('\n').filter((line) => line.startsWith('rootcellar: '))],
      [0, []],
      backup.stderr,
    );

    const listed = await inSidecar('ds-0', ['list', '--json']);
    assert.equal(listed.exitCode, 0, listed.stderr);
    const snapshots = JSON.parse(listed.stdout) as readonly {
      readonly server: string;
      readonly state: string;
      readonly backends: string[];
    }[];
    assert.deepEqual(
      snapshots.map(({ server, state, backends }) => [server, state, backends]),
      [['ds-1', 'complete', ['schema', 'userRoot']]],
    );
    const verified = await inSidecar('ds-0', ['verify', '--read-data']);
    assert.equal(verified.exitCode, 0, verified.stderr);
  });
});
