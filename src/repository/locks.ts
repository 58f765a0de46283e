import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure, isFailure } from '../foundation/failure.ts';
import type { Documents } from './documents.ts';
import type { Id } from './format/hex-id.ts';
import { decodeLock, encodeLock, type LockFile } from './format/lock-file.ts';
import { shortened } from './format/repository-failures.ts';

export interface LockOwner {
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  /** Whether a process of this machine runs; undefined when that cannot be known. */
  readonly isAlive?: ((pid: number) => boolean | undefined) | undefined;
}

/** restic's: a lock that nobody refreshed for so long is of a dead process. */
const staleAfterMilliseconds = 30 * 60_000;

/**
 * Runs `work` under a lock that restic respects: with an exclusive one nobody else has any lock, with others only an exclusive one stands in the way.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11), which says who holds it
 */
export async function underLock<Result>(
  documents: Documents,
  isExclusive: boolean,
  { owner, clock, signal }: { readonly owner: LockOwner; readonly clock: Clock; readonly signal: AbortSignal | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  await assertFree(documents, isExclusive, undefined, { owner, clock, signal });
  const time = { milliseconds: clock.now().getTime(), nanoseconds: 0 };
  const lock = { time, isExclusive, hostname: owner.hostname, username: owner.username, pid: owner.pid };
  const id = await documents.write('locks', encodeLock(lock), signal);
  try {
    // Of two that came at once each sees the other's now.
    await assertFree(documents, isExclusive, id, { owner, clock, signal });
    return await work();
  } finally {
    // An account that may not delete leaves it to age; it must not fail what was done under it.
    await documents.remove('locks', [id]).catch(() => undefined);
  }
}

async function assertFree(
  documents: Documents,
  isExclusive: boolean,
  own: Id | undefined,
  { owner, clock, signal }: { readonly owner: LockOwner; readonly clock: Clock; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const ids = (await documents.list('locks', signal)).map(({ id }) => id).filter((id) => id !== own);
  for (const [id, content] of await documents.readAll('locks', ids, signal)) {
    const lock = lockOf(id, content);
    // A lock that cannot be read is left to its age: its writer may be under way.
    if (lock === undefined || isStale(lock, owner, clock.now())) continue;
    if (isExclusive || lock.isExclusive) throw locked(lock);
  }
}

function lockOf(id: Id, content: Uint8Array | Error): LockFile | undefined {
  if (content instanceof Error) return undefined;
  try {
    return decodeLock(content, `lock ${shortened(id)}`);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

function isStale({ time, hostname, pid }: LockFile, owner: LockOwner, now: Date): boolean {
  if (now.getTime() - time.milliseconds > staleAfterMilliseconds) return true;
  return hostname === owner.hostname && pid !== owner.pid && owner.isAlive?.(pid) === false;
}

function locked({ isExclusive, hostname, username, pid, time }: LockFile): Failure {
  const who = `${username === '' ? 'a process' : username} on ${hostname} (process ${pid})`;
  const since = new Date(time.milliseconds).toISOString();
  return new Failure(
    'E_REPOSITORY_LOCKED',
    `Cannot lock the repository: ${who} has had a ${isExclusive ? 'exclusive' : 'shared'} lock since ${since}`,
    {
      exitCode: exitCodes.busy,
      retry: 'later',
      hint: 'wait until it has ended; a lock of a process that died is passed over after 30 minutes',
    },
  );
}
