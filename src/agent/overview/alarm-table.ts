import type { MetricName } from '../metrics/metric-definitions.ts';

/** What the metrics were and are, as far as this agent saw them. */
export interface MetricSight {
  /** Seconds since 1970. */
  readonly now: number;
  /** The samples whose labels are these, each with the greatest value that any agent told. */
  each(name: MetricName, labels?: Labels): readonly Seen[];
  /** Counters that rose within so many seconds, with when they did last. */
  risen(name: MetricName, seconds: number): readonly Seen[];
  /** The greatest value within so many seconds. */
  most(name: MetricName, seconds: number): number | undefined;
}

type Labels = Readonly<Record<string, string>>;

/** `value`: of the metric, or when it rose. */
export interface Seen {
  readonly labels: Labels;
  readonly value: number;
}

/** That a condition holds. */
export interface AlarmFinding {
  readonly labels: Labels;
  readonly value?: number;
  /** Seconds since 1970, where that can be told from the metrics; otherwise it is when it was first seen. */
  readonly since?: number;
}

export interface AlarmDefinition {
  readonly name: string;
  readonly severity: 'critical' | 'warning' | 'info';
  /** How long the condition must hold. */
  readonly forMinutes: number;
  /** With `{group}` and other labels, `{pod}` for the agent, `{value}`, `{value:duration}` of seconds, `{value:time}` of seconds since 1970. */
  readonly summary: string;
  /** A section of docs/runbooks. */
  readonly runbook: string;
  /** Undefined where it takes a look at all agents, or none at all: then only a monitoring can see it. */
  readonly find: ((sight: MetricSight) => readonly AlarmFinding[]) | undefined;
}

const hour = 3600;
const day = 24 * hour;

/**
 * The alarms of chart/rules/alarms.yaml, as one agent sees their conditions in its own metrics; a test holds that both have the same names, times and words, and
 * that they alarm of the same series.
 */
export const alarmTable: readonly AlarmDefinition[] = [
  {
    name: 'RootcellarBackupLate',
    severity: 'critical',
    forMinutes: 5,
    summary: 'The last good backup of {group} was made {value:duration} ago, which is longer than two intervals.',
    runbook: 'alarms.md#no-good-backup-is-young-enough',
    find: (sight) => lateJobs(sight, 2).filter(isBackup),
  },
  {
    name: 'RootcellarNeverBackedUp',
    severity: 'critical',
    forMinutes: 12 * 60,
    summary: 'Backups of {group} are expected every {value:duration}, and none was ever made.',
    runbook: 'alarms.md#no-good-backup-is-young-enough',
    find: (sight) =>
      sight
        .each('rootcellar_expected_interval_seconds', { command: 'backup' })
        .filter(({ labels }) => !sight.each('rootcellar_last_success_timestamp_seconds', labels).some(({ value }) => value > 0)),
  },
  {
    name: 'RootcellarMetricsMissing',
    severity: 'critical',
    forMinutes: 60,
    summary: 'Nobody says how the backups are; whether there are any is not known.',
    runbook: 'alarms.md#no-metrics-arrive',
    find: undefined,
  },
  {
    name: 'RootcellarJobLate',
    severity: 'warning',
    forMinutes: 15,
    summary: 'The job {command} of {group} last succeeded {value:duration} ago, which is longer than two intervals.',
    runbook: 'alarms.md#a-scheduled-job-has-not-succeeded',
    find: (sight) => lateJobs(sight, 2).filter((found) => !isBackup(found)),
  },
  {
    name: 'RootcellarRunFailed',
    severity: 'warning',
    forMinutes: 0,
    summary: 'A run of the job {command} of {group} failed within the last hour.',
    runbook: 'alarms.md#a-run-failed',
    find: failedRuns,
  },
  {
    name: 'RootcellarNotVerified',
    severity: 'warning',
    forMinutes: 24 * 60,
    summary: 'The archive of {group} was not verified within seven days, or never.',
    runbook: 'alarms.md#nothing-was-verified-or-proven',
    find: (sight) => notSince(sight, 'rootcellar_last_verified_timestamp_seconds', 7 * day),
  },
  {
    name: 'RootcellarNotProven',
    severity: 'info',
    forMinutes: 24 * 60,
    summary: 'No snapshot of {group} was proven by a drill or a restore within 35 days, or ever.',
    runbook: 'alarms.md#nothing-was-verified-or-proven',
    find: (sight) => notSince(sight, 'rootcellar_last_proven_timestamp_seconds', 35 * day),
  },
  {
    name: 'RootcellarBackupShrank',
    severity: 'critical',
    forMinutes: 0,
    summary: 'The last backup of {group} has {value} entries, less than half of what one had within three days.',
    runbook: 'alarms.md#a-backup-is-suspicious',
    find: (sight) =>
      sight.each('rootcellar_backup_entries').filter(({ value }) => value < 0.5 * (sight.most('rootcellar_backup_entries', 3 * day) ?? 0)),
  },
  {
    name: 'RootcellarBackupSlow',
    severity: 'warning',
    forMinutes: 0,
    summary: 'The last backup of {group} took {value:duration}, more than half of the time until the next.',
    runbook: 'alarms.md#a-backup-takes-too-long',
    find: (sight) =>
      sight
        .each('rootcellar_run_duration_seconds', { command: 'backup' })
        .filter(({ labels, value }) => value > 0.5 * (intervalOf(sight, labels) ?? Infinity)),
  },
  {
    name: 'RootcellarSnapshotDamaged',
    severity: 'critical',
    forMinutes: 30,
    summary: '{value} snapshots of {group} are damaged.',
    runbook: 'alarms.md#a-snapshot-is-damaged',
    find: (sight) => sight.each('rootcellar_snapshots', { state: 'damaged' }).filter(isAboveZero),
  },
  {
    name: 'RootcellarDoubtfulSnapshot',
    severity: 'warning',
    forMinutes: 12 * 60,
    summary: '{value} snapshots of {group} are {state}.',
    runbook: 'alarms.md#a-backup-is-suspicious',
    find: (sight) => ['suspicious', 'unlisted'].flatMap((state) => sight.each('rootcellar_snapshots', { state })).filter(isAboveZero),
  },
  {
    name: 'RootcellarNotDelivered',
    severity: 'warning',
    forMinutes: 0,
    summary: 'Notifications by {kind} did not arrive within the last hour.',
    runbook: 'monitoring.md#e_not_delivered',
    find: (sight) =>
      sight
        .risen('rootcellar_notifications_total', hour)
        .filter(({ labels }) => labels['outcome'] !== 'sent')
        .map(({ labels: { kind = '' }, value }) => ({ labels: { kind }, since: value })),
  },
  {
    name: 'RootcellarAgentTrouble',
    severity: 'warning',
    forMinutes: 15,
    summary: 'Something keeps the agent {pod} of {group} from its work.',
    runbook: 'alarms.md#an-agent-cannot-work',
    find: (sight) => sight.each('rootcellar_agent_trouble').filter(isAboveZero),
  },
  {
    name: 'RootcellarConfigReloadFailed',
    severity: 'warning',
    forMinutes: 5,
    summary: 'The agent {pod} could not read its changed configuration and works on with the one before.',
    runbook: 'alarms.md#the-changed-configuration-cannot-be-read',
    find: (sight) => sight.each('rootcellar_config_reload_failed').filter(isAboveZero),
  },
  {
    name: 'RootcellarTwoHolders',
    severity: 'warning',
    forMinutes: 5,
    summary: '{value} agents of {group} say that the job {command} is theirs.',
    runbook: 'alarms.md#the-lease-of-a-job-is-held-by-none-or-by-two',
    find: undefined,
  },
  {
    name: 'RootcellarNoLeaseHolder',
    severity: 'warning',
    forMinutes: 15,
    summary: 'The job {command} of {group} is due, and no agent has taken it.',
    runbook: 'alarms.md#the-lease-of-a-job-is-held-by-none-or-by-two',
    // Another agent may hold it, which this one cannot see.
    find: undefined,
  },
  {
    name: 'RootcellarLocksRunOut',
    severity: 'warning',
    forMinutes: 60,
    summary:
      'What the snapshots of {group} need is locked until {value:time} at the least, which is less than two days; 1970 stands for never locked.',
    runbook: 'alarms.md#the-locks-run-out',
    find: (sight) => sight.each('rootcellar_locked_until_timestamp_seconds').filter(({ value }) => value < sight.now + 2 * day),
  },
];

function isBackup({ labels }: AlarmFinding): boolean {
  return labels['command'] === 'backup';
}

function isAboveZero({ value }: Seen): boolean {
  return value > 0;
}

function intervalOf(sight: MetricSight, labels: Labels): number | undefined {
  return sight.each('rootcellar_expected_interval_seconds', labels)[0]?.value;
}

/** Jobs that did not succeed for so many of their intervals. */
function lateJobs(sight: MetricSight, intervals: number): readonly AlarmFinding[] {
  return sight.each('rootcellar_last_success_timestamp_seconds').flatMap(({ labels, value }) => {
    const interval = intervalOf(sight, labels);
    const age = sight.now - value;
    if (interval === undefined || age <= intervals * interval) return [];
    return [{ labels, value: age, since: value + intervals * interval }];
  });
}

/** Also those before this agent began, and those of others: when the last one ended is told by a metric of its own. */
function failedRuns(sight: MetricSight): readonly AlarmFinding[] {
  const risen = sight.risen('rootcellar_runs_total', hour).filter(({ labels }) => labels['outcome'] === 'failure');
  const ended = sight.each('rootcellar_last_run_timestamp_seconds', { outcome: 'failure' }).filter(({ value }) => value > sight.now - hour);
  const byCommand = new Map(
    [...ended, ...risen].map(({ labels: { outcome: _outcome, ...labels }, value }) => [labels['command'], { labels, since: value }]),
  );
  return [...byCommand.values()];
}

/** Where backups are expected, and what the metric tells of is longer ago. */
function notSince(sight: MetricSight, name: MetricName, seconds: number): readonly AlarmFinding[] {
  const expected = sight.each('rootcellar_expected_interval_seconds', { command: 'backup' }).filter(isAboveZero);
  return expected.flatMap(({ labels: { command: _command, ...labels } }) => {
    const [last] = sight.each(name, labels);
    if (last === undefined) return [{ labels }];
    return last.value > sight.now - seconds ? [] : [{ labels, since: last.value + seconds }];
  });
}
