import type { MetricSample } from './metric-definitions.ts';

/** Of a process that ends after one run they say nothing: a counter would begin anew with each, and what is held is given back at once. */
const ofTheProcess = /^process_|_total$|^rootcellar_(lease_held|run_in_progress|runs_queued|agent_trouble|config_reload_failed)$/;

const ofTheHistory = /^rootcellar_(last_|run_duration_|backup_|dedup_|locked_until_)/;

/** Those that stay true after the process has ended. */
export function lastingSamples(samples: readonly MetricSample[]): readonly MetricSample[] {
  return samples.filter(({ name }) => !ofTheProcess.test(name));
}

/** Those that are told from other things than finished runs. */
export function samplesWithoutHistory(samples: readonly MetricSample[]): readonly MetricSample[] {
  return samples.filter(({ name }) => !ofTheHistory.test(name));
}
