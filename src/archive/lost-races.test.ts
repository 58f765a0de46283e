import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { interceptedStore } from '../../test/harness/intercepted-store.ts';
import { Failure } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { StoredLeases } from './lease.ts';
import { LostRaces } from './lost-races.ts';

const changed = (): Failure => new Failure('E_OBJECT_CHANGED', 'Cannot write it: it is another one by now');

test('add() lets a write be tried again that lost a race, and passes on whatever else went wrong', () => {
  const races = new LostRaces('write it');
  for (let lost = 1; lost < 50; lost += 1) races.add(changed());
  assert.throws(() => races.add(new Failure('E_ACCESS_DENIED', 'no')), { code: 'E_ACCESS_DENIED' });
  assert.throws(() => races.add(new Failure('E_OBJECT_EXISTS', 'there')), {
    code: 'E_STORE_FAILED',
    message: 'Cannot write it: the store answered 50 times in a row that another writer had changed it meanwhile',
  });
});

test('beginAnew() forgets the races lost before, as those are not in a row', () => {
  const races = new LostRaces('write it');
  for (let lost = 1; lost < 50; lost += 1) races.add(changed());
  races.beginAnew();
  for (let lost = 1; lost < 50; lost += 1) races.add(changed());
  assert.throws(() => races.add(changed()), { code: 'E_STORE_FAILED' });
});

test('take() gives up at a store that compares with another ETag than it tells', async () => {
  const clock = new FakeClock();
  let refused = 0;
  const store = interceptedStore(new MemoryStore({ clock }), (call, proceed) => {
    if (call.name !== 'put' || !(call.keys[0] ?? '').startsWith('.rootcellar/leases/')) return proceed();
    refused += 1;
    return Promise.reject(changed());
  });
  const holder = { host: 'pod-0', processId: 11, space: 'a', processBegan: '1', container: '', work: 'backup' };
  const leases = new StoredLeases(store, { clock, seconds: 60, holder, isAlive: () => undefined });

  await assert.rejects(leases.take('prod'), {
    code: 'E_STORE_FAILED',
    message: 'Cannot take the lease of "prod" in memory: the store answered 50 times in a row that another writer had changed it meanwhile',
  });
  assert.equal(refused, 50);
});
