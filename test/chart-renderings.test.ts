import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { exitCodes } from '../src/foundation/failure.ts';
import { chartFolder, generatedChartFiles } from '../tools/chart/chart-files.ts';
import { describedValues } from '../tools/chart/described-values.ts';
import { renderings } from '../tools/chart/render-chart.ts';
import { type Manifest, partOf, podsOf, readRendering, theOne } from './harness/chart-rendering.ts';
import { runRootcellar } from './harness/rootcellar.ts';
import { temporaryFolder } from './harness/temporary-folder.ts';

const names = await renderings();
const rendered = new Map(await Promise.all(names.map(async (name) => [name, await readRendering(name)] as const)));
const of = (name: string): readonly Manifest[] => {
  const manifests = rendered.get(name);
  assert.ok(manifests);
  return manifests;
};
const allPods = names.flatMap((name) => [...podsOf(of(name))].map(([pod, at]) => ({ title: `${name}: ${pod}`, at })));
const list = (value: unknown): readonly Record<string, unknown>[] => (Array.isArray(value) ? value : []);
const containersOf = (at: (path: string) => unknown): readonly Record<string, unknown>[] => [
  ...list(at('initContainers')),
  ...list(at('containers')),
];

test('chart/values.schema.json and chart/README.md are in step with the settings and values.yaml (run "node tools/generate-reference.ts" after a change)', async () => {
  for (const [name, text] of Object.entries(await generatedChartFiles())) {
    assert.equal(await readFile(path.join(chartFolder, name), 'utf8'), text, name);
  }
});

test('describedValues() refuses a value that nobody described, and joins the lines of a comment', () => {
  assert.throws(() => describedValues('# -- a\na: 1\nb:\n  c: 2\n'), /b\.c has no description/);
  assert.deepEqual(describedValues('# -- a\n# and more\na:\n  # -- b\n  b: 2\n'), [
    { key: 'a', description: 'a and more', standard: undefined },
    { key: 'a.b', description: 'b', standard: '2' },
  ]);
});

suite('every pod of the chart', () => {
  assert.ok(allPods.length > 15);
  for (const { title, at } of allPods) {
    test(`${title} is restricted: no root, no capabilities, nothing of the image written to`, () => {
      assert.equal(at('securityContext.runAsNonRoot'), true);
      assert.equal(at('securityContext.runAsUser'), 9031);
      assert.equal(at('securityContext.runAsGroup'), 0);
      assert.equal(at('securityContext.seccompProfile.type'), 'RuntimeDefault');
      for (const { securityContext } of containersOf(at)) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        });
      }
      for (const volume of list(at('volumes'))) assert.equal(volume['hostPath'], undefined);
    });

    test(`${title} bounds what it takes: memory, disk, and requests for what it needs`, () => {
      for (const { resources } of containersOf(at)) {
        const { requests, limits } = resources as { requests: Record<string, unknown>; limits: Record<string, unknown> };
        assert.ok(requests['cpu'] !== undefined && requests['memory'] !== undefined && limits['memory'] !== undefined);
      }
      for (const { name, emptyDir } of list(at('volumes'))) {
        if (emptyDir !== undefined) assert.ok(partOf(emptyDir, 'sizeLimit') !== undefined, String(name));
      }
    });

    test(`${title} mounts what it writes to and the secrets, which are files that nobody else may read`, () => {
      const volumes = list(at('volumes')).map(({ name }) => name);
      for (const { volumeMounts } of containersOf(at)) {
        const mounts = list(volumeMounts);
        assert.deepEqual(
          mounts.map(({ name }) => name).filter((name) => !volumes.includes(name)),
          [],
        );
        assert.ok(mounts.some(({ mountPath }) => mountPath === '/tmp'));
        assert.ok(mounts.some(({ mountPath, readOnly }) => mountPath === '/run/secrets/rootcellar' && readOnly === true));
      }
      for (const { projected } of list(at('volumes'))) {
        if (projected !== undefined) assert.equal(partOf(projected, 'defaultMode'), 0o440);
      }
    });

    test(`${title} has no secret in its variables`, () => {
      for (const { env } of containersOf(at)) {
        for (const { name, value } of list(env)) {
          if (/(PASSWORD|SECRET|TOKEN|KEY)$/.test(String(name))) assert.equal(value, undefined, String(name));
        }
      }
    });
  }
});

suite('cronjobs.yaml', () => {
  const cronJobs = (name: string): readonly Manifest[] => of(name).filter(({ kind }) => kind === 'CronJob');

  test('does not pile up: forbids overlaps, has deadlines, few tries, a short history and a time to live', () => {
    for (const { at } of ['exec', 'agent', 'restore'].flatMap(cronJobs)) {
      assert.equal(at('spec.concurrencyPolicy'), 'Forbid');
      assert.equal(at('spec.startingDeadlineSeconds'), 3600);
      assert.equal(at('spec.successfulJobsHistoryLimit'), 1);
      assert.equal(at('spec.failedJobsHistoryLimit'), 3);
      assert.equal(at('spec.jobTemplate.spec.backoffLimit'), 1);
      assert.equal(at('spec.jobTemplate.spec.ttlSecondsAfterFinished'), 172_800);
      assert.ok(Number(at('spec.jobTemplate.spec.activeDeadlineSeconds')) < 6 * 3600);
      assert.equal(at('spec.jobTemplate.spec.template.spec.restartPolicy'), 'Never');
    }
  });

  test('gives up at once on exit codes that another try cannot change, and never on one that it can', () => {
    const { at } = theOne(of('exec'), 'CronJob', '-backup');
    const [ignored, failed] = list(at('spec.jobTemplate.spec.podFailurePolicy.rules'));

    assert.deepEqual(ignored, { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] });
    const another: readonly number[] = [exitCodes.success, exitCodes.failure, exitCodes.interrupted];
    assert.deepEqual(
      partOf(failed, 'onExitCodes.values'),
      Object.values(exitCodes).filter((code) => !another.includes(code)),
    );
  });

  test('with mode exec runs one job as the agent does, with the rights of the service account', () => {
    assert.deepEqual(
      cronJobs('exec').map(({ name, at }) => [
        name,
        at('spec.schedule'),
        at('spec.timeZone'),
        at('spec.jobTemplate.spec.template.spec.containers.0.args'),
      ]),
      [
        ['directory-backup-rootcellar-backup', '0 */6 * * *', 'Etc/UTC', ['agent', '--once', 'backup']],
        ['directory-backup-rootcellar-prune', '30 4 * * 0', 'Etc/UTC', ['agent', '--once', 'prune']],
        ['directory-backup-rootcellar-verify', '30 3 * * *', 'Etc/UTC', ['agent', '--once', 'verify']],
      ],
    );
    const { at } = theOne(of('exec'), 'CronJob', '-backup');
    assert.equal(at('spec.jobTemplate.spec.template.spec.automountServiceAccountToken'), true);
  });

  test('with mode agent asks the agent and waits, with a token from a file and no right in the cluster', () => {
    const { at } = theOne(of('agent'), 'CronJob', '-backup');
    const pod = (key: string): unknown => at(`spec.jobTemplate.spec.template.spec.${key}`);

    assert.deepEqual(pod('containers.0.args'), ['trigger', 'backup', '--wait']);
    assert.equal(pod('automountServiceAccountToken'), false);
    assert.deepEqual(list(pod('containers.0.env')).slice(2), [
      { name: 'ROOTCELLAR_AGENT', value: 'https://directory-agent:7373' },
      { name: 'ROOTCELLAR_AGENT_TOKEN_FILE', value: '/run/secrets/rootcellar/operator-token' },
      { name: 'ROOTCELLAR_AGENT_CA_FILE', value: '/run/secrets/rootcellar/ca.crt' },
    ]);
    assert.ok(!of('agent').some(({ kind }) => kind === 'Role' || kind === 'ConfigMap'));
  });

  test('takes what a job has of its own: a deadline, an image by its digest, resources', () => {
    const drill = theOne(of('restore'), 'CronJob', '-drill');
    const container = 'spec.jobTemplate.spec.template.spec.containers.0';

    assert.equal(theOne(of('restore'), 'CronJob', '-backup').at('spec.jobTemplate.spec.activeDeadlineSeconds'), 3600);
    assert.match(String(drill.at(`${container}.image`)), /^registry\.example\.com\/rootcellar-drill@sha256:0123/);
    assert.equal(drill.at(`${container}.resources.limits.memory`), '2Gi');
    assert.equal(cronJobs('restore').length, 5);
  });

  test('makes none where agents of the Deployment schedule by themselves', () => {
    assert.equal(cronJobs('deployment').length, 0);
  });
});

suite('configmap.yaml', () => {
  const configOf = (name: string): Record<string, Record<string, unknown>> =>
    parse(String(theOne(of(name), 'ConfigMap', '-rootcellar').at('data', 'rootcellar.yaml')));

  test('has what the values say, and what follows from them: pod, schedules, folders', () => {
    const config = configOf('exec');

    assert.equal(config['archive'], 's3://backups/directory');
    assert.deepEqual(config['staging'], { folder: '/var/lib/rootcellar/staging' });
    assert.deepEqual(config['agent'], {
      timeZone: 'Etc/UTC',
      schedule: { backup: '0 */6 * * *', verify: '30 3 * * *', prune: '30 4 * * 0', forget: 'none', drill: 'none' },
    });
    assert.deepEqual(config['kubernetes'], { namespace: 'identity', pod: 'pingdirectory-0', container: 'pingdirectory' });
    assert.equal(config['server']?.['url'], 'ldaps://pingdirectory-0.pingdirectory-cluster:1636');
    assert.equal(config['passwordFile'], '/run/secrets/rootcellar/archive-password');
  });

  test('is taken by the program, with all that is in it in force', async () => {
    await using place = await temporaryFolder();
    for (const name of ['exec', 'deployment', 'restore']) {
      const file = path.join(place.path, `${name}.yaml`);
      await writeFile(file, String(theOne(of(name), 'ConfigMap', '-rootcellar').at('data', 'rootcellar.yaml')));

      const shown = await runRootcellar(['--config', file, 'config', 'show', '--set']);

      assert.equal(shown.exitCode, 0, shown.stderr);
      assert.match(shown.stdout, /^kubernetes\.pod +pingdirectory-0/m);
    }
  });

  test('leaves out what a value of null takes away', () => {
    assert.equal(configOf('restore')['layout'], 'plain');
    assert.ok(!('passwordFile' in configOf('restore')));
  });

  test('tells the agents of a Deployment where to listen, with which certificate and for whom', () => {
    const { agent } = configOf('deployment');

    assert.equal(agent?.['listen'], '0.0.0.0:7373');
    assert.deepEqual(agent?.['tls'], {
      certificateFile: '/run/secrets/rootcellar-tls/tls.crt',
      keyFile: '/run/secrets/rootcellar-tls/tls.key',
    });
    assert.deepEqual(agent?.['tokens'], {
      viewerFile: '/run/secrets/rootcellar/viewer-token',
      operatorFile: '/run/secrets/rootcellar/operator-token',
    });
  });
});

suite('rbac.yaml and serviceaccount.yaml', () => {
  test('let in to the named pods alone: get them, get and create their exec', () => {
    const role = theOne(of('deployment'), 'Role');
    const resourceNames = ['pingdirectory-0', 'pingdirectory-1'];

    assert.deepEqual(role.at('rules'), [
      { apiGroups: [''], resources: ['pods'], resourceNames, verbs: ['get'] },
      { apiGroups: [''], resources: ['pods/exec'], resourceNames, verbs: ['get', 'create'] },
    ]);
    assert.equal(role.at('metadata.namespace'), 'directory');
  });

  test("bind it where the pods are, to the service account of the release's namespace", () => {
    const binding = theOne(of('deployment'), 'RoleBinding');

    assert.equal(binding.at('metadata.namespace'), 'directory');
    assert.deepEqual(binding.at('subjects.0'), { kind: 'ServiceAccount', name: 'directory-backup-rootcellar', namespace: 'identity' });
    assert.equal(binding.at('roleRef.name'), theOne(of('deployment'), 'Role').name);
  });

  test('give the service account the role of IRSA', () => {
    const account = theOne(of('deployment'), 'ServiceAccount');

    assert.equal(account.at('metadata.annotations', 'eks.amazonaws.com/role-arn'), 'arn:aws:iam::111122223333:role/backups');
    assert.equal(account.at('automountServiceAccountToken'), false);
  });

  test('project a token for the store where no webhook does', () => {
    const pod = podsOf(of('restore')).get('CronJob directory-backup-rootcellar-backup');
    assert.ok(pod);

    const [token] = list(pod('volumes')).filter(({ name }) => name === 'aws-token');
    assert.deepEqual(partOf(token, 'projected.sources'), [
      { serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token' } },
    ]);
    assert.ok(
      list(pod('containers.0.env')).some(
        ({ name, value }) => name === 'AWS_ROLE_ARN' && value === 'arn:aws:iam::111122223333:role/backups',
      ),
    );
  });
});
