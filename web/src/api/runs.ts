import type { Run } from '../../../src/agent/http/api-schemas.ts';
import type { Job, RunOutcome, RunRecord } from '../../../src/domain/run-record.ts';
import { getDocument, sendDocument, type RequestOptions } from './client.ts';

export type { Job, RunOutcome, RunRecord };

/** In the order in which they are shown. */
export const jobNames: readonly Job[] = ['backup', 'verify', 'drill', 'forget', 'prune'];
export const outcomeNames: readonly RunOutcome[] = ['success', 'partial', 'failure', 'canceled', 'skipped'];

/** The most that the agent gives at once. */
export const mostRuns = 1000;

/** Finished runs of the group, the newest first. @throws ApiFailure */
export async function listRuns(
  { job, limit }: { readonly job?: Job | undefined; readonly limit: number },
  options: RequestOptions = {},
): Promise<readonly RunRecord[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(job === undefined ? {} : { job }) });
  const { runs } = await getDocument<{ readonly runs: readonly RunRecord[] }>(`/runs?${query.toString()}`, options);
  return runs;
}

/** Puts a run of the job into the agent's queue. `words` empty: as its schedule does it. @throws ApiFailure */
export function requestRun(job: Job, words: readonly string[]): Promise<Run> {
  return sendDocument<Run>('POST', '/runs', { job, words });
}

/** @throws ApiFailure 409 where it has ended, or another agent runs it */
export function cancelRun(id: string): Promise<unknown> {
  return sendDocument('POST', `/runs/${encodeURIComponent(id)}/cancel`);
}

/** In milliseconds. */
export function durationOf({ beganAt, endedAt }: Pick<RunRecord, 'beganAt' | 'endedAt'>): number {
  return Math.max(0, Date.parse(endedAt) - Date.parse(beganAt));
}
