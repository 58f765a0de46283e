import { createHash } from 'node:crypto';
import { link, rename, stat, unlink } from 'node:fs/promises';

import type { Clock } from '../foundation/clock.ts';
import { Failure } from '../foundation/failure.ts';
import { errnoOf } from './local-failures.ts';
import { unlessAbsent } from './local-files.ts';

const staleMilliseconds = 30_000;
const pauseMilliseconds = 5;

export interface LocalLockOptions {
  readonly clock: Clock;
  /** Where locks lie; on the same file system as `token`. */
  readonly folder: string;
  /** A file of ours, new: the lock is a second name of it, so that making it is atomic and its age is told by the disk's own clock. */
  readonly token: string;
  readonly key: string;
  readonly attempt: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while nobody else does so for the same key, in this process or another one on this file system.
 *
 * It is held for a compare and a rename, milliseconds. A holder that was killed is known by the lock's age: older than half
 * a minute against the new `token`, it is taken away. `work` gets a check to call last of all before it acts, which throws
 * when the lock was taken away from a holder that was frozen for so long.
 */
export async function withLocalLock<Result>(
  options: LocalLockOptions,
  work: (stillMine: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const lock = `${options.folder}/lock-${createHash('sha256').update(options.key).digest('hex').slice(0, 32)}`;
  await acquire(lock, options);
  try {
    return await work(() => checkMine(lock, options));
  } finally {
    if (await isMine(lock, options.token)) await unlessAbsent(() => unlink(lock));
  }
}

async function acquire(lock: string, options: LocalLockOptions): Promise<void> {
  const { mtimeMs: now } = await stat(options.token);
  for (let waited = 0; ; waited += pauseMilliseconds) {
    try {
      await link(options.token, lock);
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    const held = await unlessAbsent(() => stat(lock));
    if (held !== undefined && now + waited - held.mtimeMs > staleMilliseconds) await takeAway(lock, held.ino, `${options.token}-stale`);
    else await options.clock.sleep(pauseMilliseconds, options.signal);
  }
}

/** By rename, so that of several who find it stale one takes it; a fresh one caught by mistake is put back. */
async function takeAway(lock: string, ino: number, aside: string): Promise<void> {
  const taken = await unlessAbsent(() => rename(lock, aside).then(() => stat(aside)));
  if (taken === undefined) return;
  if (taken.ino !== ino) await link(aside, lock).catch(() => undefined);
  await unlessAbsent(() => unlink(aside));
}

async function checkMine(lock: string, options: LocalLockOptions): Promise<void> {
  if (await isMine(lock, options.token)) return;
  throw new Failure('E_STORE_BUSY', `${options.attempt}: this process stood still for so long that another took its place`, {
    hint: 'run again',
    retry: 'now',
  });
}

async function isMine(lock: string, token: string): Promise<boolean> {
  const [held, own] = await Promise.all([unlessAbsent(() => stat(lock)), unlessAbsent(() => stat(token))]);
  return held !== undefined && own !== undefined && held.ino === own.ino;
}
