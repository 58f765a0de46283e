import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { Failure } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { checkObjectLock } from './check-object-lock.ts';

const rule = { mode: 'compliance', days: 14 } as const;
const clock = new FakeClock();
const unable = new MemoryStore({ clock });
const able = new MemoryStore({ clock, objectLock: {} });
const byDefault = new MemoryStore({ clock, objectLock: { byDefault: { mode: 'governance', days: 7 } } });
const denied = new Failure('E_ACCESS_DENIED', 'Cannot learn of Object Lock');
const silent: Pick<ObjectStore, 'objectLock'> = { objectLock: { ...able.objectLock, ability: () => Promise.reject(denied) } };

const also = '; the bucket locks whatever is written for 7 days (governance), also leases and locks of runs, which stay hidden so long';

test('checkObjectLock() says of a rule whether it can be kept', async () => {
  assert.equal(await checkObjectLock(able, rule), 'what is archived is locked for 14 days at least (compliance)');
  assert.equal(await checkObjectLock(byDefault, rule), `what is archived is locked for 14 days at least (compliance)${also}`);
  assert.deepEqual(await checkObjectLock(unable, rule), {
    state: 'failed',
    text: 'objectLock is set and nothing can be locked: this memory was made without Object Lock',
    fix: 'use a bucket that was made with Object Lock, or leave objectLock.mode out',
  });
  assert.deepEqual(await checkObjectLock(silent, rule), {
    state: 'warning',
    text: 'objectLock is set, and whether the bucket can lock may not be asked; the first write will show it',
    fix: 'allow s3:GetBucketObjectLockConfiguration on the bucket: "rootcellar policy" prints all that a role needs',
  });
});

test('checkObjectLock() says without a rule what the bucket does by itself', async () => {
  assert.equal(await checkObjectLock(unable, undefined), 'not used: this memory was made without Object Lock');
  assert.equal(await checkObjectLock(silent, undefined), 'not used');
  assert.equal(await checkObjectLock(byDefault, undefined), `objectLock is not set${also}`);
  assert.deepEqual(await checkObjectLock(able, undefined), {
    state: 'warning',
    text: 'the bucket has Object Lock, and nothing asks it to lock anything',
    fix: 'set objectLock.mode and objectLock.days, so that nobody can remove backups before their time',
  });
});

test('checkObjectLock() tells other trouble', async () => {
  const broken = { objectLock: { ...able.objectLock, ability: () => Promise.reject(new Failure('E_STORE_BUSY', 'busy')) } };

  await assert.rejects(checkObjectLock(broken, rule), { code: 'E_STORE_BUSY' });
});
