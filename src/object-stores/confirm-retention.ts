import { Failure, isFailure } from '../foundation/failure.ts';
import type { ObjectRetention } from './object-lock.ts';
import type { CallOptions, ObjectStore } from './object-store.ts';

/**
 * Asks the store whether it locked what was just written as it was told to, and locks it anew where it did not: some stores pass over what
 * they do not know. Resolves to whether the write alone had done it. Without the right to ask, the store's word must do; `verify` asks again.
 *
 * @throws Failure E_OBJECT_LOCK_NOT_KEPT when it stays unlocked
 */
export async function confirmRetention(
  store: Pick<ObjectStore, 'location' | 'objectLock'>,
  key: string,
  retention: ObjectRetention,
  options: CallOptions,
): Promise<boolean> {
  if (await isLocked(store, key, retention, options)) return true;
  await store.objectLock.extend(key, retention, options);
  if (await isLocked(store, key, retention, options)) return false;
  throw new Failure('E_OBJECT_LOCK_NOT_KEPT', `Cannot lock "${key}" in ${store.location}: the store takes the lock and does not keep it`, {
    hint: 'use a store that has Object Lock (AWS S3, MinIO, versitygw), or leave objectLock.mode (--object-lock-mode) out',
  });
}

async function isLocked(
  { objectLock }: Pick<ObjectStore, 'objectLock'>,
  key: string,
  { until }: ObjectRetention,
  options: CallOptions,
): Promise<boolean> {
  try {
    const held = await objectLock.retentionOf(key, options);
    return held !== undefined && held.until.getTime() >= until.getTime();
  } catch (error) {
    if (!isFailure(error, 'E_ACCESS_DENIED')) throw error;
    return true;
  }
}
