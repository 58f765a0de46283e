import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleAgentStatus, exampleJobStatus, exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { metricDefinitions, type MetricName } from './metric-definitions.ts';
import { metricValues, type MetricFacts } from './metric-values.ts';

const facts: MetricFacts = {
  version: '0.1.0',
  nodeVersion: 'v24.21.0',
  status: exampleAgentStatus(),
  runs: [],
  counted: [],
  process: { startedAt: new Date('2026-11-20T00:00:00Z'), cpuSeconds: 1.5, residentBytes: 100_000_000 },
};

function valueOf(changes: Partial<MetricFacts>, name: MetricName, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const found = metricValues({ ...facts, ...changes }).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  assert.ok(found.length <= 1, `${name} has ${found.length} values`);
  return found[0]?.value;
}

const seconds = (time: string): number => Date.parse(time) / 1000;
const success = exampleRunRecord({ beganAt: '2026-11-23T00:00:00.000Z', endedAt: '2026-11-23T00:04:00.000Z' });
const failure = exampleRunRecord({ beganAt: '2026-11-23T06:00:00.000Z', endedAt: '2026-11-23T06:00:09.000Z', outcome: 'failure' });

test('metricValues() of the last success is that of the newest success, whatever failed since, and whichever order the runs come in', () => {
  const older = exampleRunRecord({ beganAt: '2026-11-22T18:00:00.000Z' });

  for (const runs of [
    [failure, success, older],
    [older, success, failure],
  ]) {
    assert.equal(valueOf({ runs }, 'rootcellar_last_success_timestamp_seconds', { command: 'backup' }), seconds('2026-11-23T00:04:00Z'));
    assert.equal(valueOf({ runs }, 'rootcellar_last_run_timestamp_seconds', { outcome: 'failure' }), seconds('2026-11-23T06:00:09Z'));
    assert.equal(valueOf({ runs }, 'rootcellar_run_duration_seconds'), 240);
  }
});

test('metricValues() takes the last success from the status as well, where the history no longer reaches it', () => {
  const status = exampleAgentStatus({ jobs: [exampleJobStatus({ last: failure, lastSuccess: success })] });

  assert.equal(valueOf({ status }, 'rootcellar_last_success_timestamp_seconds'), seconds('2026-11-23T00:04:00Z'));
});

test('metricValues() has no value for what is not known, rather than 0', () => {
  const names = new Set(metricValues({ ...facts, runs: [failure] }).map(({ name }) => name));

  for (const definition of metricDefinitions) {
    if (definition.name.startsWith('rootcellar_last_run_') || !definition.name.endsWith('_timestamp_seconds')) continue;
    assert.ok(!names.has(definition.name), definition.name);
  }
  assert.ok(!names.has('rootcellar_backup_logical_bytes'));
  assert.ok(!names.has('rootcellar_snapshots'));
});

test('metricValues() does not call a partial run a success, and yet knows what it took and made', () => {
  const partial = exampleRunRecord({
    beganAt: '2026-11-23T06:00:00.000Z',
    endedAt: '2026-11-23T06:00:10.000Z',
    outcome: 'partial',
    result: { bytes: 1000, newBytes: 250, storedBytes: 100, entries: 7 },
  });
  const runs = [success, partial];

  assert.equal(valueOf({ runs }, 'rootcellar_last_success_timestamp_seconds'), seconds('2026-11-23T00:04:00Z'));
  assert.equal(valueOf({ runs }, 'rootcellar_run_duration_seconds'), 10);
  assert.equal(valueOf({ runs }, 'rootcellar_backup_logical_bytes'), 1000);
  assert.equal(valueOf({ runs }, 'rootcellar_backup_new_bytes'), 250);
  assert.equal(valueOf({ runs }, 'rootcellar_backup_stored_bytes'), 100);
  assert.equal(valueOf({ runs }, 'rootcellar_backup_entries'), 7);
  assert.equal(valueOf({ runs }, 'rootcellar_dedup_ratio'), 0.75);
});

test('metricValues() passes over a result that is not what a backup prints', () => {
  const odd = exampleRunRecord({ result: { bytes: 'many' } });

  assert.equal(valueOf({ runs: [odd] }, 'rootcellar_backup_logical_bytes'), undefined);
});

test('metricValues() of restore points are those of good snapshots of any replica', () => {
  const archive = {
    readAt: new Date('2026-11-23T07:00:00Z'),
    snapshots: [
      exampleSnapshot({ time: '2026-11-23T06:00:00.000Z', server: 'ds-0', state: 'suspicious' }),
      exampleSnapshot({ time: '2026-11-23T00:00:00.000Z', server: 'ds-1' }),
      exampleSnapshot({ time: '2026-11-22T18:00:00.000Z', server: 'ds-0', provenAt: '2026-11-22T19:00:00.000Z' }),
      exampleSnapshot({ time: '2026-11-22T12:00:00.000Z', server: 'ds-0' }),
      exampleSnapshot({ time: '2026-11-22T06:00:00.000Z', server: 'ds-0', state: 'damaged' }),
    ],
  };

  assert.equal(valueOf({ archive }, 'rootcellar_newest_restore_point_timestamp_seconds'), seconds('2026-11-23T00:00:00Z'));
  assert.equal(valueOf({ archive }, 'rootcellar_oldest_restore_point_timestamp_seconds'), seconds('2026-11-22T12:00:00Z'));
  assert.equal(valueOf({ archive }, 'rootcellar_proven_restore_point_timestamp_seconds'), seconds('2026-11-22T18:00:00Z'));
  assert.equal(valueOf({ archive }, 'rootcellar_last_proven_timestamp_seconds'), seconds('2026-11-22T19:00:00Z'));
  assert.equal(valueOf({ archive }, 'rootcellar_snapshots', { state: 'complete' }), 3);
  assert.equal(valueOf({ archive }, 'rootcellar_snapshots', { state: 'unlisted' }), 0);
  const drill = exampleRunRecord({ job: 'drill', beganAt: '2026-11-23T01:00:00.000Z' });
  assert.equal(valueOf({ archive, runs: [drill] }, 'rootcellar_last_proven_timestamp_seconds'), seconds('2026-11-23T01:00:00Z'));
});

test('metricValues() of a verification: when the last began that found all whole, and the least lock of snapshots that are still there', () => {
  const [kept, forgotten] = [exampleSnapshot({ server: 'kept' }), exampleSnapshot({ server: 'forgotten' })];
  const found = (isWhole: boolean, keptUntil: string | null) => ({
    isWhole,
    snapshots: [
      { id: kept.id, lockedUntil: keptUntil },
      { id: forgotten.id, lockedUntil: '2026-11-24T00:00:00.000Z' },
    ],
  });
  const archive = { readAt: new Date(), snapshots: [kept] };
  const good = exampleRunRecord({ job: 'verify', beganAt: '2026-11-22T03:30:00.000Z', result: found(true, '2026-12-07T00:00:00.000Z') });
  const damaged = exampleRunRecord({
    job: 'verify',
    beganAt: '2026-11-23T03:30:00.000Z',
    outcome: 'failure',
    exitCode: 20,
    result: found(false, null),
  });

  assert.equal(valueOf({ runs: [good, damaged] }, 'rootcellar_last_verified_timestamp_seconds'), seconds('2026-11-22T03:30:00Z'));
  assert.equal(valueOf({ runs: [good], archive }, 'rootcellar_locked_until_timestamp_seconds'), seconds('2026-12-07T00:00:00Z'));
  assert.equal(valueOf({ runs: [good] }, 'rootcellar_locked_until_timestamp_seconds'), seconds('2026-11-24T00:00:00Z'));
  assert.equal(valueOf({ runs: [good, damaged], archive }, 'rootcellar_locked_until_timestamp_seconds'), 0);
  const lockTrouble = { ...damaged, result: found(true, null) };
  assert.equal(valueOf({ runs: [good, lockTrouble] }, 'rootcellar_last_verified_timestamp_seconds'), seconds('2026-11-23T03:30:00Z'));
});

test('metricValues() of a job and the agent: interval, next run, lease, what runs and waits, trouble', () => {
  const active = { id: 'x', words: [], trigger: 'schedule', attempt: 1, queuedAt: '2026-11-23T06:00:00.000Z', progress: [] } as const;
  const status = exampleAgentStatus({
    trouble: 'the archive does not answer',
    jobs: [
      exampleJobStatus({ isLeader: true, expectedIntervalSeconds: 21_600, nextAt: '2026-11-23T12:00:00.000Z' }),
      exampleJobStatus({ job: 'prune' }),
    ],
    active: [
      { ...active, job: 'backup', state: 'running' },
      { ...active, job: 'prune', state: 'queued' },
    ],
  });

  assert.equal(valueOf({ status }, 'rootcellar_expected_interval_seconds'), 21_600);
  assert.equal(valueOf({ status }, 'rootcellar_next_run_timestamp_seconds'), seconds('2026-11-23T12:00:00Z'));
  for (const [command, value] of [
    ['backup', 1],
    ['prune', 0],
  ] as const) {
    assert.equal(valueOf({ status }, 'rootcellar_lease_held', { command }), value);
    assert.equal(valueOf({ status }, 'rootcellar_run_in_progress', { command }), value);
  }
  assert.equal(valueOf({ status }, 'rootcellar_runs_queued'), 1);
  assert.equal(valueOf({ status }, 'rootcellar_agent_trouble'), 1);
  assert.equal(valueOf({ status }, 'rootcellar_config_reload_failed'), 0);
});

test('metricDefinitions name the unit and the kind, and the labels are those of the samples', () => {
  for (const { name, kind, help, unit } of metricDefinitions) {
    assert.match(name, /^(rootcellar|process)_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', name);
    if (unit === 's') assert.match(name, /_seconds(_total)?$/);
    if (unit === 'By') assert.match(name, /_bytes$/);
    if (unit === '') assert.doesNotMatch(name, /_(seconds|bytes)/);
    assert.match(help, /\.$/);
  }
  const samples = metricValues({ ...facts, runs: [success, failure], archive: { snapshots: [exampleSnapshot()], readAt: new Date() } });
  for (const sample of samples) {
    const definition = metricDefinitions.find(({ name }) => name === sample.name);
    assert.deepEqual(Object.keys(sample.labels), definition?.labels, sample.name);
  }
});
