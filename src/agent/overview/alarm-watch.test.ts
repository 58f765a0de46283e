import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MetricName, MetricSample } from '../metrics/metric-definitions.ts';
import { AlarmWatch } from './alarm-watch.ts';

const began = Date.parse('2026-11-23T00:00:00.000Z');
const at = (minutes: number): Date => new Date(began + minutes * 60_000);
const seconds = (minutes: number): number => at(minutes).getTime() / 1000;
const group = 'directory';

function sample(name: MetricName, value: number, labels: Readonly<Record<string, string>> = {}): MetricSample {
  return { name, value, labels: { group, ...labels } };
}

/** Looks each five minutes until `last` at what is then; the alarms after that. */
function watched(samples: (minute: number) => readonly MetricSample[], last: number): readonly unknown[] {
  const watch = new AlarmWatch('ds-0');
  for (let minute = 0; minute <= last; minute += 5) watch.look(samples(minute), at(minute));
  return watch.alarms.map(({ name, severity, text, since, runbook }) => [
    name.replace('Rootcellar', ''),
    severity,
    text,
    since?.slice(11, 16),
    runbook,
  ]);
}

describe('AlarmWatch', () => {
  test('tells of a job that is late since when, at once where that is known, and not of one without a schedule', () => {
    const late = [
      sample('rootcellar_last_success_timestamp_seconds', seconds(0), { command: 'verify' }),
      sample('rootcellar_expected_interval_seconds', 3600, { command: 'verify' }),
      sample('rootcellar_last_success_timestamp_seconds', seconds(0), { command: 'prune' }),
    ];
    const told = (minute: number) => {
      const watch = new AlarmWatch('ds-0');
      watch.look(late, at(minute));
      return watch.alarms;
    };

    assert.deepEqual(told(134), []);
    assert.deepEqual(told(135), [
      {
        name: 'RootcellarJobLate',
        severity: 'warning',
        text: 'The job verify of directory last succeeded 2 hours ago, which is longer than two intervals.',
        since: '2026-11-23T02:00:00.000Z',
        runbook: 'alarms.md#a-scheduled-job-has-not-succeeded',
      },
    ]);
  });

  test('tells of damaged snapshots after half an hour and of doubtful ones after twelve hours, the severe first, and no more once they are gone', () => {
    const samples = (damaged: number) => [
      sample('rootcellar_snapshots', 2, { state: 'suspicious' }),
      sample('rootcellar_snapshots', damaged, { state: 'damaged' }),
      sample('rootcellar_snapshots', 9, { state: 'complete' }),
    ];
    const damage = ['SnapshotDamaged', 'critical', '1 snapshots of directory are damaged.', '00:00', 'alarms.md#a-snapshot-is-damaged'];
    const doubt = ['DoubtfulSnapshot', 'warning', '2 snapshots of directory are suspicious.', '00:00', 'alarms.md#a-backup-is-suspicious'];

    assert.deepEqual(
      watched(() => samples(1), 25),
      [],
    );
    assert.deepEqual(
      watched(() => samples(1), 30),
      [damage],
    );
    assert.deepEqual(
      watched(() => samples(1), 720),
      [damage, doubt],
    );
    assert.deepEqual(
      watched((minute) => samples(minute < 720 ? 1 : 0), 720),
      [doubt],
    );
    // What held, and did not, and holds again, holds since then.
    assert.deepEqual(
      watched((minute) => samples(minute === 20 ? 0 : 1), 45),
      [],
    );
  });

  test('tells for an hour of notifications that were not delivered, not of those that were, nor of what it found counted at its first look', () => {
    const samples = (failed: number, sent: number) => [
      sample('rootcellar_notifications_total', failed, { kind: 'mail', outcome: 'failed' }),
      sample('rootcellar_notifications_total', sent, { kind: 'slack', outcome: 'sent' }),
    ];
    const alarm = [
      'NotDelivered',
      'warning',
      'Notifications by mail did not arrive within the last hour.',
      '00:10',
      'monitoring.md#e_not_delivered',
    ];

    assert.deepEqual(
      watched((minute) => samples(minute < 10 ? 3 : 4, minute), 65),
      [alarm],
    );
    assert.deepEqual(
      watched((minute) => samples(minute < 10 ? 3 : 4, minute), 70),
      [],
    );
    assert.deepEqual(
      watched(() => samples(3, 0), 10),
      [],
    );
  });

  test('names the agent that cannot work, after 15 minutes', () => {
    const trouble = () => [sample('rootcellar_agent_trouble', 1), sample('rootcellar_config_reload_failed', 0)];

    assert.deepEqual(watched(trouble, 10), []);
    assert.deepEqual(watched(trouble, 15), [
      ['AgentTrouble', 'warning', 'Something keeps the agent ds-0 of directory from its work.', '00:00', 'alarms.md#an-agent-cannot-work'],
    ]);
  });

  test('knows of a failed run before its first look by the time at which that ended, and tells of it for an hour', () => {
    const failed = (minute: number) => {
      const watch = new AlarmWatch('ds-0');
      watch.look([sample('rootcellar_last_run_timestamp_seconds', seconds(0), { command: 'backup', outcome: 'failure' })], at(minute));
      return watch.alarms.map(({ text, since }) => [text, since]);
    };

    assert.deepEqual(failed(59), [['A run of the job backup of directory failed within the last hour.', '2026-11-23T00:00:00.000Z']]);
    assert.deepEqual(failed(60), []);
  });

  test('compares a backup with the levels of three days, and forgets those before', () => {
    const entries = (minute: number) => [sample('rootcellar_backup_entries', minute < 600 ? 1000 : 400)];

    assert.deepEqual(watched(entries, 600).length, 1);
    assert.deepEqual(watched(entries, 600 + 3 * 1440 - 5).length, 1);
    assert.deepEqual(watched(entries, 600 + 3 * 1440 + 5), []);
  });
});
