import { useMemo } from 'preact/hooks';
import type { ApiFailure } from '../../api/api-failure.ts';
import { listRuns } from '../../api/runs.ts';
import { useReloadAt, useResource } from '../../api/use-resource.ts';
import { verifiedIn, type Verified } from './verified.ts';

/** Runs to look at: each tells of all snapshots that it verified, which are thousands at times. */
const mostRuns = 3;

export interface KnownVerified {
  /** By the ID of the snapshot; undefined while it is not known. */
  readonly found: ReadonlyMap<string, Verified> | undefined;
  readonly failure: ApiFailure | undefined;
}

/** What the last runs of verify found; asked for again whenever `again` becomes another. */
export function useVerified(again: number): KnownVerified {
  const runs = useResource((signal) => listRuns({ job: 'verify', limit: mostRuns }, { signal }), []);
  useReloadAt(runs, `at ${again}`);
  const found = useMemo(() => runs.value && verifiedIn(runs.value), [runs.value]);
  return { found, failure: runs.failure };
}
