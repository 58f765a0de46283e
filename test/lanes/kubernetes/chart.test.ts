import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chartAccount, chartValues, endOfJob, helm, release, runNow } from '../../harness/kubernetes/chart-release.ts';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import { type ClusterS3, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { askDirectory, countEntries } from '../../harness/kubernetes/directory-client.ts';
import { startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { opendjPlace } from '../../harness/kubernetes/opendj-image.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { eventually } from '../../harness/topology.ts';

const { namespace } = opendjPlace;
let cluster: Cluster;
let s3: ClusterS3;
let values: ReturnType<typeof chartValues>;

before(async () => {
  const image = await rootcellarImage();
  cluster = await startCluster({ images: [image.file] });
  s3 = await startClusterS3(cluster);
  const bucket = ['arn:aws:s3:::backups', 'arn:aws:s3:::backups/*'];
  const roleArn = await s3.addRole('backups', chartAccount, [{ Effect: 'Allow', Action: 's3:*', Resource: bucket }]);
  values = chartValues(image.name, s3, roleArn);
  await startDirectory(cluster);
  const whole = JSON.parse(await kubectl('get', 'secret', 'rootcellar', '--output', 'json')) as {
    readonly data: Readonly<Record<string, string>>;
  };
  const data = { ...whole.data, 'bind-password': Buffer.from('not it').toString('base64') };
  await cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'wrong', namespace }, data }]);
});
after(() => cluster?.stop());

const kubectl = (...words: string[]): Promise<string> => cluster.kubectl([...words, '--namespace', namespace]);
const snapshots = async (): Promise<number> => (await readdir(path.join(s3.folder, 'backups/directory/snapshots')).catch(() => [])).length;
const upgrade = (changed: object): Promise<string> =>
  helm(cluster, { do: 'upgrade', values: changed, words: ['--reset-then-reuse-values', '--wait'] });

const troubles = [
  {
    what: 'a wrong password',
    wrong: { secrets: [{ name: 'wrong' }] },
    right: { secrets: [{ name: 'rootcellar' }] },
    exitCode: 1,
    reason: 'BackoffLimitExceeded',
    says: /the server knows no such account with this password/,
  },
  {
    what: 'a missing key of the secret',
    wrong: { config: { server: { bindPasswordFile: '/run/secrets/rootcellar/absent' } } },
    right: { config: { server: { bindPasswordFile: '/run/secrets/rootcellar/bind-password' } } },
    exitCode: 2,
    reason: 'PodFailurePolicy',
    says: /Cannot read the file \/run\/secrets\/rootcellar\/absent/,
  },
  {
    what: 'a missing bucket',
    wrong: { config: { archive: 's3://absent/directory' } },
    right: { config: { archive: 's3://backups/directory' } },
    exitCode: 1,
    reason: 'BackoffLimitExceeded',
    says: /the bucket "absent" does not exist/,
  },
  {
    what: 'no archive',
    wrong: { config: { archive: 's3://backups/mistyped' } },
    right: { config: { archive: 's3://backups/directory' } },
    exitCode: 10,
    reason: 'PodFailurePolicy',
    says: /there is none/,
  },
  {
    what: 'its role removed',
    wrong: { rbac: { create: false } },
    right: { rbac: { create: true } },
    exitCode: 1,
    reason: 'BackoffLimitExceeded',
    says: /pods/,
  },
] as const;

describe('the chart, beside a StatefulSet whose pods stay as they are', () => {
  test('is installed, and a Job makes the archive with nothing but a projected token', async () => {
    const before = await kubectl('get', 'pods', '--selector', 'app=ds', '--output', 'jsonpath={.items[*].metadata.uid}');

    const said = await helm(cluster, { do: 'install', values, words: ['--wait', '--timeout', '3m'] });

    assert.match(said, /STATUS: deployed/);
    assert.match(said, /backup +0 \*\/6 \* \* \* \(Etc\/UTC\)/);
    assert.deepEqual((await readdir(path.join(s3.folder, 'backups/directory'))).toSorted(), ['config', 'keys']);
    assert.equal(await kubectl('get', 'pods', '--selector', 'app=ds', '--output', 'jsonpath={.items[*].metadata.uid}'), before);
  });

  test('launches a pod when the schedule says so, which backs up, archives and ends', async () => {
    await upgrade({ jobs: { backup: { schedule: '* * * * *', suspend: false } } });
    let job = '';
    await eventually('a Job has begun', 90_000, async () => {
      const jobs = await kubectl('get', 'jobs', '--output', 'jsonpath={.items[*].metadata.name}');
      job = jobs.split(' ').find((name) => name.startsWith(`${release}-backup-`)) ?? '';
      return job !== '';
    });
    await upgrade({ jobs: { backup: { schedule: '0 */6 * * *', suspend: true } } });

    const end = await endOfJob(cluster, job);

    assert.deepEqual([end.reason, end.exitCode], ['Complete', 0], end.log);
    assert.match(end.events, /SuccessfulCreate .*Created pod: backups-backup-/);
    assert.equal(await snapshots(), 1);
    const left = await cluster.kubectl([
      'exec',
      'ds-0',
      '--namespace',
      namespace,
      '--',
      'sh',
      '-c',
      'ls -A /opt/out /opt/out/.rootcellar-*',
    ]);
    // Its own folder is empty.
    assert.match(left, /^\/opt\/out:\n(\.rootcellar-\w+)\ninstance\nrootcellar\n\n\/opt\/out\/\1:\n$/);
  });

  for (const version of [3, 4] as const) {
    test(`passes its own test by Helm ${version}: a backup, read back whole`, async () => {
      const had = await snapshots();

      const said = await helm(cluster, { do: 'test', words: ['--logs', '--timeout', '5m'], version });

      assert.match(said, /Phase: +Succeeded/);
      assert.equal(await snapshots(), had + 1);
    });
  }

  test('restores by a Job: first the plan, which changes nothing, then in all replicas, proven', async () => {
    const entry = {
      dn: 'cn=too much,ou=People,dc=example,dc=com',
      attributes: { objectClass: ['top', 'person'], sn: 'Much', cn: 'too much' },
    };
    const entries = await countEntries(cluster, 'ds-0');
    await askDirectory(cluster, 'ds-0', { add: [entry] });
    const restore = { enabled: true, snapshot: 'latest', topology: true };
    const restoreJob = async (): Promise<string> =>
      (
        await kubectl('get', 'jobs', '--selector', 'app.kubernetes.io/component=restore', '--output', 'jsonpath={.items[*].metadata.name}')
      ).trim();

    await helm(cluster, { do: 'upgrade', values: { restore }, words: ['--reset-then-reuse-values'] });
    const planned = await endOfJob(cluster, await restoreJob());
    const after = await countEntries(cluster, 'ds-0');
    await helm(cluster, { do: 'upgrade', values: { restore: { ...restore, yes: true } }, words: ['--reset-then-reuse-values'] });
    const done = await endOfJob(cluster, await restoreJob(), 400);

    assert.deepEqual([planned.reason, planned.exitCode], ['Complete', 0], planned.log);
    assert.match(planned.log, /Plan: restore snapshot/);
    assert.equal(after, entries + 1);
    assert.deepEqual([done.reason, done.exitCode], ['Complete', 0], done.log);
    assert.match(done.log, /each as it should be/);
    assert.deepEqual([await countEntries(cluster, 'ds-0'), await countEntries(cluster, 'ds-1')], [entries, entries]);
  });

  test('does not restore again at the next upgrade', async () => {
    const uid = await kubectl(
      'get',
      'jobs',
      '--selector',
      'app.kubernetes.io/component=restore',
      '--output',
      'jsonpath={.items[*].metadata.uid}',
    );

    await upgrade({ config: { retention: { keepLast: 20 } } });

    assert.equal(
      await kubectl('get', 'jobs', '--selector', 'app.kubernetes.io/component=restore', '--output', 'jsonpath={.items[*].metadata.uid}'),
      uid,
    );
    await upgrade({ restore: { enabled: false } });
  });

  for (const { what, wrong, right, exitCode, reason, says } of troubles) {
    test(`tells itself with ${what}: by the exit code, the Job's reason and a sentence`, async () => {
      await upgrade(wrong);

      const end = await runNow(cluster, 'backup', `with-${what.replaceAll(' ', '-')}`);
      await upgrade(right);

      assert.match(end.log, says);
      assert.deepEqual([end.exitCode, end.reason], [exitCode, reason], end.log);
      assert.match(end.events, new RegExp(reason));
    });
  }

  test('is upgraded by Helm 4 from what Helm 3 installed, and backs up again', async () => {
    await helm(cluster, { do: 'upgrade', words: ['--reset-then-reuse-values', '--wait'], version: 4 });
    const had = await snapshots();

    const end = await runNow(cluster, 'backup', 'after-trouble');

    assert.deepEqual([end.reason, end.exitCode], ['Complete', 0], end.log);
    assert.equal(await snapshots(), had + 1);
  });
});
