import { Failure } from '../foundation/failure.ts';
import type { ObjectLock } from './object-lock.ts';

/** Of a store that cannot lock anything: `why` is one clause, `a folder has no Object Lock`. */
export function noObjectLock(location: string, why: string): ObjectLock {
  return {
    ability: () => Promise.resolve({ isEnabled: false, why }),
    retentionOf: () => Promise.resolve(undefined),
    extend: (key) => Promise.reject(lockUnsupported(`Cannot lock "${key}" in ${location}`, why)),
    async *listVersions() {
      // Every object is its own only version, and none is hidden.
    },
    deleteVersions: () => Promise.resolve([]),
  };
}

export function lockUnsupported(attempt: string, why: string, cause?: unknown): Failure {
  return new Failure('E_OBJECT_LOCK_UNSUPPORTED', `${attempt}: ${why}`, {
    hint: 'use a bucket that was made with Object Lock (it cannot be added everywhere later), or leave objectLock.mode (--object-lock-mode) out',
    cause,
  });
}
