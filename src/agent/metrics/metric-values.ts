import { z } from 'zod';
import type { RunRecord } from '../../domain/run-record.ts';
import { newestFirst, type Snapshot } from '../../domain/snapshot.ts';
import type { AgentStatus, JobStatus } from '../agent-view.ts';
import type { MetricName, MetricSample } from './metric-definitions.ts';

/** All that metrics are told from. */
export interface MetricFacts {
  readonly version: string;
  readonly nodeVersion: string;
  readonly status: AgentStatus;
  /** Of each job and outcome the run of the group that ended last, in any order; more do no harm. */
  readonly runs: readonly RunRecord[];
  /** What was read last; undefined where it could not be read yet. */
  readonly archive?: ArchiveFacts | undefined;
  /** What was counted since the agent began. */
  readonly counted: readonly MetricSample[];
  readonly process: ProcessFacts;
}

export interface ArchiveFacts {
  readonly snapshots: readonly Snapshot[];
  readonly readAt: Date;
}

export interface ProcessFacts {
  readonly startedAt: Date;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/**
 * The values of all metrics that have one now. What is not known has none, so that nothing is overwritten by a guess: not 0, as that would be 1970.
 * The same facts give the same values, on every agent of the group and after a restart.
 */
export function metricValues(facts: MetricFacts): readonly MetricSample[] {
  const { status, runs, archive } = facts;
  const { group } = status;
  const known = [...runs, ...status.jobs.flatMap(({ last, lastSuccess }) => [last, lastSuccess])].filter((run) => run !== undefined);
  const sorted = known.toSorted((a, b) => Date.parse(b.endedAt) - Date.parse(a.endedAt));
  return [
    ...runSamples(group, sorted),
    ...verifySamples(group, sorted, archive),
    ...backupSamples(group, sorted),
    ...archiveSamples(group, archive),
    ...provenSamples(group, sorted, archive),
    ...status.jobs.flatMap((job) => jobSamples(status, job)),
    ...agentSamples(status),
    ...facts.counted,
    ...processSamples(facts),
  ];
}

function runSamples(group: string, newestEnd: readonly RunRecord[]): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const [command, runs] of Map.groupBy(newestEnd, ({ job }) => job)) {
    for (const [outcome, ended] of Map.groupBy(runs, (run) => run.outcome)) {
      samples.push(...timeOf('rootcellar_last_run_timestamp_seconds', { group, command, outcome }, ended[0]?.endedAt));
    }
    const success = runs.find(({ outcome }) => outcome === 'success');
    samples.push(...timeOf('rootcellar_last_success_timestamp_seconds', { group, command }, success?.endedAt));
    const done = runs.find(isDone);
    if (done !== undefined) samples.push(sample('rootcellar_run_duration_seconds', { group, command }, secondsOf(done)));
  }
  return samples;
}

function secondsOf({ beganAt, endedAt }: RunRecord): number {
  return (Date.parse(endedAt) - Date.parse(beganAt)) / 1000;
}

function isDone({ outcome }: RunRecord): boolean {
  return outcome === 'success' || outcome === 'partial';
}

/** What of `verify --json` is told on. */
const verifyResult = z.object({
  isWhole: z.boolean().nullish(),
  snapshots: z.array(z.object({ id: z.string(), lockedUntil: z.string().nullish() })).default([]),
});

function verifySamples(group: string, newestEnd: readonly RunRecord[], archive: ArchiveFacts | undefined): MetricSample[] {
  const verified = newestEnd.filter(({ job }) => job === 'verify').map((run) => ({ run, result: verifyResult.safeParse(run.result).data }));
  // One whose locks are not as they should be ends as partial, or fails, and has read all the same.
  const whole = verified.filter(({ run, result }) => run.outcome === 'success' || result?.isWhole === true);
  const locks = verified.find(({ result }) => result?.snapshots.some(({ lockedUntil }) => lockedUntil !== undefined));
  return [
    ...timeOf('rootcellar_last_verified_timestamp_seconds', { group }, newestOf(whole.map(({ run }) => run.beganAt))),
    ...lockSamples(group, locks?.result?.snapshots ?? [], archive),
  ];
}

function lockSamples(
  group: string,
  found: readonly { readonly id: string; readonly lockedUntil?: string | null | undefined }[],
  archive: ArchiveFacts | undefined,
): MetricSample[] {
  const there = archive === undefined ? undefined : new Set(archive.snapshots.map(({ id }) => id));
  const ends = found.filter(({ id }) => there?.has(id) !== false).map(({ lockedUntil }) => (lockedUntil ? Date.parse(lockedUntil) : 0));
  return ends.length === 0 ? [] : [sample('rootcellar_locked_until_timestamp_seconds', { group }, Math.min(...ends) / 1000)];
}

/** What of `backup --json` is told on. */
const backupResult = z.object({
  bytes: z.number(),
  newBytes: z.number(),
  storedBytes: z.number(),
  entries: z.number().nullish(),
});

function backupSamples(group: string, newestEnd: readonly RunRecord[]): MetricSample[] {
  const results = newestEnd.filter((run) => run.job === 'backup' && isDone(run)).map(({ result }) => backupResult.safeParse(result).data);
  const last = results.find((result) => result !== undefined);
  if (last === undefined) return [];
  const { bytes, newBytes, storedBytes, entries } = last;
  return [
    sample('rootcellar_backup_logical_bytes', { group }, bytes),
    sample('rootcellar_backup_new_bytes', { group }, newBytes),
    sample('rootcellar_backup_stored_bytes', { group }, storedBytes),
    ...(typeof entries === 'number' ? [sample('rootcellar_backup_entries', { group }, entries)] : []),
    ...(bytes > 0 ? [sample('rootcellar_dedup_ratio', { group }, Math.max(0, 1 - newBytes / bytes))] : []),
  ];
}

const states = ['complete', 'suspicious', 'unlisted', 'damaged'] as const;

function archiveSamples(group: string, archive: ArchiveFacts | undefined): MetricSample[] {
  if (archive === undefined) return [];
  const good = archive.snapshots.filter(({ state }) => state === 'complete').toSorted(newestFirst);
  return [
    ...timeOf('rootcellar_newest_restore_point_timestamp_seconds', { group }, good[0]?.time),
    ...timeOf('rootcellar_oldest_restore_point_timestamp_seconds', { group }, good.at(-1)?.time),
    ...timeOf('rootcellar_proven_restore_point_timestamp_seconds', { group }, good.find(({ provenAt }) => provenAt !== undefined)?.time),
    ...states.map((state) =>
      sample('rootcellar_snapshots', { group, state }, archive.snapshots.filter((snapshot) => snapshot.state === state).length),
    ),
    sample('rootcellar_archive_read_timestamp_seconds', { group }, archive.readAt.getTime() / 1000),
  ];
}

/** From the snapshots, as restores by hand prove them too; and from the drills, as a proven snapshot may be forgotten. */
function provenSamples(group: string, newestEnd: readonly RunRecord[], archive: ArchiveFacts | undefined): MetricSample[] {
  const drills = newestEnd.filter(({ job, outcome }) => job === 'drill' && outcome === 'success').map(({ beganAt }) => beganAt);
  const snapshots = (archive?.snapshots ?? []).map(({ provenAt }) => provenAt);
  return timeOf('rootcellar_last_proven_timestamp_seconds', { group }, newestOf([...drills, ...snapshots]));
}

function jobSamples({ group, active }: AgentStatus, { job, nextAt, expectedIntervalSeconds, isLeader }: JobStatus): MetricSample[] {
  const labels = { group, command: job };
  const isRunning = active.some((run) => run.job === job && run.state === 'running');
  return [
    ...(expectedIntervalSeconds === undefined ? [] : [sample('rootcellar_expected_interval_seconds', labels, expectedIntervalSeconds)]),
    ...timeOf('rootcellar_next_run_timestamp_seconds', labels, nextAt),
    sample('rootcellar_lease_held', labels, Number(isLeader)),
    sample('rootcellar_run_in_progress', labels, Number(isRunning)),
  ];
}

function agentSamples({ group, active, trouble, reloadFailure }: AgentStatus): MetricSample[] {
  return [
    sample('rootcellar_runs_queued', { group }, active.filter(({ state }) => state === 'queued').length),
    sample('rootcellar_agent_trouble', { group }, Number(trouble !== undefined)),
    sample('rootcellar_config_reload_failed', { group }, Number(reloadFailure !== undefined)),
  ];
}

function processSamples({ version, nodeVersion, process }: MetricFacts): MetricSample[] {
  return [
    sample('rootcellar_build_info', { version, node: nodeVersion }, 1),
    sample('process_start_time_seconds', {}, process.startedAt.getTime() / 1000),
    sample('process_cpu_seconds_total', {}, process.cpuSeconds),
    sample('process_resident_memory_bytes', {}, process.residentBytes),
  ];
}

function newestOf(times: readonly (string | undefined)[]): string | undefined {
  return times.filter((time) => time !== undefined).toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

function timeOf(name: MetricName, labels: MetricSample['labels'], time: string | undefined): MetricSample[] {
  return time === undefined ? [] : [sample(name, labels, Date.parse(time) / 1000)];
}

function sample(name: MetricName, labels: MetricSample['labels'], value: number): MetricSample {
  return { name, labels, value };
}
