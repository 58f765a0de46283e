import type { Failure } from '../foundation/failure.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { isId } from './format/hex-id.ts';
import { damaged } from './format/repository-failures.ts';

/** What says so of a repository that cannot be opened, and what to do. */
export function damagedConfig(state: string, cause?: unknown): Failure {
  return damaged('the config of the repository', state, cause, { object: 'config', hint: 'run "rootcellar repair config"' });
}

/**
 * Whether a repository is here that has lost its config: then nothing new may be made in its place. A key alone is none, as a killed `init` leaves one.
 */
export async function isConfigLost(store: ObjectStore, signal: AbortSignal | undefined): Promise<boolean> {
  for (const folder of ['index/', 'snapshots/']) {
    for await (const { key } of store.list(folder, { signal })) if (isId(key.slice(folder.length))) return true;
  }
  return false;
}
