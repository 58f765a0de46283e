/** The metrics that alarms and dashboard may ask for, with their labels. */
export const metricLabels: Readonly<Record<string, readonly string[]>> = {
  rootcellar_last_success_timestamp_seconds: ['group', 'job'],
  rootcellar_last_verified_timestamp_seconds: ['group'],
  rootcellar_last_proven_timestamp_seconds: ['group'],
  rootcellar_expected_interval_seconds: ['group', 'job'],
  rootcellar_oldest_restore_point_timestamp_seconds: ['group'],
  rootcellar_run_duration_seconds: ['group', 'job'],
  rootcellar_backup_logical_bytes: ['group'],
  rootcellar_backup_new_bytes: ['group'],
  rootcellar_backup_stored_bytes: ['group'],
  rootcellar_backup_entries: ['group'],
  rootcellar_dedup_ratio: ['group'],
  rootcellar_locked_until_timestamp_seconds: ['group'],
  rootcellar_lease_held: ['group', 'job'],
  rootcellar_runs_total: ['group', 'job', 'outcome'],
  rootcellar_config_reload_failed: [],
};
