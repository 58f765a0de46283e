import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { Id } from '../format/hex-id.ts';
import { resticLockSeconds, type LockFile } from '../format/lock-file.ts';
import { shortened } from '../format/repository-failures.ts';
import type { LockOwner } from './lock-owner.ts';

export interface FoundLock {
  readonly id: Id;
  /** By the store's clock. */
  readonly modifiedAt: Date;
  /** Undefined when it cannot be read. */
  readonly file: LockFile | undefined;
}

/** `silent`: it should have been refreshed by now, and is good for a while yet. */
export type LockState = 'held' | 'silent' | 'dead';

/**
 * Decides what to make of another's lock at `now` of the store's clock. Its own time is not asked: its writer's clock may be wrong.
 *
 * A lock of ours is dead when its process is known to be gone, or when it was not refreshed for as long as it said it is good for, be its
 * process frozen or not: who comes back finds it removed. One of restic is dead after restic's half an hour; that its process ID is not on
 * this machine says nothing, as containers may share a host name.
 */
export function lockStateOf({ modifiedAt, file }: FoundLock, now: Date, owner: LockOwner): LockState {
  const age = now.getTime() - modifiedAt.getTime();
  if (age >= goodForOf(file)) return 'dead';
  if (file?.claim === undefined) return 'held';
  const alive = owner.isAlive?.({ hostname: file.hostname, pid: file.pid, ...file.claim });
  if (alive === false) return 'dead';
  return alive === undefined && age > goodForOf(file) / 2 ? 'silent' : 'held';
}

/** Whether a lock keeps away who wants one of this kind. One that cannot be read may be any, so it keeps away who wants to be alone. */
export function isInTheWay({ file }: FoundLock, isExclusive: boolean): boolean {
  return isExclusive || file?.isExclusive === true;
}

/** By the store's clock: from then on it is dead unless it is refreshed. */
export function endOf({ modifiedAt, file }: FoundLock): Date {
  return new Date(modifiedAt.getTime() + goodForOf(file));
}

function goodForOf(file: LockFile | undefined): number {
  return (file?.claim?.goodForSeconds ?? resticLockSeconds) * 1000;
}

/** E_REPOSITORY_LOCKED (exit code 11): says who holds it, since when, and when it would be passed over. */
export function repositoryLocked(found: FoundLock): Failure {
  const end = endOf(found).toISOString();
  return new Failure('E_REPOSITORY_LOCKED', `Cannot lock the repository: ${holderOf(found)}`, {
    exitCode: exitCodes.busy,
    retry: 'later',
    hint: `wait until it has ended, or give --lock-wait; were it dead, it would be passed over at ${end}`,
  });
}

/** Who holds it, in one clause. */
export function holderOf({ id, modifiedAt, file }: FoundLock): string {
  if (file === undefined) return `lock ${shortened(id)} of ${modifiedAt.toISOString()} cannot be read`;
  const { username, hostname, pid, isExclusive, time, claim } = file;
  const work = claim === undefined || claim.work === '' ? '' : `, ${claim.work}`;
  const since = claim?.began || new Date(time.milliseconds).toISOString();
  const who = `${username === '' ? 'a process' : username} on ${hostname} (process ${pid}${work})`;
  return `${who} has had ${isExclusive ? 'an exclusive' : 'a shared'} lock since ${since}`;
}
