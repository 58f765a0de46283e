import type { RunHistory, StoredRun } from '../archive/stored-runs.ts';
import type { Job, RunRecord } from '../domain/run-record.ts';

/** How many runs of other agents are read when one looks again; of those before only the names are known. */
const mostReadAtOnce = 20;

/** What this agent knows of the runs of its group: its own as they end, those of others when it looks. */
export class KnownRuns {
  readonly #history: RunHistory;
  readonly #last = new Map<Job, RunRecord>();
  readonly #lastSuccess = new Map<Job, RunRecord>();
  /** The keys of the last look. */
  #seen: ReadonlySet<string> | undefined;
  /** Own runs that the archive did not take; saved when it answers again. */
  #unsaved: RunRecord[] = [];
  readonly #own = new Set<string>();

  constructor(history: RunHistory) {
    this.#history = history;
  }

  last(job: Job): RunRecord | undefined {
    return this.#last.get(job);
  }

  lastSuccess(job: Job): RunRecord | undefined {
    return this.#lastSuccess.get(job);
  }

  /** Remembers an own run and saves it; one that cannot be saved now is kept, up to a hundred, and saved by {@link refresh}. */
  async add(record: RunRecord): Promise<void> {
    this.#learn(record);
    this.#unsaved = [...this.#unsaved, record].slice(-100);
    await this.#saveAll();
  }

  /** Looks for runs of others. Resolves to those that are new since the last look, the oldest first; none at the first look. */
  async refresh(signal?: AbortSignal): Promise<readonly RunRecord[]> {
    await this.#saveAll();
    const stored = await this.#history.list({ signal });
    const isFirst = this.#seen === undefined;
    const seen = this.#seen ?? new Set();
    const fresh = stored.filter(({ key, id, attempt }) => !seen.has(key) && !this.#own.delete(ownName(id, attempt)));
    this.#seen = new Set(stored.map(({ key }) => key));
    const wanted = isFirst ? newestOfEach(fresh) : fresh.slice(0, mostReadAtOnce);
    const records: RunRecord[] = [];
    for (const run of wanted.toReversed()) {
      const record = await this.#history.read(run, { signal });
      if (record !== undefined) records.push(record);
    }
    for (const record of records) this.#learn(record);
    return isFirst ? [] : records;
  }

  async #saveAll(): Promise<void> {
    while (this.#unsaved[0] !== undefined) {
      const [record] = this.#unsaved;
      this.#own.add(ownName(record.id, record.attempt));
      await this.#history.save(record);
      this.#unsaved = this.#unsaved.filter((other) => other !== record);
    }
  }

  #learn(record: RunRecord): void {
    keepNewer(this.#last, record);
    if (record.outcome === 'success') keepNewer(this.#lastSuccess, record);
  }
}

function ownName(id: string, attempt: number): string {
  return `${id} ${attempt}`;
}

/** The last run and the last success of each job. `runs`: the newest first. */
function newestOfEach(runs: readonly StoredRun[]): readonly StoredRun[] {
  const seen = new Set<string>();
  return runs.filter(({ job, outcome }) => {
    const names = outcome === 'success' ? [job, `${job} success`] : [job];
    const isNews = names.some((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    return isNews;
  });
}

function keepNewer(of: Map<Job, RunRecord>, record: RunRecord): void {
  const before = of.get(record.job);
  if (before === undefined || before.endedAt <= record.endedAt) of.set(record.job, record);
}
