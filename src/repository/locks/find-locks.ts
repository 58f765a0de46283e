import { isFailure } from '../../foundation/failure.ts';
import type { Documents } from '../documents.ts';
import type { Id } from '../format/hex-id.ts';
import { decodeLock, type LockFile } from '../format/lock-file.ts';
import { shortened } from '../format/repository-failures.ts';
import type { FoundLock } from './lock-state.ts';

/** A store whose listings lag behind shows locks that are gone; so many looks are enough. */
const mostLooks = 5;

export interface FoundLocks {
  readonly others: readonly FoundLock[];
  /** When our own was stored, by the same account as theirs; undefined where it is not listed. */
  readonly ownStoredAt: Date | undefined;
}

/**
 * All locks, our own apart. A lock that was listed and is gone when it is read may have been refreshed, under a name that the listing
 * was too early for; then it is looked for again.
 */
export async function findLocks(documents: Documents, own: Id | undefined, signal: AbortSignal | undefined): Promise<FoundLocks> {
  const read = new Map<Id, LockFile | undefined>();
  for (let look = 1; ; look += 1) {
    const all = await documents.list('locks', signal);
    const listed = all.filter(({ id }) => id !== own);
    const unread = listed.map(({ id }) => id).filter((id) => !read.has(id));
    for (const [id, content] of await documents.readAll('locks', unread, signal)) read.set(id, fileOf(id, content));
    const found = listed.filter(({ id }) => read.has(id));
    if (found.length < listed.length && look < mostLooks) continue;
    return {
      others: found.map(({ id, modifiedAt }) => ({ id, modifiedAt, file: read.get(id) })),
      ownStoredAt: all.find(({ id }) => id === own)?.modifiedAt,
    };
  }
}

function fileOf(id: Id, content: Uint8Array | Error): LockFile | undefined {
  if (content instanceof Error) return undefined;
  try {
    return decodeLock(content, `lock ${shortened(id)}`);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}
