import { compactTime, timeOfCompact } from '../domain/compact-time.ts';
import { jobs, runOutcomes, type Job, type RunOutcome, type RunRecord, runRecordSchema } from '../domain/run-record.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { agentsPrefix, readAgentDocument, writeAgentDocument } from './agent-documents.ts';

/** What the agents of a group did: the runs of their jobs, kept in the archive itself so that each agent, also a new one, knows them. */
export interface RunHistory {
  /** Durable once it resolves. */
  save(record: RunRecord, options?: OperationContext): Promise<void>;
  /** What the names of the records tell, the newest first; none is read. */
  list(options?: OperationContext): Promise<readonly StoredRun[]>;
  /** Undefined where it is not there any more, or cannot be read. */
  read(run: StoredRun, options?: OperationContext): Promise<RunRecord | undefined>;
  /** Removes the oldest beyond `keep`, but never the last success of a job. */
  trim(keep: number, options?: OperationContext): Promise<void>;
}

export interface StoredRun {
  readonly key: string;
  readonly id: string;
  readonly job: Job;
  readonly outcome: RunOutcome;
  /** RFC 3339, UTC. */
  readonly endedAt: string;
  readonly attempt: number;
}

/** Runs as objects of the archive: `.rootcellar/agents/<group>/runs/<end>-<job>-<outcome>-<attempt>-<ID>.json`. */
export class StoredRuns implements RunHistory {
  readonly #store: ObjectStore;
  readonly #prefix: string;

  constructor(store: ObjectStore, group: string) {
    this.#store = store;
    this.#prefix = `${agentsPrefix}${group}/runs/`;
  }

  async save(record: RunRecord, { signal }: OperationContext = {}): Promise<void> {
    const { endedAt, job, outcome, attempt, id } = record;
    const key = `${this.#prefix}${compactTime(endedAt)}-${job}-${outcome}-${attempt}-${id}.json`;
    await writeAgentDocument(this.#store, key, record, { signal });
  }

  async list({ signal }: OperationContext = {}): Promise<readonly StoredRun[]> {
    const runs: StoredRun[] = [];
    for await (const { key } of this.#store.list(this.#prefix, { signal })) {
      const run = factsOf(key);
      if (run !== undefined) runs.push(run);
    }
    return runs.toReversed();
  }

  read({ key }: StoredRun, { signal }: OperationContext = {}): Promise<RunRecord | undefined> {
    return readAgentDocument(this.#store, key, runRecordSchema, { signal });
  }

  async trim(keep: number, { signal }: OperationContext = {}): Promise<void> {
    const surplus = surplusOf(await this.list({ signal }), keep);
    if (surplus.length > 0)
      await this.#store.delete(
        surplus.map(({ key }) => key),
        { signal },
      );
  }
}

/** The runs beyond the newest `keep`, without the last success of each job. `runs`: the newest first. */
export function surplusOf(runs: readonly StoredRun[], keep: number): readonly StoredRun[] {
  const lastSuccesses = new Set(jobs.map((job) => runs.find((run) => run.job === job && run.outcome === 'success')));
  return runs.slice(keep).filter((run) => !lastSuccesses.has(run));
}

const namePattern = new RegExp(
  String.raw`^(\d{8}T\d{9}Z)-(${jobs.join('|')})-(${runOutcomes.join('|')})-(\d+)-(\d{8}T\d{9}Z-[0-9a-z]{6})\.json$`,
);

/** Undefined for a name that is not of a run. */
function factsOf(key: string): StoredRun | undefined {
  const [, end = '', job, outcome, attempt, id = ''] = namePattern.exec(key.slice(key.lastIndexOf('/') + 1)) ?? [];
  const endedAt = timeOfCompact(end);
  if (endedAt === undefined) return undefined;
  // The pattern has only these words in it.
  return { key, id, job: job as Job, outcome: outcome as RunOutcome, endedAt, attempt: Number(attempt) };
}
