import { Failure } from '../foundation/failure.ts';

/** The sentences that all stores share, so that a caller meets one code and one wording wherever the archive lies. */

export function objectMissing(key: string, location: string, cause?: unknown): Failure {
  return new Failure('E_OBJECT_MISSING', `Cannot read "${key}" in ${location}: there is no such object`, {
    hint: 'run verify to see what else is missing',
    cause,
  });
}

export function objectExists(key: string, location: string, cause?: unknown): Failure {
  return new Failure('E_OBJECT_EXISTS', `Cannot create "${key}" in ${location}: an object of that key is there already`, { cause });
}

export function objectChanged(attempt: string, cause?: unknown): Failure {
  return new Failure('E_OBJECT_CHANGED', `${attempt}: somebody else has changed or removed it meanwhile`, { cause });
}

export function transferCut(attempt: string, received: number, expected: number, cause?: unknown): Failure {
  return new Failure('E_TRANSFER_CUT', `${attempt}: the body ended after ${received} of ${expected} bytes`, {
    hint: 'run again; when it stays so, look at the network between here and the store',
    retry: 'now',
    cause,
  });
}

export function writeDiscarded(key: string, location: string, cause?: unknown): Failure {
  return new Failure('E_WRITE_DISCARDED', `Cannot write "${key}" to ${location}: the unfinished upload was removed meanwhile`, {
    hint: 'run again, and see that no prune with a short grace period and no lifecycle rule removes uploads that are under way',
    cause,
  });
}
