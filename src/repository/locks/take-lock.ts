import { randomInt } from 'node:crypto';
import type { Clock } from '../../foundation/clock.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { ReportProgress } from '../../foundation/progress.ts';
import type { Documents } from '../documents.ts';
import type { Id } from '../format/hex-id.ts';
import { encodeLock } from '../format/lock-file.ts';
import { findLocks } from './find-locks.ts';
import { goodForMillisecondsOf, type LockOwner } from './lock-owner.ts';
import { endOf, holderOf, isInTheWay, lockStateOf, repositoryLocked, type FoundLock, type LockState } from './lock-state.ts';

export interface LockTools {
  readonly documents: Documents;
  readonly owner: LockOwner;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly report?: ReportProgress | undefined;
}

export interface StoredLock {
  readonly id: Id;
  /** When it came to be, by the store's clock. */
  readonly storedAt: Date;
  /** By ours, before the store was asked: it is good at least from then on. */
  readonly askedAt: Date;
}

interface Obstacle {
  readonly found: FoundLock;
  readonly state: LockState;
  /** Until it is dead unless it is refreshed. */
  readonly millisecondsLeft: number;
}

const lookEveryMilliseconds = 5000;

/**
 * Takes a lock. Who holds one that is in the way is waited for as long as the owner wants to wait; one that is silent is waited for until its end in any
 * case, as its holder seems to be gone.
 *
 * @throws Failure E_REPOSITORY_LOCKED (exit code 11), which says who holds it
 */
export async function takeLock(isExclusive: boolean, tools: LockTools): Promise<StoredLock> {
  const { clock, owner, signal, report } = tools;
  const latest = clock.now().getTime() + (owner.waitMilliseconds ?? 0);
  let told: Id | undefined;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryToTake(isExclusive, attempt > 0, tools);
    if ('id' in outcome) return outcome;
    const { found, state, millisecondsLeft } = outcome;
    const waitLeft = latest - clock.now().getTime();
    if (waitLeft <= 0 && state !== 'silent') throw repositoryLocked(found);
    if (told !== found.id) report?.({ kind: 'note', level: 'warning', text: `waiting: ${holderOf(found)}` });
    told = found.id;
    // Two who stand in each other's way must not come back at the same moment.
    const pause = lookEveryMilliseconds * (0.75 + randomInt(1000) / 2000);
    await clock.sleep(Math.max(1, Math.min(pause, millisecondsLeft, waitLeft > 0 ? waitLeft : pause)), signal);
  }
}

/** One more lock of ours, whatever others hold. */
export async function storeLock(isExclusive: boolean, began: Date, tools: LockTools): Promise<StoredLock> {
  const { documents, owner, clock, signal } = tools;
  const askedAt = clock.now();
  const { hostname, username, pid, work = '', identity } = owner;
  const lock = encodeLock({
    time: { milliseconds: askedAt.getTime(), nanoseconds: 0 },
    isExclusive,
    hostname,
    username,
    pid,
    claim: {
      work,
      space: identity?.space ?? '',
      processBegan: identity?.processBegan ?? '',
      container: identity?.container ?? '',
      began: began.toISOString(),
      goodForSeconds: goodForMillisecondsOf(owner) / 1000,
    },
  });
  const sealed = documents.seal(lock);
  try {
    const { id, modifiedAt } = await documents.put('locks', sealed, signal);
    return { id, storedAt: modifiedAt, askedAt };
  } catch (error) {
    // The store may have it all the same.
    await giveBack(documents, [sealed.id]);
    throw error;
  }
}

/**
 * Stores a lock and looks who else has one: of two that come at once each sees the other's. Dead ones are removed, and those in the way must be, before anything is
 * done under ours: their holders may only be frozen, and know by that that they lost them.
 */
async function tryToTake(isExclusive: boolean, isAgain: boolean, tools: LockTools): Promise<StoredLock | Obstacle> {
  const { documents, clock, signal } = tools;
  // An exclusive lock keeps everybody away, so it is not stored only to be refused.
  const early = isExclusive || isAgain ? await plainObstacle(isExclusive, tools) : undefined;
  if (early !== undefined) return early;
  const own = await storeLock(isExclusive, clock.now(), tools);
  try {
    for (;;) {
      const { others, ownStoredAt = own.storedAt } = await findLocks(documents, own.id, signal);
      const now = new Date(ownStoredAt.getTime() + clock.now().getTime() - own.askedAt.getTime());
      const obstacle = obstacleAmong(others, isExclusive, now, tools.owner);
      if (obstacle !== undefined) {
        await giveBack(documents, [own.id]);
        return obstacle;
      }
      const dead = others.filter((other) => lockStateOf(other, now, tools.owner) === 'dead');
      const areGone = await removeDead(dead, isExclusive, tools);
      // Its holder may have refreshed it just then: look again. Dead shared ones are in no writer's way.
      if (!areGone || !dead.some((other) => isInTheWay(other, isExclusive))) return { ...own, storedAt: ownStoredAt };
    }
  } catch (error) {
    await giveBack(documents, [own.id]);
    throw error;
  }
}

/**
 * Who plainly is in the way. Without a lock of our own the store's clock is not known, and what ours says of a lock's age may be wrong: only one that was
 * stored a little while ago by both clocks counts.
 */
async function plainObstacle(isExclusive: boolean, { documents, owner, clock, signal }: LockTools): Promise<Obstacle | undefined> {
  const now = clock.now();
  const { others } = await findLocks(documents, undefined, signal);
  return obstacleAmong(
    others.filter(({ modifiedAt }) => modifiedAt.getTime() <= now.getTime()),
    isExclusive,
    now,
    owner,
  );
}

function obstacleAmong(others: readonly FoundLock[], isExclusive: boolean, now: Date, owner: LockOwner): Obstacle | undefined {
  const obstacles = others
    .filter((other) => isInTheWay(other, isExclusive))
    .map((found) => ({ found, state: lockStateOf(found, now, owner), millisecondsLeft: endOf(found).getTime() - now.getTime() }))
    .filter(({ state }) => state !== 'dead');
  return obstacles.find(({ state }) => state === 'held') ?? obstacles[0];
}

/** Resolves to whether they are gone. Who wants to share may lack the right to delete; two-phase deletion makes it safe all the same. */
async function removeDead(dead: readonly FoundLock[], isExclusive: boolean, { documents, signal }: LockTools): Promise<boolean> {
  if (dead.length === 0) return true;
  try {
    await documents.remove(
      'locks',
      dead.map(({ id }) => id),
      signal,
    );
    return true;
  } catch (error) {
    if (isExclusive || signal?.aborted === true || !isFailure(error)) throw error;
    return false;
  }
}

/** An account that may not delete leaves them to age; that must not fail what was done under them. */
export async function giveBack(documents: Documents, ids: readonly Id[]): Promise<void> {
  await documents.remove('locks', ids).catch(() => undefined);
}
