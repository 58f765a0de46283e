/** What a metric says of itself. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  /** By UCUM, as OTLP has it; empty for a plain number. */
  readonly unit: 's' | 'By' | '';
}

/** One value of a metric. */
export interface MetricSample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const group = ['group'];
/** Not `job`: that is the label by which Prometheus names what it scrapes, and the Pushgateway what was pushed (docs/decisions/0025). */
const groupAndCommand = ['group', 'command'];

/** Every metric of an agent, in the order of the page docs/guide/monitoring.md. Base units; one unit each. */
export const metricDefinitions = [
  {
    name: 'rootcellar_last_success_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last run of the command that succeeded has ended. No failure changes it.',
    labels: groupAndCommand,
    unit: 's',
  },
  {
    name: 'rootcellar_last_run_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last run of the command that ended so has ended, by outcome.',
    labels: [...groupAndCommand, 'outcome'],
    unit: 's',
  },
  {
    name: 'rootcellar_last_verified_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last verification began that found whole what it looked at. No failure changes it.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_last_proven_timestamp_seconds',
    kind: 'gauge',
    help: 'When the last restore or drill began that proved a snapshot, every entry or count compared. No failure changes it.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_expected_interval_seconds',
    kind: 'gauge',
    help: 'Longest time between two runs of the command by its schedule.',
    labels: groupAndCommand,
    unit: 's',
  },
  {
    name: 'rootcellar_next_run_timestamp_seconds',
    kind: 'gauge',
    help: 'When the next run of the command is due by its schedule.',
    labels: groupAndCommand,
    unit: 's',
  },
  {
    name: 'rootcellar_newest_restore_point_timestamp_seconds',
    kind: 'gauge',
    help: 'When the newest good snapshot in the archive was begun.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_oldest_restore_point_timestamp_seconds',
    kind: 'gauge',
    help: 'When the oldest good snapshot in the archive was begun.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_proven_restore_point_timestamp_seconds',
    kind: 'gauge',
    help: 'When the newest good snapshot that a restore or drill has proven was begun.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_snapshots',
    kind: 'gauge',
    help: 'Snapshots in the archive, by state.',
    labels: [...group, 'state'],
    unit: '',
  },
  {
    name: 'rootcellar_locked_until_timestamp_seconds',
    kind: 'gauge',
    help: 'Until when the snapshot that is locked the least is locked (S3 Object Lock), as the last verification found it; 0 where one is not locked.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_run_duration_seconds',
    kind: 'gauge',
    help: 'How long the last run of the command took that did its work.',
    labels: groupAndCommand,
    unit: 's',
  },
  {
    name: 'rootcellar_backup_logical_bytes',
    kind: 'gauge',
    help: 'Size of the last backup as a restore would write it.',
    labels: group,
    unit: 'By',
  },
  {
    name: 'rootcellar_backup_new_bytes',
    kind: 'gauge',
    help: 'How much of the last backup the archive did not have yet.',
    labels: group,
    unit: 'By',
  },
  {
    name: 'rootcellar_backup_stored_bytes',
    kind: 'gauge',
    help: 'What was written to the store for the last backup, compressed and encrypted.',
    labels: group,
    unit: 'By',
  },
  { name: 'rootcellar_backup_entries', kind: 'gauge', help: 'Entries of the directory in the last backup.', labels: group, unit: '' },
  {
    name: 'rootcellar_dedup_ratio',
    kind: 'gauge',
    help: 'Part of the last backup that the archive had already, from 0 to 1.',
    labels: group,
    unit: '',
  },
  {
    name: 'rootcellar_runs_total',
    kind: 'counter',
    help: 'Runs of the command that this agent ended, each attempt for itself, by outcome.',
    labels: [...groupAndCommand, 'outcome'],
    unit: '',
  },
  {
    name: 'rootcellar_run_in_progress',
    kind: 'gauge',
    help: 'Whether this agent runs the command now: 1 or 0.',
    labels: groupAndCommand,
    unit: '',
  },
  {
    name: 'rootcellar_lease_held',
    kind: 'gauge',
    help: 'Whether this agent holds the right of its group to run the command: 1 or 0.',
    labels: groupAndCommand,
    unit: '',
  },
  { name: 'rootcellar_runs_queued', kind: 'gauge', help: 'Runs that wait in the queue of this agent.', labels: group, unit: '' },
  {
    name: 'rootcellar_agent_trouble',
    kind: 'gauge',
    help: 'Whether something keeps this agent from its work, such as an archive that does not answer: 1 or 0.',
    labels: group,
    unit: '',
  },
  {
    name: 'rootcellar_archive_read_timestamp_seconds',
    kind: 'gauge',
    help: 'When this agent last read the snapshots of the archive, from which the restore points are told.',
    labels: group,
    unit: 's',
  },
  {
    name: 'rootcellar_config_reload_failed',
    kind: 'gauge',
    help: 'Whether the configuration that was changed last is not in force as it is wrong: 1 or 0.',
    labels: group,
    unit: '',
  },
  {
    name: 'rootcellar_notifications_total',
    kind: 'counter',
    help: 'Notifications and pings, by way (slack, webhook, mail, ping) and outcome (sent, failed, dropped).',
    labels: ['kind', 'outcome'],
    unit: '',
  },
  {
    name: 'rootcellar_metric_pushes_total',
    kind: 'counter',
    help: 'Times the metrics were sent, by way (push-gateway, otlp) and outcome (sent, failed).',
    labels: ['kind', 'outcome'],
    unit: '',
  },
  {
    name: 'rootcellar_build_info',
    kind: 'gauge',
    help: 'Always 1; the labels say which version runs.',
    labels: ['version', 'node'],
    unit: '',
  },
  {
    name: 'process_start_time_seconds',
    kind: 'gauge',
    help: 'When the process of the agent began.',
    labels: [],
    unit: 's',
  },
  { name: 'process_cpu_seconds_total', kind: 'counter', help: 'Time that the agent has used of a processor.', labels: [], unit: 's' },
  { name: 'process_resident_memory_bytes', kind: 'gauge', help: 'Memory that the agent takes.', labels: [], unit: 'By' },
] as const satisfies readonly MetricDefinition[];

export type MetricName = (typeof metricDefinitions)[number]['name'];
