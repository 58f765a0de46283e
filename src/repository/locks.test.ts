import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import type { Clock } from '../foundation/clock.ts';
import { Failure } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { Documents } from './documents.ts';
import { encodeLock } from './format/lock-file.ts';
import type { LockedProcess } from './locks/lock-owner.ts';
import { underLock, type Lock, type LockOwner } from './locks.ts';
import { Cipher } from './sealing/cipher.ts';
import { randomKeyMaterial } from './sealing/key-material.ts';

const minute = 60_000;
const identity = { space: 'a', processBegan: '7', container: '' };
const backup: LockOwner = { hostname: 'pod-0', username: 'ds', pid: 11, work: 'backup', identity };
const prune: LockOwner = { hostname: 'pod-1', username: 'ds', pid: 22, work: 'prune', identity: { ...identity, space: 'b' } };
const free: unknown[] = [];

function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const documents = new Documents(store, Cipher.standalone(randomKeyMaterial()), 2);
  const names = async () => (await Array.fromAsync(store.list('locks/'))).map(({ key }) => key.slice('locks/'.length));
  const notes: string[] = [];
  const report = (event: ProgressEvent): void => void (event.kind === 'note' && notes.push(event.text));
  const run = <Result>(isExclusive: boolean, owner: LockOwner, work: (lock: Lock) => Promise<Result>, itsClock: Clock = clock) =>
    underLock(documents, isExclusive, { owner, clock: itsClock, signal: undefined, report }, work);
  /** Begins work under a lock, which ends when it is told to. */
  const hold = async (isExclusive: boolean, owner: LockOwner, itsClock?: Clock) => {
    const [held, released] = [Promise.withResolvers<Lock>(), Promise.withResolvers<void>()];
    const ended = run(
      isExclusive,
      owner,
      async (lock) => {
        held.resolve(lock);
        await released.promise;
      },
      itsClock,
    );
    ended.catch(held.reject);
    return { lock: await held.promise, end: () => (released.resolve(), ended), ended };
  };
  const look = (isExclusive: boolean, owner: LockOwner) => run(isExclusive, owner, async () => names());
  return { clock, store, documents, names, notes, run, hold, look };
}

/** Time that goes on while its owner is frozen: nothing that it waits for comes. */
function frozen(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    sleep: (_milliseconds, signal) => new Promise((_, reject) => signal?.addEventListener('abort', reject)),
  };
}

function skewed(clock: Clock, milliseconds: number): Clock {
  return { now: () => new Date(clock.now().getTime() + milliseconds), sleep: (pause, signal) => clock.sleep(pause, signal) };
}

function restics(documents: Documents, isExclusive: boolean, clock: Clock): Promise<string> {
  const time = { milliseconds: clock.now().getTime(), nanoseconds: 0 };
  return documents.write('locks', encodeLock({ time, isExclusive, hostname: 'pod-0', username: 'root', pid: 5 }));
}

test('underLock() lets many share, and one alone', async () => {
  const { hold, look, names } = setUp();
  const writer = await hold(false, backup);

  assert.equal((await look(false, prune)).length, 2);
  await assert.rejects(look(true, prune), { code: 'E_REPOSITORY_LOCKED', exitCode: 11 });
  await writer.end();
  const alone = await hold(true, prune);
  await assert.rejects(look(false, backup), { code: 'E_REPOSITORY_LOCKED' });
  await assert.rejects(look(true, backup), { code: 'E_REPOSITORY_LOCKED' });
  await alone.end();

  assert.deepEqual(await names(), free);
});

test('underLock() says who holds the lock, since when, and when it would be passed over', async () => {
  const { clock, hold, look } = setUp();
  const writer = await hold(false, backup);
  await clock.advance(100_000);

  await assert.rejects(look(true, prune), {
    message: 'Cannot lock the repository: ds on pod-0 (process 11, backup) has had a shared lock since 2026-11-23T10:46:46.000Z',
    hint: 'wait until it has ended, or give --lock-wait; were it dead, it would be passed over at 2026-11-23T10:50:06.000Z',
  });
  await writer.end();
});

test('underLock() refreshes at a third of the time that a lock is good for, and never has none', async () => {
  const { clock, hold, look, names } = setUp();
  const writer = await hold(false, backup);
  const [first] = await names();

  await clock.advance(39_000);
  assert.deepEqual(await names(), [first]);
  await clock.advance(2000);
  const [second, ...others] = await names();
  assert.notEqual(second, first);
  assert.deepEqual(others, free);
  await clock.advance(60 * minute);

  assert.equal(await writer.lock.isHeld(), true);
  await assert.rejects(look(true, prune), { code: 'E_REPOSITORY_LOCKED' });
  await writer.end();
  assert.deepEqual(await names(), free);
});

test('underLock() removes the lock of a process that is known to be dead at once', async () => {
  const { clock, hold, look } = setUp();
  const asked: LockedProcess[] = [];
  const isAlive = (other: LockedProcess): boolean => asked.push(other) < 0;
  const killed = await hold(true, backup, frozen(clock));

  assert.equal((await look(false, { ...prune, isAlive })).length, 1);

  assert.deepEqual(asked[0], {
    hostname: 'pod-0',
    pid: 11,
    work: 'backup',
    began: '2026-11-23T10:46:46.000Z',
    goodForSeconds: 120,
    ...identity,
  });
  await assert.rejects(killed.lock.assertHeld(), {
    code: 'E_LOCK_LOST',
    exitCode: 11,
    message: 'Cannot go on: the lock on the repository was lost: it was not refreshed in time and another process removed it',
    hint: 'run the command again; no snapshot was lost',
  });
  assert.ok(killed.lock.signal.aborted);
});

test('underLock() waits for a silent one until its end, and its holder finds that the lock was lost', async () => {
  const { clock, hold, run, notes, names } = setUp();
  const other = await hold(true, backup, frozen(clock));
  await clock.advance(minute + 1000);
  let isTaken = false;
  const taken = run(false, prune, async () => {
    isTaken = true;
  });

  await clock.advance(58_000);
  assert.equal(isTaken, false);
  await clock.advance(10_000);
  await taken;

  assert.deepEqual(notes, ['waiting: ds on pod-0 (process 11, backup) has had an exclusive lock since 2026-11-23T10:46:46.000Z']);
  assert.equal(await other.lock.isHeld(), false);
  await other.end();
  assert.deepEqual(await names(), free);
});

test('underLock() takes a process of this machine that is frozen for dead when its lock is over, and not before', async () => {
  const { clock, hold, look } = setUp();
  const isAlive = (): boolean => true;
  const stopped = await hold(true, backup, frozen(clock));

  await clock.advance(119_000);
  await assert.rejects(look(false, { ...prune, isAlive }), { code: 'E_REPOSITORY_LOCKED' });
  await clock.advance(1000);
  assert.equal((await look(false, { ...prune, isAlive })).length, 1);

  assert.equal(await stopped.lock.isHeld(), false);
});

test('underLock() goes by the clock of the store, not by its own', async () => {
  const { clock, hold, run } = setUp();
  const living = await hold(false, backup);
  const nothing = () => Promise.resolve();

  await assert.rejects(run(true, prune, nothing, skewed(clock, 60 * minute)), { code: 'E_REPOSITORY_LOCKED' });
  await assert.rejects(run(true, prune, nothing, skewed(clock, -60 * minute)), { code: 'E_REPOSITORY_LOCKED' });
  assert.equal(await living.lock.isHeld(), true);
  await living.end();

  await hold(false, backup, frozen(skewed(clock, 60 * minute)));
  await clock.advance(2 * minute);
  await run(true, prune, nothing, skewed(clock, -60 * minute));
});

test('underLock() waits as long as it is told to', async () => {
  const { clock, hold, run, look } = setUp();
  const writer = await hold(false, backup);
  const patient = { ...prune, waitMilliseconds: 10 * minute };
  let isTaken = false;
  const taken = run(true, patient, async () => {
    isTaken = true;
  });
  const tooLong = assert.rejects(look(true, { ...patient, waitMilliseconds: minute }), { code: 'E_REPOSITORY_LOCKED' });

  await clock.advance(5 * minute);
  await tooLong;
  assert.equal(isTaken, false);
  await writer.end();
  await clock.advance(10_000);

  await taken;
});

test('underLock() leaves a lock of restic alone for half an hour, whatever its process ID, and then removes it', async () => {
  const { clock, documents, look, names } = setUp();
  const isAlive = (): boolean => false;
  await restics(documents, false, clock);

  assert.equal((await look(false, { ...backup, isAlive })).length, 2);
  await clock.advance(29 * minute);
  await assert.rejects(look(true, { ...backup, isAlive }), {
    message: 'Cannot lock the repository: root on pod-0 (process 5) has had a shared lock since 2026-11-23T10:46:46.000Z',
  });
  await clock.advance(minute);
  assert.equal((await look(true, { ...backup, isAlive })).length, 1);

  assert.deepEqual(await names(), free);
});

test('underLock() lets a lock that cannot be read keep away who wants to be alone, for half an hour', async () => {
  const { clock, store, look, names } = setUp();
  const id = '0'.repeat(64);
  await store.put(`locks/${id}`, Uint8Array.of(1, 2, 3));

  assert.equal((await look(false, backup)).length, 2);
  await assert.rejects(look(true, prune), {
    message: 'Cannot lock the repository: lock 000000000000 of 2026-11-23T10:46:46.000Z cannot be read',
  });
  await clock.advance(30 * minute);
  await look(true, prune);

  assert.deepEqual(await names(), free);
});

test('underLock() without the right to delete passes over dead locks where it shares, and refuses where it would be alone', async () => {
  const { clock, documents, hold, look, names } = setUp();
  await hold(true, prune, frozen(clock));
  await clock.advance(3 * minute);
  const denied = new Failure('E_STORE_DENIED', 'Cannot delete');
  documents.remove = () => Promise.reject(denied);

  assert.equal((await look(false, backup)).length, 2);
  await clock.advance(3 * minute);
  await assert.rejects(look(true, backup), denied);
  assert.equal((await names()).length, 3);
});

test('underLock() sees a lock that was refreshed between the listing and the reading', async () => {
  const { documents, hold, look } = setUp();
  const writer = await hold(false, backup);
  const list = documents.list.bind(documents);
  let isRefreshed = false;
  documents.list = async (...words) => {
    const listed = await list(...words);
    if (!isRefreshed) {
      isRefreshed = true;
      await documents.write('locks', encodeLock({ time: { milliseconds: 0, nanoseconds: 0 }, isExclusive: false, ...backup }));
      await documents.remove(
        'locks',
        listed.map(({ id }) => id),
      );
    }
    return listed;
  };

  await assert.rejects(look(true, prune), { code: 'E_REPOSITORY_LOCKED' });
  await writer.end();
});

test('underLock() that is refused, or whose work fails, leaves no lock', async () => {
  const { run, hold, names } = setUp();

  await assert.rejects(
    run(false, backup, () => Promise.reject(new Error('full'))),
    { message: 'full' },
  );
  assert.deepEqual(await names(), free);
  const writer = await hold(false, backup);
  await assert.rejects(
    run(true, prune, () => Promise.resolve()),
    { code: 'E_REPOSITORY_LOCKED' },
  );
  assert.equal((await names()).length, 1);
  await writer.end();
});

test('retake() takes a lost lock anew, beside no one who is alone', async () => {
  const { clock, hold, run, names } = setUp();
  const writer = await hold(false, backup, frozen(clock));
  await clock.advance(3 * minute);
  await run(true, prune, async () => {
    assert.equal(await writer.lock.isHeld(), false);
    await assert.rejects(writer.lock.retake(0), { code: 'E_REPOSITORY_LOCKED' });
  });

  const at = await writer.lock.retake(0);

  assert.deepEqual([at, await writer.lock.isHeld(), (await names()).length], [clock.now(), true, 1]);
  await writer.end();
  assert.deepEqual(await names(), free);
});
