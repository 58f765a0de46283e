import type { Job, RunOutcome, RunRecord } from '../../domain/run-record.ts';

/** How many runs of a job are remembered; six weeks of four a day would be more than anything here asks about. */
const mostOfAJob = 100;

/**
 * The finished runs that this agent knows of, from the history in the archive and from what it saw itself: what it tells of runs must not hang on the
 * archive, as that is what fails. Holds a bounded number, and of most of them neither log nor result.
 */
export class ReportedRuns {
  readonly #byJob = new Map<Job, RunRecord[]>();
  readonly #onAdd: (records: readonly RunRecord[]) => void;

  /** `onAdd` is given each record with its result. */
  constructor(onAdd: (records: readonly RunRecord[]) => void = () => undefined) {
    this.#onAdd = onAdd;
  }

  add(records: readonly RunRecord[]): void {
    this.#onAdd(records);
    for (const [job, added] of Map.groupBy(records, (record) => record.job)) {
      const known = new Map([...(this.#byJob.get(job) ?? []), ...added].map((record) => [`${record.id} ${record.attempt}`, record]));
      const sorted = [...known.values()].toSorted(lastEndedFirst);
      const whole = new Set(newestOfEach(sorted).values());
      const kept = sorted.filter((record, at) => at < mostOfAJob || whole.has(record));
      this.#byJob.set(
        job,
        kept.map((record) => (whole.has(record) ? record : { ...record, log: [], result: undefined })),
      );
    }
  }

  /** The last ended first. */
  of(job: Job): readonly RunRecord[] {
    return this.#byJob.get(job) ?? [];
  }

  /** Of each job and outcome the run that ended last. */
  newest(): readonly RunRecord[] {
    return [...this.#byJob.values()].flatMap((records) => [...newestOfEach(records).values()]);
  }
}

function newestOfEach(sorted: readonly RunRecord[]): ReadonlyMap<RunOutcome, RunRecord> {
  const newest = new Map<RunOutcome, RunRecord>();
  for (const record of sorted) if (!newest.has(record.outcome)) newest.set(record.outcome, record);
  return newest;
}

function lastEndedFirst(a: RunRecord, b: RunRecord): number {
  return Date.parse(b.endedAt) - Date.parse(a.endedAt) || (a.id < b.id ? 1 : a.id > b.id ? -1 : b.attempt - a.attempt);
}
