import type { CheckOptions } from './pack-checks.ts';
import type { RepositoryCore } from './repository-core.ts';

/** Which packs a check reads: none, all, or those with these keys; of the others presence and length are compared. */
export type DataToRead = boolean | ReadonlySet<string>;

/** Does a check with threads where there is something to read. */
export function checking<Result>(
  core: RepositoryCore,
  read: DataToRead,
  options: Pick<CheckOptions, 'onRead' | 'signal'>,
  check: (options: CheckOptions) => Promise<Result>,
): Promise<Result> {
  if (read === false) return check({ ...options, pipeline: undefined });
  return core.withReaders((pipeline) => check({ ...options, pipeline, only: read === true ? undefined : read }));
}
