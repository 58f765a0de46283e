import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { Failure } from '../foundation/failure.ts';
import { MemoryStore } from '../object-stores/memory-store.ts';
import { checkStore } from './check-store.ts';

const denied = new Failure('E_ACCESS_DENIED', 'Cannot do it in memory: access denied', { hint: 'allow it' });

/** The findings on a store that `harm` was done to, by check. */
async function findingsOn(harm: (store: MemoryStore, clock: FakeClock) => void = () => undefined) {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  harm(store, clock);
  const findings = await checkStore(store, clock, 'visit');
  const left: string[] = [];
  for await (const object of MemoryStore.prototype.list.call(store, '')) left.push(object.key);
  return { all: findings, left, of: (check: string) => findings.find((finding) => finding.check === `archive: ${check}`) };
}

test('checkStore() finds nothing wrong with a good store, and leaves nothing in it', async () => {
  const { all, left } = await findingsOn();

  assert.deepEqual(
    all.map(({ check, state, text }) => [check, state, text]),
    [
      ['archive: write', 'ok', 'wrote an object to memory'],
      ['archive: read', 'ok', 'it came back as it was written'],
      ['archive: list', 'ok', 'it is listed'],
      ['archive: conditional write', 'ok', 'the store keeps two runs from writing over each other'],
      ['archive: multipart', 'ok', 'an object in parts was put together'],
      ['archive: delete', 'ok', 'what was written is removed again'],
      ['archive: clock', 'ok', 'the store and this machine agree'],
    ],
  );
  assert.deepEqual(left, []);
});

test('checkStore() looks at nothing more when nothing can be written', async () => {
  const { all } = await findingsOn((store) => (store.put = () => Promise.reject(denied)));

  assert.deepEqual(all[0], { check: 'archive: write', state: 'failed', text: denied.message, fix: 'allow it' });
  assert.deepEqual(
    all.slice(1).map(({ state, text }) => [state, text]),
    Array.from({ length: 3 }, () => ['failed', 'not looked at, as nothing could be written']),
  );
});

test('checkStore() leaves nothing behind where it may write and not look', async () => {
  const { all, left } = await findingsOn((store) => (store.head = () => Promise.reject(denied)));

  assert.equal(all[0]?.state, 'failed');
  assert.deepEqual(left, []);
});

test('checkStore() finds a store that alters data', async () => {
  const { of } = await findingsOn((store) => (store.get = () => Promise.resolve(new Uint8Array(3))));

  assert.deepEqual(of('read'), {
    check: 'archive: read',
    state: 'failed',
    text: 'it came back altered',
    fix: 'do not use this store; something between here and it changes data',
  });
});

test('checkStore() finds a store that does not list what was written', async () => {
  const { of, left } = await findingsOn((store) => {
    store.list = async function* () {
      // Nothing, as an account without the right to list may see it.
    };
  });

  assert.deepEqual(of('list'), {
    check: 'archive: list',
    state: 'failed',
    text: 'it is not listed although it was written',
    fix: 'allow s3:ListBucket on the bucket, and use a store with consistent listings',
  });
  assert.deepEqual(left, []);
});

test('checkStore() finds a store that ignores conditions', async () => {
  const { of, left } = await findingsOn((store) => {
    const put = store.put.bind(store);
    store.put = (key, bytes) => put(key, bytes);
  });

  assert.equal(of('conditional write')?.state, 'failed');
  assert.equal(of('conditional write')?.text, 'the store wrote over an object that it was told to create only');
  assert.deepEqual(left, []);
});

test('checkStore() tells what a store says that has no conditional writes', async () => {
  const unsupported = new Failure('E_CONDITIONAL_WRITES_UNSUPPORTED', 'Cannot write to memory: it ignores conditions', {
    hint: 'use another',
  });
  const { of } = await findingsOn((store) => {
    const put = store.put.bind(store);
    store.put = (key, bytes, options) => (options?.condition === undefined ? put(key, bytes, options) : Promise.reject(unsupported));
  });

  assert.deepEqual(of('conditional write'), {
    check: 'archive: conditional write',
    state: 'failed',
    text: unsupported.message,
    fix: 'use another',
  });
});

test('checkStore() warns of a store that honours no conditions for objects in parts', async () => {
  const { of } = await findingsOn((store) => {
    const probe = store.probe.bind(store);
    store.probe = async () => ({ ...(await probe()), conditionalStream: false });
  });

  assert.deepEqual(of('conditional write'), {
    check: 'archive: conditional write',
    state: 'warning',
    text: 'the store keeps two runs from writing over each other, but not in objects so large that they go in parts',
    fix: 'use a store that honours If-None-Match and If-Match in CompleteMultipartUpload, or see that only one machine backs a server up',
  });
});

test("checkStore() believes the time of the store's answers more than that of its objects", async () => {
  const { of } = await findingsOn((store, clock) => {
    const probe = store.probe.bind(store);
    store.probe = async () => ({ ...(await probe()), time: new Date(clock.now().getTime() - 300_000) });
  });

  assert.equal(of('clock')?.state, 'warning');
  assert.equal(of('clock')?.text, "the store's clock is 5 min behind this machine's");
});

test('checkStore() finds an object in parts that is not whole', async () => {
  const { of } = await findingsOn((store) => {
    const putStream = store.putStream.bind(store);
    store.putStream = (key) =>
      putStream(key, async function* () {
        yield new Uint8Array(5);
      });
  });

  assert.equal(of('multipart')?.text, 'an object in parts has 5 bytes instead of 12582912');
  assert.equal(of('multipart')?.state, 'failed');
});

test('checkStore() warns of an account that may not delete, and says what stays', async () => {
  const { of, left } = await findingsOn((store) => (store.delete = () => Promise.reject(denied)));

  assert.deepEqual(of('delete'), {
    check: 'archive: delete',
    state: 'warning',
    text: 'Cannot do it in memory: access denied; 3 small objects stay below .rootcellar/doctor/visit/',
    fix: 'a writer without s3:DeleteObject can make backups; let another account run forget and prune',
  });
  assert.equal(left.length, 3);
});

const skews = [
  [500, 'ok', 'the store and this machine agree'],
  [-500, 'ok', 'the store and this machine agree'],
  [30_000, 'ok', 'the store is 30.0 s ahead'],
  [-59_000, 'ok', 'the store is 59.0 s behind'],
  [60_000, 'warning', "the store's clock is 1 min ahead of this machine's"],
  [-600_000, 'warning', "the store's clock is 10 min behind this machine's"],
] as const;
for (const [skew, state, text] of skews) {
  test(`checkStore() says "${text}" of ${skew} ms`, async () => {
    const { of } = await findingsOn((store, clock) => {
      const head = store.head.bind(store);
      store.head = async (key, options) => {
        const info = await head(key, options);
        return info && { ...info, modifiedAt: new Date(clock.now().getTime() + skew) };
      };
    });

    assert.equal(of('clock')?.state, state);
    assert.equal(of('clock')?.text, text);
  });
}
