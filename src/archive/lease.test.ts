import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flipped } from '../../test/harness/damaged-archive.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { isFailure } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { findUnreadableLeases, StoredLeases, underLease, type IsAlive, type LeaseHolder } from './lease.ts';

const first: LeaseHolder = { host: 'pod-0', processId: 11, space: 'a', processBegan: '1', container: '', work: 'backup' };
const second: LeaseHolder = { host: 'pod-1', processId: 22, space: 'b', processBegan: '2', container: '', work: 'restore' };
const nobodyKnows: IsAlive = () => undefined;

function setUp(waitMilliseconds?: number) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const leases = (holder: LeaseHolder, isAlive: IsAlive = nobodyKnows) =>
    new StoredLeases(store, { clock, seconds: 60, holder, isAlive, waitMilliseconds });
  return { clock, store, leases };
}

test('take() refuses while another holds the lease, and says who and until when', async () => {
  const { leases } = setUp();
  const held = await leases(first).take('prod');

  await assert.rejects(leases(second).take('prod'), {
    code: 'E_BUSY',
    exitCode: 11,
    message: 'Cannot begin: process 11 on pod-0 is running a backup of server "prod" in memory',
    hint: 'wait until it ends, or give --lock-wait; were it dead, its lease would end at 2026-11-23T10:47:46.000Z',
  });
  await held.release();
});

test('take() waits for a living holder as long as it is told, and says so once', async () => {
  const { clock, leases } = setUp(30_000);
  const held = await leases(first).take('prod');
  const events: ProgressEvent[] = [];

  const waiting = leases(second).take('prod', { report: (event) => events.push(event) });
  await clock.advance(21_000);
  await held.release();
  await clock.advance(5000);

  const lease = await waiting;
  assert.equal(lease.fence, 2);
  assert.deepEqual(events, [
    { kind: 'note', level: 'warning', text: 'waiting: process 11 on pod-0 is running a backup of server "prod" in memory' },
    { kind: 'note', level: 'info', text: 'waited 25.0 s; now it goes on' },
  ]);
  await lease.release();
});

test('take() refuses when the holder is at work still after the time that it waits', async () => {
  const { clock, leases } = setUp(12_000);
  const held = await leases(first).take('prod');

  const refused = assert.rejects(leases(second).take('prod'), { code: 'E_BUSY', exitCode: 11 });
  await clock.advance(12_000);

  await refused;
  assert.ok(held.heldUntil > clock.now());
  await held.release();
});

test('take() grants the lease again after release(), with a greater fence', async () => {
  const { leases } = setUp();
  const before = await leases(first).take('prod');
  await before.release();

  const after = await leases(second).take('prod');

  assert.ok(after.fence > before.fence, `${after.fence} > ${before.fence}`);
  await after.release();
});

test('take() keeps the leases of two servers apart', async () => {
  const { leases } = setUp();

  const one = await leases(first).take('prod');
  const other = await leases(second).take('test');

  await one.release();
  await other.release();
});

test('take() takes over at once from a holder that is known to be dead', async () => {
  const { leases } = setUp();
  await leases(first).take('prod');

  const taken = await leases({ ...first, processId: 12 }, (holder) => (holder.processId === 11 ? false : undefined)).take('prod');

  assert.equal(taken.fence, 2);
  await taken.release();
});

test('take() waits for the end of a lease that is no longer renewed', async () => {
  const { clock, store, leases } = setUp();
  const dead = await leases(first).take('prod');
  const body = await store.get('.rootcellar/leases/prod.json');
  await dead.release();
  await store.put('.rootcellar/leases/prod.json', body);
  await clock.advance(40_000);
  const events: ProgressEvent[] = [];

  const waiting = leases(second).take('prod', { report: (event) => events.push(event) });
  await clock.advance(20_000);

  const lease = await waiting;
  assert.deepEqual(events, [
    { kind: 'note', level: 'warning', text: 'waiting 20 s for the lease of process 11 on pod-0, which no longer renews it' },
    { kind: 'note', level: 'info', text: 'waited 20.0 s; now it goes on' },
  ]);
  await lease.release();
});

test('take() can be interrupted while it waits', async () => {
  const { clock, store, leases } = setUp();
  const dead = await leases(first).take('prod');
  const body = await store.get('.rootcellar/leases/prod.json');
  await dead.release();
  await store.put('.rootcellar/leases/prod.json', body);
  await clock.advance(40_000);
  const stop = new AbortController();

  const waiting = leases(second).take('prod', { signal: stop.signal });
  await clock.advance(1);
  stop.abort(new Error('stop'));

  await assert.rejects(waiting, { message: 'stop' });
});

test('take() lets just one of twenty have a free lease', async () => {
  const { leases } = setUp();

  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => leases({ ...first, processId: index }).take('prod')));

  const won = results.filter((result) => result.status === 'fulfilled');
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(won.length, 1);
  assert.ok(refused.every((result) => isFailure(result.reason, 'E_BUSY')));
  await won[0]?.value.release();
});

test('take() reads an unreadable lease as none', async () => {
  const { store, leases } = setUp();
  await store.put('.rootcellar/leases/prod.json', new TextEncoder().encode('garbage'));

  const lease = await leases(first).take('prod');

  assert.equal(lease.fence, 1);
  await lease.release();
});

test('a held lease renews itself for as long as it is held', async () => {
  const { clock, leases } = setUp();
  const held = await leases(first).take('prod');

  await clock.advance(10 * 60_000);

  await held.assertHeld();
  await assert.rejects(leases(second).take('prod'), { code: 'E_BUSY' });
  await held.release();
});

test('a held lease tells by its signal and by assertHeld() that another took it', async () => {
  const { clock, store, leases } = setUp();
  const held = await leases(first).take('prod');
  await store.put('.rootcellar/leases/prod.json', new TextEncoder().encode('{}'));

  await assert.rejects(held.assertHeld(), { code: 'E_LEASE_LOST', exitCode: 11 });
  await clock.advance(1);

  assert.ok(held.signal.aborted);
  await held.release();
});

test('a lease that cannot be renewed is lost at its end and not before', async () => {
  const { clock, store, leases } = setUp();
  const held = await leases(first).take('prod');
  await store.delete(['.rootcellar/leases/prod.json']);
  store.put = () => Promise.reject(new Error('no network'));

  await clock.advance(59_000);
  const before = held.signal.aborted;
  await clock.advance(2_000 + 20_000);

  assert.equal(before, false);
  assert.ok(held.signal.aborted);
});

test('underLease() gives the lease back when the work fails', async () => {
  const { leases } = setUp();
  const failing = underLease(leases(first), 'prod', {}, () => Promise.reject(new Error('broken')));

  await assert.rejects(failing, { message: 'broken' });

  const next = await leases(second).take('prod');
  await next.release();
});

test('underLease() rejects with the loss of the lease, not with what the work made of its abort', async () => {
  const { store, leases } = setUp();
  const work = underLease(leases(first), 'prod', {}, async (lease, options) => {
    await store.put('.rootcellar/leases/prod.json', new TextEncoder().encode('{}'));
    await lease.assertHeld().catch(() => undefined);
    assert.ok(options.signal?.aborted);
    throw new Error('stopped in the middle');
  });

  await assert.rejects(work, { code: 'E_LEASE_LOST' });
});

test('take() is kept away by a lease in which any bit was flipped for no longer than by a whole one', async () => {
  const { clock, store, leases } = setUp();
  const held = await leases(first).take('prod');
  const key = '.rootcellar/leases/prod.json';
  const whole = await store.get(key);
  await held.release();
  let unreadable = 0;
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    await store.put(key, flipped(whole, bit));
    unreadable += (await findUnreadableLeases(store, undefined)).length;
    const taken = await leases(second)
      .take('prod')
      .catch((error: unknown) => {
        if (!isFailure(error, 'E_BUSY')) throw error;
        return undefined;
      });
    // What is left readable says what it said.
    if (taken === undefined) assert.deepEqual(await store.get(key), flipped(whole, bit));
    else await taken.release();
  }
  assert.ok(unreadable > whole.length * 8 * 0.95, `${unreadable} of ${whole.length * 8} were told`);
  await clock.advance(61_000);
  await store.put(key, flipped(whole, whole.length * 8 - 1));
  await (await leases(second).take('prod')).release();
});
