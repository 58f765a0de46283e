import { jobNames, outcomeNames, type Job, type RunOutcome } from '../../api/runs.ts';

/** What the address of the list says beside its path. */
export interface RunQuery {
  readonly job?: Job | undefined;
  readonly outcome?: RunOutcome | undefined;
  /** The job that one is about to run. */
  readonly run?: Job | undefined;
}

export function pathOf(query: RunQuery): string {
  const words = new URLSearchParams();
  for (const name of ['job', 'outcome', 'run'] as const) if (query[name] !== undefined) words.set(name, query[name]);
  return words.size === 0 ? '/runs' : `/runs?${words.toString()}`;
}

/** Undefined for what is no job: an address may say anything. */
export function jobOfText(text: string | undefined): Job | undefined {
  return jobNames.find((job) => job === text);
}

export function outcomeOfText(text: string | undefined): RunOutcome | undefined {
  return outcomeNames.find((outcome) => outcome === text);
}
