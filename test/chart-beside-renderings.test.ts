import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { allCommands } from '../src/cli/all-commands.ts';
import { lookFor } from '../src/cli/look.ts';
import { parseCommandLine } from '../src/cli/parse-command-line.ts';
import { type Manifest, partOf, podsOf, readRendering, theOne } from './harness/chart-rendering.ts';

const [exec, agent, deployment, restore] = await Promise.all(['exec', 'agent', 'deployment', 'restore'].map(readRendering));
assert.ok(exec && agent && deployment && restore);
const list = (value: unknown): readonly Record<string, unknown>[] => (Array.isArray(value) ? value : []);
const has = (manifests: readonly Manifest[], kind: string, ending = ''): boolean =>
  manifests.some((manifest) => manifest.kind === kind && manifest.name.endsWith(ending));

suite('restore-job.yaml', () => {
  const carriedOut = theOne(
    restore.filter(({ name }) => name.includes('-restore-')),
    'Job',
  );
  const planned = theOne(
    agent.filter(({ name }) => name.includes('-restore-')),
    'Job',
  );

  test('is not there unless it is asked for', () => {
    assert.ok(!exec.some(({ name }) => name.includes('-restore-')));
  });

  test('restores only where the values say yes, and shows the plan otherwise', () => {
    assert.deepEqual(carriedOut.at('spec.template.spec.containers.0.args'), [
      'restore',
      'latest~1',
      '--backend',
      'userRoot',
      '--topology',
      '--yes',
    ]);
    assert.deepEqual(planned.at('spec.template.spec.containers.0.args'), ['restore', 'ce90dd32c72f', '--plan']);
  });

  test('is never tried again by itself, nor cut off, nor removed so that an upgrade would do it once more', () => {
    for (const { at } of [carriedOut, planned]) {
      assert.equal(at('spec.backoffLimit'), 0);
      assert.equal(at('spec.activeDeadlineSeconds'), undefined);
      assert.equal(at('spec.ttlSecondsAfterFinished'), undefined);
      assert.equal(at('spec.template.spec.terminationGracePeriodSeconds'), 3600);
    }
  });

  test('has the secrets of the account that may restore, and the token of a restorer, and no others', () => {
    const secrets = ({ at }: Manifest): unknown =>
      list(at('spec.template.spec.volumes')).find(({ name }) => name === 'secrets')?.['projected'];
    const variables = list(planned.at('spec.template.spec.containers.0.env'));

    assert.deepEqual(partOf(secrets(carriedOut), 'sources'), [{ secret: { name: 'rootcellar-restorer' } }]);
    assert.ok(
      variables.some(({ name, value }) => name === 'ROOTCELLAR_AGENT_TOKEN_FILE' && value === '/run/secrets/rootcellar/restorer-token'),
    );
  });
});

suite('init-job.yaml', () => {
  test('makes the archive when the chart is installed, and at no upgrade', () => {
    const { at } = theOne(exec, 'Job', '-init');

    assert.deepEqual(at('spec.template.spec.containers.0.args'), ['init']);
    assert.equal(at('metadata.annotations', 'helm.sh/hook'), 'post-install');
    assert.equal(at('spec.template.spec.automountServiceAccountToken'), false);
    assert.ok(!has(agent, 'Job', '-init'));
  });
});

suite('tests/backup-and-read-back.yaml', () => {
  test('makes a backup, lists it, fetches it and reads every byte, one after the other', () => {
    const { at } = theOne(exec, 'Pod');
    const commands = [...list(at('spec.initContainers')), ...list(at('spec.containers'))].map(({ args }) => args);

    assert.equal(at('metadata.annotations', 'helm.sh/hook'), 'test');
    assert.deepEqual(commands, [
      // A backup by the schedule may be at work just then.
      ['backup', '--lock-wait', '10m'],
      ['list'],
      ['fetch', 'latest', '--to', '/var/lib/rootcellar/read-back'],
      ['verify', 'latest', '--read-data'],
    ]);
    assert.equal(at('spec.restartPolicy'), 'Never');
  });

  test('has it done by the agent where there is one', () => {
    const { at } = theOne(agent, 'Pod');

    assert.deepEqual(
      list(at('spec.initContainers')).map(({ args }) => args),
      [['trigger', 'backup', '--wait'], ['list']],
    );
  });
});

suite('deployment.yaml', () => {
  const agents = deployment.filter(({ kind }) => kind === 'Deployment');

  test('runs agents that are asked for their health, over TLS', () => {
    const pod = podsOf(deployment).get('Deployment directory-backup-rootcellar-pingdirectory-0');
    assert.ok(pod);

    assert.deepEqual(pod('containers.0.args'), ['agent']);
    assert.deepEqual(pod('containers.0.livenessProbe.httpGet'), { path: '/healthz', port: 'http', scheme: 'HTTPS' });
    assert.deepEqual(pod('containers.0.readinessProbe.httpGet'), { path: '/readyz', port: 'http', scheme: 'HTTPS' });
    assert.equal(pod('terminationGracePeriodSeconds'), 300);
    assert.deepEqual(list(pod('volumes')).find(({ name }) => name === 'staging')?.['ephemeral'], {
      volumeClaimTemplate: {
        spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '50Gi' } } },
      },
    });
  });

  test("has agents for each of the server's pods, and tells them which", () => {
    const told = agents.map(({ at }) => [
      at('spec.replicas'),
      ...list(at('spec.template.spec.containers.0.env'))
        .slice(2)
        .map(({ value }) => value),
    ]);

    assert.deepEqual(told, [
      [2, 'pingdirectory-0', 'ldaps://pingdirectory-0.pingdirectory-cluster.directory:1636'],
      [2, 'pingdirectory-1', 'ldaps://pingdirectory-1.pingdirectory-cluster.directory:1636'],
    ]);
    for (const { at } of agents)
      assert.equal(at('spec.selector.matchLabels', 'rootcellar/target'), at('spec.template.metadata.labels', 'rootcellar/target'));
  });

  test('has a service that selects the pods of all agents and no others, and leads who asked back to the same one', () => {
    assert.equal(theOne(deployment, 'Service').at('spec.sessionAffinity'), 'ClientIP');
    const selector = theOne(deployment, 'Service').at('spec.selector') as Readonly<Record<string, unknown>>;

    assert.equal(selector['app.kubernetes.io/component'], 'agent');
    for (const { at } of agents) {
      for (const [label, value] of Object.entries(selector)) assert.equal(at('spec.template.metadata.labels', label), value);
    }
    assert.ok(!has(exec, 'Deployment') && !has(exec, 'Service'));
  });
});

suite('networkpolicy.yaml', () => {
  test('lets out to DNS and the named ports, and in only to the port of the agents, from where the values say', () => {
    const withAgents = theOne(deployment, 'NetworkPolicy');
    const without = theOne(restore, 'NetworkPolicy');

    assert.deepEqual(withAgents.at('spec.policyTypes'), ['Ingress', 'Egress']);
    assert.deepEqual(list(withAgents.at('spec.egress.0.ports')), [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ]);
    assert.deepEqual(
      list(withAgents.at('spec.egress.1.ports')).map(({ port }) => port),
      [443, 6443, 636, 1636, 4444, 7373],
    );
    assert.deepEqual(withAgents.at('spec.ingress'), [
      {
        ports: [{ port: 'http', protocol: 'TCP' }],
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      },
    ]);
    assert.deepEqual(without.at('spec.ingress'), []);
    assert.ok(!has(exec, 'NetworkPolicy'));
  });
});

suite('podmonitor.yaml', () => {
  test('scrapes the agents over TLS', () => {
    const { at } = theOne(deployment, 'PodMonitor');

    assert.deepEqual(at('spec.selector.matchLabels'), theOne(deployment, 'Service').at('spec.selector'));
    assert.equal(at('spec.podMetricsEndpoints.0.path'), '/metrics');
    assert.equal(at('spec.podMetricsEndpoints.0.scheme'), 'https');
    assert.equal(at('metadata.labels.release'), 'prometheus');
    assert.ok(!has(exec, 'PodMonitor'));
  });
});

test('prometheusrule.yaml has the alarms but those left out, with the labels of the values and a link to the runbook', () => {
  const { at } = theOne(deployment, 'PrometheusRule');
  const rules = list(at('spec.groups.0.rules'));
  const late = rules.find(({ alert }) => alert === 'RootcellarBackupLate');

  assert.ok(rules.length >= 10);
  assert.ok(!rules.some(({ alert }) => alert === 'RootcellarNotProven'));
  assert.deepEqual(late?.['labels'], { severity: 'critical', team: 'identity' });
  assert.equal(
    partOf(late, 'annotations.runbook_url'),
    'https://wiki.example.com/rootcellar/runbooks/alarms.md#no-good-backup-is-young-enough',
  );
  assert.match(String(partOf(late, 'annotations.summary')), /\{\{ \$labels\.group \}\}/);
});

test('dashboard.yaml has the dashboard whole, where Grafana finds it', () => {
  const map = theOne(deployment, 'ConfigMap', '-dashboard');

  assert.equal((JSON.parse(String(map.at('data', 'rootcellar.json'))) as { uid: string }).uid, 'rootcellar');
  assert.equal(map.at('metadata.labels.grafana_dashboard'), '1');
});

test('every command of the chart is one that the program reads', () => {
  const pods = [exec, agent, deployment, restore].flatMap((manifests) => [...podsOf(manifests).values()]);
  const lines = pods.flatMap((pod) => [...list(pod('initContainers')), ...list(pod('containers'))].map(({ args }) => args as string[]));

  assert.ok(lines.length > 20);
  for (const line of lines) parseCommandLine(line, allCommands, lookFor(false, {}));
});
