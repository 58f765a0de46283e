import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RunOutcome, RunRecord } from '../../src/domain/run-record.ts';
import { exampleJobStatus, exampleRunRecord } from '../harness/example-run-record.ts';
import { exampleSnapshot } from '../harness/example-snapshot.ts';
import { startPushgateway } from '../harness/pushgateway.ts';
import { readOtlp } from '../harness/read-otlp.ts';
import { startReceiver } from '../harness/receiver.ts';
import { startReportingScene } from '../harness/reporting-scene.ts';
import { ScriptedAgent } from '../harness/scripted-agent.ts';

function runAt(hour: number, outcome: RunOutcome, parts: Partial<RunRecord> = {}): RunRecord {
  return exampleRunRecord({ beganAt: new Date(Date.UTC(2026, 10, 23, hour)).toISOString(), outcome, ...parts });
}

/** The values of a metric with these labels in Prometheus' text format. */
function valuesOf(text: string, name: string, ...labels: readonly string[]): number[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
}

const endOf = (run: RunRecord): number => Date.parse(run.endedAt) / 1000;
const lastSuccess = 'rootcellar_last_success_timestamp_seconds';

suite('a Pushgateway', () => {
  test('keeps the last success when a later run fails, and of an agent that begins anew with an archive that cannot be read', async () => {
    await using gateway = await startPushgateway();
    const metrics = { pushGateway: `${gateway.url}/`, interval: '20ms' };
    const success = runAt(0, 'success');
    const failure = runAt(6, 'failure');
    {
      await using scene = await startReportingScene({ metrics, archive: [exampleSnapshot()] });
      scene.agent.end(success);
      scene.agent.end(runAt(3, 'success', { job: 'verify' }));
      scene.agent.end(failure);
    }
    const before = await gateway.read();
    assert.deepEqual(valuesOf(before, lastSuccess, 'command="backup"'), [endOf(success)]);
    assert.deepEqual(valuesOf(before, 'rootcellar_last_run_timestamp_seconds', 'command="backup"', 'outcome="failure"'), [endOf(failure)]);
    assert.deepEqual(valuesOf(before, 'rootcellar_runs_total', 'command="backup"', 'outcome="failure"'), [1]);
    assert.match(
      before,
      /^rootcellar_build_info{agent="ds-0",group="directory",instance="",job="rootcellar",node="v\d+\.[\d.]+",version="0\.1\.0"} 1$/m,
    );
    {
      const agent = new ScriptedAgent();
      agent.trouble = new Error('the store does not answer');
      await using scene = await startReportingScene({ agent, metrics, archive: agent.trouble });
      scene.agent.end(runAt(12, 'failure'));
    }
    const after = await gateway.read();
    for (const name of [lastSuccess, 'rootcellar_last_verified_timestamp_seconds', 'rootcellar_newest_restore_point_timestamp_seconds']) {
      assert.deepEqual(valuesOf(after, name), valuesOf(before, name));
    }
    assert.deepEqual(valuesOf(after, 'push_failure_time_seconds', 'group="directory"'), [0]);
    assert.deepEqual(valuesOf(after, 'rootcellar_metric_pushes_total', 'outcome="failed"'), [0]);
  });

  test('gets of "agent --once" what stays true after the process, for the whole group and under no agent', async () => {
    await using gateway = await startPushgateway();
    const metrics = { pushGateway: gateway.url };
    const verified = runAt(3, 'success', { job: 'verify' });
    for (const [name, run] of [
      ['backup-28912320-abcde', runAt(6, 'success', { result: { bytes: 1000, newBytes: 10, storedBytes: 5 } })],
      ['backup-28912680-fghij', runAt(12, 'failure')],
    ] as const) {
      const agent = new ScriptedAgent({ name });
      agent.history.push(verified);
      if (run.outcome === 'failure') agent.history.push(runAt(6, 'success'));
      await using scene = await startReportingScene({ agent, metrics, isOnce: true, archive: [] });
      scene.archive = [exampleSnapshot({ time: run.beganAt })];
      scene.agent.end(run);
    }

    const text = await gateway.read();
    const own = text.split('\n').filter((line) => line.startsWith('rootcellar_'));
    assert.deepEqual(valuesOf(text, lastSuccess, 'command="backup"'), [endOf(runAt(6, 'success'))]);
    assert.deepEqual(valuesOf(text, lastSuccess, 'command="verify"'), [endOf(verified)]);
    assert.deepEqual(valuesOf(text, 'rootcellar_last_run_timestamp_seconds', 'outcome="failure"'), [endOf(runAt(12, 'failure'))]);
    assert.deepEqual(valuesOf(text, 'rootcellar_backup_logical_bytes'), [1000]);
    assert.deepEqual(valuesOf(text, 'rootcellar_newest_restore_point_timestamp_seconds'), [
      Date.parse(runAt(12, 'failure').beganAt) / 1000,
    ]);
    assert.ok(
      own.every((line) => !line.includes('agent=') && line.includes('group="directory"')),
      own.join('\n'),
    );
    assert.ok(own.every((line) => !/^rootcellar_(runs_total|lease_held|run_in_progress)/.test(line)));
  });

  test('is pushed to at the end also where the archive and another receiver never answer, and keeps what is not known now', async () => {
    await using gateway = await startPushgateway();
    await using webhook = await startReceiver();
    const metrics = { pushGateway: gateway.url };
    {
      const agent = new ScriptedAgent();
      agent.history.push(runAt(0, 'success'));
      await using scene = await startReportingScene({ agent, metrics, isOnce: true });
      scene.agent.end(runAt(3, 'success', { job: 'verify' }));
    }
    webhook.answers = ['hang', 'hang'];
    const agent = new ScriptedAgent();
    agent.trouble = new Error('the store does not answer');
    await using scene = await startReportingScene({
      agent,
      metrics,
      notify: { webhook: webhook.url },
      isOnce: true,
      archive: agent.trouble,
      stopMilliseconds: 2000,
    });
    agent.end(runAt(6, 'failure'));
    agent.end(runAt(7, 'success', { job: 'prune' }));
    await scene.reporting.stop();

    const text = await gateway.read();
    for (const [command, run] of [
      ['backup', runAt(0, 'success')],
      ['verify', runAt(3, 'success')],
    ] as const)
      assert.deepEqual(valuesOf(text, lastSuccess, `command="${command}"`), [endOf(run)]);
    assert.deepEqual(valuesOf(text, lastSuccess, 'command="prune"'), []);
    assert.match((await scene.reporting.render()).text, /^rootcellar_metric_pushes_total{kind="push-gateway",outcome="sent"} 1$/m);
  });

  test('that does not answer is logged once, counted, and holds up nothing; its token is sent', async () => {
    await using gateway = await startReceiver();
    gateway.answers = [500, 500, 500];
    await using scene = await startReportingScene({
      metrics: { pushGateway: `${gateway.url}/prefix`, pushGatewayTokenFile: 'file:token', interval: '5ms' },
      files: { token: 'push-s3cret\n' },
    });

    const { path, headers } = await gateway.received(5);
    assert.equal(path, '/prefix/metrics/job/rootcellar/group/directory/agent/ds-0');
    assert.equal(headers.authorization, 'Bearer push-s3cret');
    await scene.reporting.stop();

    assert.equal(scene.log().match(/the metrics could not be sent/g)?.length, 1);
    assert.equal(scene.log().match(/the metrics are sent again/g)?.length, 1);
    assert.match(scene.log(), /"reason":"Cannot push the metrics to http:\/\/127\.0\.0\.1:\d+: it answered 500"/);
    assert.doesNotMatch(scene.log(), /s3cret/);
    assert.match((await scene.reporting.render()).text, /^rootcellar_metric_pushes_total{kind="push-gateway",outcome="failed"} 3$/m);
  });
});

test('OTLP has the same values as /metrics, with units, and whose they are', async () => {
  await using receiver = await startReceiver();
  await using scene = await startReportingScene({
    agent: new ScriptedAgent({ jobs: [exampleJobStatus({ expectedIntervalSeconds: 21_600, isLeader: true })] }),
    archive: [exampleSnapshot()],
    metrics: { otlp: `${receiver.url}/v1/metrics`, otlpTokenFile: 'file:token', interval: '1h' },
    files: { token: 'otlp-s3cret' },
  });
  const success = runAt(0, 'success', { result: { bytes: 1000, newBytes: 250, storedBytes: 100, entries: 7 } });
  scene.agent.end(success);
  await scene.reporting.stop();

  const [request] = receiver.requests;
  assert.ok(request !== undefined);
  const { method, path, headers } = request;
  assert.deepEqual(
    [method, path, headers['content-type'], headers.authorization],
    ['POST', '/v1/metrics', 'application/x-protobuf', 'Bearer otlp-s3cret'],
  );
  const { resource, metrics } = readOtlp(request.body);
  assert.deepEqual(resource, { 'service.name': 'rootcellar', 'service.version': '0.1.0', 'service.instance.id': 'ds-0' });
  const found = metrics.find(({ name }) => name === lastSuccess);
  assert.deepEqual(
    [found?.kind, found?.unit, found?.points[0]?.labels, found?.points[0]?.value],
    ['gauge', 's', { group: 'directory', command: 'backup' }, endOf(success)],
  );
  const runs = metrics.find(({ name }) => name === 'rootcellar_runs_total');
  assert.deepEqual([runs?.kind, runs?.isMonotonic, runs?.temporality], ['sum', true, 2]);
  assert.deepEqual(
    runs?.points.filter(({ value }) => value !== 0).map(({ labels, value }) => [labels, value]),
    [[{ group: 'directory', command: 'backup', outcome: 'success' }, 1]],
  );
  const { text } = await scene.reporting.render();
  const scraped = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(metrics.flatMap(({ points }) => points).length, scraped.length);
});

for (const [what, options, log] of [
  ['takes only a part', { answers: [200] as (number | 'hang')[] }, /it rejected 3 of the values/],
  ['refuses', { answers: [400] as (number | 'hang')[] }, /it answered 400/],
] as const) {
  test(`OTLP to a receiver that ${what} is a failure`, async () => {
    // ExportMetricsServiceResponse { partial_success { rejected_data_points: 3 } }
    await using receiver = await startReceiver({ body: Buffer.of(0x0a, 0x02, 0x08, 0x03) });
    receiver.answers = [...options.answers];
    await using scene = await startReportingScene({ metrics: { otlp: receiver.url, interval: '1h' } });

    await scene.reporting.stop();

    assert.match(scene.log(), log);
    assert.match((await scene.reporting.render()).text, /^rootcellar_metric_pushes_total{kind="otlp",outcome="failed"} 1$/m);
  });
}
