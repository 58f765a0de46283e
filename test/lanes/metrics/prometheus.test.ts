import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { metricDefinitions } from '../../../src/agent/metrics/metric-definitions.ts';
import type { RunOutcome, RunRecord } from '../../../src/domain/run-record.ts';
import { exampleJobStatus, exampleRunRecord } from '../../harness/example-run-record.ts';
import { exampleSnapshot } from '../../harness/example-snapshot.ts';
import { type LoopbackServer, startLoopbackServer } from '../../harness/loopback-server.ts';
import { checkMetrics, checkRules, type Prometheus, startPrometheus } from '../../harness/prometheus.ts';
import { type Pushgateway, startPushgateway } from '../../harness/pushgateway.ts';
import { type ReportingScene, startReportingScene } from '../../harness/reporting-scene.ts';
import { ScriptedAgent } from '../../harness/scripted-agent.ts';

const root = path.join(import.meta.dirname, '../../..');

function runAgo(hours: number, outcome: RunOutcome, parts: Partial<RunRecord> = {}): RunRecord {
  return exampleRunRecord({ beganAt: new Date(Date.now() - hours * 3_600_000).toISOString(), outcome, ...parts });
}

const success = runAgo(20, 'success', { result: { bytes: 1000, newBytes: 250, storedBytes: 100, entries: 7 } });
const snapshot = exampleSnapshot({ time: success.beganAt, provenAt: runAgo(19, 'success').beganAt });
const endOf = (run: RunRecord): number => Date.parse(run.endedAt) / 1000;
const lastSuccess = 'rootcellar_last_success_timestamp_seconds';

suite('Prometheus', () => {
  let prometheus: Prometheus;
  let gateway: Pushgateway;
  let page: LoopbackServer;
  let scene: ReportingScene | undefined;

  before(async () => {
    gateway = await startPushgateway();
    page = await startLoopbackServer((_, response) => {
      void scene?.reporting.render().then(({ contentType, text }) => response.setHeader('content-type', contentType).end(text));
    });
    const hostOf = (url: string): string => url.replace('http://', '');
    prometheus = await startPrometheus({
      scrapes: [
        { job_name: 'pods', static_configs: [{ targets: [hostOf(page.url)] }] },
        { job_name: 'gateway', honor_labels: true, static_configs: [{ targets: [hostOf(gateway.url)] }] },
      ],
      ruleFiles: [path.join(root, 'chart/rules/alarms.yaml')],
    });
    const jobs = [
      exampleJobStatus({ expectedIntervalSeconds: 21_600, isLeader: true, nextAt: new Date().toISOString() }),
      exampleJobStatus({ job: 'verify', expectedIntervalSeconds: 86_400 }),
    ];
    scene = await startReportingScene({
      agent: new ScriptedAgent({ jobs, startedAt: new Date().toISOString() }),
      archive: [snapshot],
      metrics: { pushGateway: gateway.url, otlp: `${prometheus.url}/api/v1/otlp/v1/metrics`, interval: '500ms' },
    });
    scene.agent.end(success);
    scene.agent.end(
      runAgo(4, 'success', { job: 'verify', result: { isWhole: true, snapshots: [{ id: snapshot.id, lockedUntil: null }] } }),
    );
    scene.agent.end(runAgo(8, 'failure'));
    scene.agent.end(runAgo(2, 'failure'));
  });

  after(async () => {
    await scene?.[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
    await page[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  test('finds nothing to say of the names, helps and types of /metrics (promtool check metrics)', async () => {
    const text = (await scene?.reporting.render())?.text ?? '';
    const shown = metricDefinitions.filter(({ name }) => text.includes(`# HELP ${name} `)).map(({ name }) => name);

    assert.deepEqual(
      metricDefinitions.map(({ name }) => name).filter((name) => !shown.includes(name)),
      ['rootcellar_notifications_total'],
    );
    assert.equal(await checkMetrics(text), '');
    assert.match(await checkMetrics('# TYPE odd counter\nodd 1\n'), /odd counter metrics should have "_total" suffix/);
  });

  test('has the same last success by scrape, by the Pushgateway and by OTLP, each under its own names and with our labels as they are', async () => {
    const series = await prometheus.query(`${lastSuccess}{command="backup"}`, 3);

    assert.deepEqual(new Set(series.map(({ value }) => value)), new Set([endOf(success)]));
    assert.deepEqual(
      series.map(({ labels }) => labels['job'] ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
      ['pods', 'rootcellar', 'rootcellar'],
    );
    for (const { labels } of series) {
      assert.deepEqual([labels['group'], labels['exported_job']], ['directory', undefined]);
      if (labels['job'] === 'rootcellar') assert.equal(labels['instance'] || labels['agent'], 'ds-0');
    }
  });

  test('raises of the alarms of the chart those that are due, told by the metrics alone', async () => {
    // Those with a `for` are pending meanwhile. Here an agent is told of in three ways at once, which is counted as three that hold the lease.
    const alarms = await prometheus.query('count by (alertname, group, command) (ALERTS{alertname!="RootcellarTwoHolders"})', 2);

    assert.deepEqual(
      alarms.map(({ labels }) => labels).toSorted((a, b) => String(a['alertname']).localeCompare(String(b['alertname']))),
      [
        { alertname: 'RootcellarBackupLate', group: 'directory', command: 'backup' },
        { alertname: 'RootcellarLocksRunOut', group: 'directory' },
      ],
    );
  });

  test('takes the rules of docs/guide/monitoring.md', async () => {
    const guide = await readFile(path.join(root, 'docs/guide/monitoring.md'), 'utf8');
    const blocks = [...guide.matchAll(/```yaml\n(groups:\n.*?)```/gs)].map(([, block = '']) => block);

    assert.equal(blocks.length, 2);
    for (const block of blocks) assert.equal(await checkRules(block), '');
    assert.notEqual(await checkRules('groups: [{ name: odd, rules: [{ alert: Odd, expr: "rate(" }] }]'), '');
  });

  test('keeps the names and kinds of OTLP as they are: no second unit, no second _total', async () => {
    for (const name of [
      'rootcellar_runs_total',
      'rootcellar_backup_logical_bytes',
      'rootcellar_dedup_ratio',
      'process_cpu_seconds_total',
    ]) {
      const series = await prometheus.query(
        `${name}{job="rootcellar",instance="ds-0"${name === 'rootcellar_runs_total' ? ',command="backup",outcome="failure"' : ''}}`,
        1,
      );
      assert.ok((series[0]?.value ?? 0) > 0, name);
    }
    const names = await prometheus.query(
      'count by (__name__) ({__name__=~"rootcellar_.+",job="rootcellar",instance="ds-0"})',
      metricDefinitions.filter(({ name }) => name.startsWith('rootcellar_')).length - 1,
    );
    const known = metricDefinitions.map(({ name }) => name as string);
    assert.deepEqual(
      names.map(({ labels }) => labels['__name__'] ?? '').filter((name) => !known.includes(name)),
      [],
    );
  });
});
