import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { askDirectory, countEntries } from '../../harness/kubernetes/directory-client.ts';
import { eventually } from '../../harness/topology.ts';
import { archive, chart, type ChartScene, namespace, release, startChartScene } from './chart-scene.ts';

let scene: ChartScene;

before(async () => {
  scene = await startChartScene();
});
after(() => scene?.[Symbol.asyncDispose]());

interface Listed {
  readonly server: string;
  readonly state: string;
}

async function snapshots(): Promise<readonly Listed[]> {
  const { exitCode, stdout, stderr } = await scene.rootcellar(['list', '--json']);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as readonly Listed[];
}

describe('the chart beside the server, by exec', () => {
  test('is installed: the archive is made, and the cron job fires: an additional pod launches, backs up and ends', async () => {
    const schedule = { backup: { schedule: '* * * * *' }, verify: { enabled: false }, prune: { enabled: false } };

    await scene.cluster.helm(['install', release, chart, '-n', namespace, '-f', '-', '--wait'], {
      stdin: scene.values({ jobs: schedule }),
    });
    await eventually('a job of the cron job has begun', 90_000, async () => (await scene.jobs('backup')).length > 0);
    const [job] = await scene.jobs('backup');
    const { exitCode, state, pods, log } = await scene.endOf(job?.metadata.name ?? '');

    assert.deepEqual([exitCode, state, pods], [0, 'Complete CompletionsReached', 1], log);
    assert.deepEqual(
      (await snapshots()).slice(0, 1).map(({ server, state: of }) => [server, of]),
      [['ds-0', 'complete']],
    );
  });

  test('holds no key for the store: its pods have a projected token alone', async () => {
    const pods = await scene.cluster.kubectl(['get', 'pods', '-n', namespace, '-l', 'app.kubernetes.io/component=backup', '-o', 'json']);

    assert.match(pods, /AWS_WEB_IDENTITY_TOKEN_FILE/);
    assert.doesNotMatch(pods, /AWS_SECRET_ACCESS_KEY|AWS_ACCESS_KEY_ID/);
    const secrets = await scene.cluster.kubectl(['get', 'secrets', '-n', namespace, '-o', 'json']);
    assert.ok(!secrets.includes(Buffer.from(scene.s3.secretAccessKey).toString('base64')));
  });

  test('is upgraded by Helm 4 with the values that it has, and rolls none of the server’s pods', async () => {
    const uids = (): Promise<string> =>
      scene.cluster.kubectl(['get', 'pods', '-n', namespace, '-l', 'app=ds', '-o', 'jsonpath={.items[*].metadata.uid}']);
    const uidsBefore = await uids();

    const words = [
      'upgrade',
      release,
      chart,
      '-n',
      namespace,
      '--reuse-values',
      '--set-string',
      'jobs.backup.schedule=0 */6 * * *',
      '--wait',
    ];
    await scene.cluster.helm(words, { version: 4 });

    const cronJob = await scene.cluster.kubectl([
      'get',
      'cronjob',
      `${release}-backup`,
      '-n',
      namespace,
      '-o',
      'jsonpath={.spec.schedule}',
    ]);
    assert.equal(cronJob, '0 */6 * * *');
    assert.equal(await uids(), uidsBefore);
  });

  test('makes a backup and reads it back by `helm test`', async () => {
    const told = await scene.cluster.helm(['test', release, '-n', namespace, '--logs', '--timeout', '5m']);

    assert.match(told, /Phase: +Succeeded/);
  });

  test('restores by a Job: what was deleted is there again, on both replicas', async () => {
    const found = async (pod: string): Promise<number> =>
      (await askDirectory(scene.cluster, pod, { search: { base: 'dc=example,dc=com', filter: '(uid=user.7)' } })).length;
    assert.deepEqual([await found('ds-0'), await countEntries(scene.cluster, 'ds-0')], [1, 53]);
    await askDirectory(scene.cluster, 'ds-0', { remove: ['uid=user.7,ou=People,dc=example,dc=com'] });
    await eventually('the deletion is at both', 30_000, async () => (await found('ds-1')) === 0);

    const asked = ['restore.enabled=true', 'restore.snapshot=latest', 'restore.topology=true', 'restore.yes=true'].flatMap((value) => [
      '--set',
      value,
    ]);
    await scene.cluster.helm(['upgrade', release, chart, '-n', namespace, '--reuse-values', ...asked]);
    const [job] = await scene.jobs('restore');
    const { exitCode, state, log } = await scene.endOf(job?.metadata.name ?? '', 400);

    assert.deepEqual([exitCode, state], [0, 'Complete CompletionsReached'], log);
    assert.match(log, /ds-0/);
    assert.deepEqual([await found('ds-0'), await countEntries(scene.cluster, 'ds-0')], [1, 53]);
    await eventually('it is at the other replica', 60_000, async () => (await found('ds-1')) === 1);
    assert.equal((await scene.rootcellar(['status'])).exitCode, 0, archive);
  });
});
