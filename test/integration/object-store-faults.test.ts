import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import type { Clock } from '../../src/foundation/clock.ts';
import type { ObjectInfo } from '../../src/object-stores/object-store.ts';
import { RetryingStore } from '../../src/object-stores/retrying-store.ts';
import type { S3StoreOptions } from '../../src/object-stores/s3-options.ts';
import { type S3Store, openS3Store } from '../../src/object-stores/s3-store.ts';
import { all, bytesOf, failure, inChunks, textOf } from '../contracts/object-store-helpers.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

const mebibyte = 1024 * 1024;
const clock: Clock = { now: () => new Date(), sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }) };
const rule = { attempts: 4, firstPauseMilliseconds: 1, longestPauseMilliseconds: 4 };
const random = (): number => 0.5;

let server: VersitygwServer;
let proxy: FaultyHttpProxy;
let plain: S3Store;
let retries: string[];
let store: RetryingStore;

before(async () => {
  server = await startVersitygw({ buckets: ['archive'] });
  useS3Credentials(server);
  proxy = await startFaultyHttpProxy(server.endpoint);
  plain = await open();
  store = new RetryingStore(plain, rule, { clock, random, onRetry: (error) => retries.push((error as { code: string }).code) });
  retries = [];
  // The store finds out what the server can do before the faults begin.
  await plain.probe();
});
afterEach(() => {
  proxy.reset();
  retries = [];
});
after(async () => {
  await plain.close();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<S3StoreOptions> = {}): Promise<S3Store> {
  return openS3Store({
    bucket: 'archive',
    prefix: 'p',
    endpoint: proxy.endpoint,
    partBytes: 5 * mebibyte,
    // Long enough for a part on a busy machine: one sent again needlessly would be counted.
    requestTimeoutMilliseconds: 3000,
    partRetry: { rule, clock, random },
    ...options,
  });
}

const location = 's3://archive/p';

describe('RetryingStore over S3Store', () => {
  for (const [status, code] of [
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [429, 'TooManyRequests'],
    [502, 'BadGateway'],
    [504, 'GatewayTimeout'],
  ] as const) {
    test(`goes on after ${status} ${code}, and says it when it lasts`, async () => {
      proxy.arm({ method: 'PUT', times: 2, action: { kind: 'answer', status, code } });
      await store.put('busy', bytesOf('x'));
      assert.deepEqual(retries, ['E_STORE_BUSY', 'E_STORE_BUSY']);

      proxy.arm({ method: 'PUT', times: 99, action: { kind: 'answer', status, code } });
      await assert.rejects(
        store.put('busy', bytesOf('y')),
        failure('E_STORE_BUSY', `Cannot write "busy" to ${location}: the store answered ${status} (${code})`),
      );
      assert.equal(textOf(await store.get('busy')), 'x');
    });
  }

  test('goes on after connections reset before the server saw the request, in every call', async () => {
    const once = { action: { kind: 'drop-before' } } as const;
    proxy.arm(once);
    await store.put('reset/a', bytesOf('x'));
    proxy.arm(once);
    assert.equal(textOf(await store.get('reset/a')), 'x');
    proxy.arm(once);
    assert.equal((await store.head('reset/a'))?.bytes, 1);
    proxy.arm(once);
    assert.equal((await all(store.list('reset/'))).length, 1);
    proxy.arm(once);
    assert.equal((await store.listFolder('reset/')).objects.length, 1);
    proxy.arm(once);
    await store.delete(['reset/a', 'reset/b']);

    assert.deepEqual(new Set(retries), new Set(['E_STORE_UNREACHABLE']));
    assert.equal(retries.length, 6);
  });

  test('says that the connection broke when it goes on breaking', async () => {
    proxy.arm({ method: 'GET', times: 99, action: { kind: 'drop-before' } });

    await assert.rejects(
      store.get('reset/b'),
      failure('E_STORE_UNREACHABLE', `Cannot read "reset/b" in ${location}: the connection broke (ECONNRESET)`),
    );
  });

  test('ends a silent request at the time limit', async () => {
    proxy.arm({ method: 'GET', times: 99, action: { kind: 'hang' } });

    await assert.rejects(
      plain.get('silent'),
      failure('E_STORE_UNREACHABLE', `Cannot read "silent" in ${location}: the store did not answer in time`),
    );
  });

  test('put() that creates takes its own object for written when the answer was lost', async () => {
    proxy.arm({ method: 'PUT', url: /lost-create/, action: { kind: 'drop-after' } });

    const info = await store.put('lost-create', bytesOf('mine'), { condition: { absent: true } });

    assert.deepEqual(retries, ['E_STORE_UNREACHABLE']);
    assert.equal(info.etag, (await store.head('lost-create'))?.etag);
  });

  test('put() that replaces takes its own object for written when the answer was lost', async () => {
    const { etag } = await store.put('lost-replace', bytesOf('before'));
    proxy.arm({ method: 'PUT', url: /lost-replace/, action: { kind: 'drop-after' } });

    const info = await store.put('lost-replace', bytesOf('mine'), { condition: { etag } });

    assert.equal(info.etag, (await store.head('lost-replace'))?.etag);
  });

  test('put() does not take the object of another for its own', async () => {
    await store.put('taken', bytesOf('theirs'));
    proxy.arm({ method: 'PUT', url: /taken/, action: { kind: 'drop-before' } });

    await assert.rejects(store.put('taken', bytesOf('mine'), { condition: { absent: true } }), failure('E_OBJECT_EXISTS'));
    assert.equal(textOf(await store.get('taken')), 'theirs');
  });

  test('putStream() that creates takes its own object for written when the answer was lost', async () => {
    const bytes = randomBytes(11 * mebibyte);
    proxy.arm({ method: 'POST', url: /lost-stream.*uploadId=/, action: { kind: 'drop-after' } });

    const info = await store.putStream('lost-stream', () => inChunks(bytes, 65_536), { condition: { absent: true } });

    assert.equal(info.bytes, bytes.byteLength);
    assert.ok(bytes.equals(await store.get('lost-stream')));
  });

  test('putStream() sends one part again, not the whole', async () => {
    const bytes = randomBytes(16 * mebibyte);
    let opened = 0;
    proxy.arm({ method: 'PUT', url: /partNumber=2/, times: 2, action: { kind: 'answer', status: 503, code: 'SlowDown' } });

    await store.putStream('part-again', () => {
      opened += 1;
      return inChunks(bytes, 65_536);
    });

    assert.equal(opened, 1);
    assert.equal(proxy.requests.filter(({ url }) => url.includes('partNumber=')).length, 4 + 2);
    assert.ok(bytes.equals(await store.get('part-again')));
  });

  test('putStream() begins anew when the upload cannot be begun, and leaves no parts when it fails for good', async () => {
    const bytes = randomBytes(11 * mebibyte);
    proxy.arm({ method: 'POST', url: /uploads/, action: { kind: 'drop-before' } });
    await store.putStream('anew', () => inChunks(bytes, 65_536));
    assert.deepEqual(retries, ['E_STORE_UNREACHABLE']);

    proxy.arm({ method: 'PUT', url: /partNumber=3/, times: 99, action: { kind: 'answer', status: 500, code: 'InternalError' } });
    await assert.rejects(
      store.putStream('failed', () => inChunks(bytes, 65_536)),
      failure('E_STORE_BUSY'),
    );
    assert.equal(await store.head('failed'), undefined);
    assert.deepEqual(await all(store.listUnfinished()), []);
  });

  test('putStream() leaves no parts when it is aborted with four under way', async () => {
    const controller = new AbortController();
    const reason = new Error('told to stop');
    proxy.arm({ method: 'PUT', url: /partNumber=[34]/, times: 99, action: { kind: 'hang' } });
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield* inChunks(randomBytes(40 * mebibyte), mebibyte);
    };
    const seen = (number: number): boolean => proxy.requests.some(({ url }) => url.includes(`partNumber=${number}`));

    const written = assert.rejects(store.putStream('aborted', source, { signal: controller.signal }), (error) => error === reason);
    const endedEarly = written.then(() => assert.fail('it ended before the parts were under way'));
    while (!seen(3) || !seen(4)) await Promise.race([delay(10), endedEarly]);
    controller.abort(reason);
    await written;

    assert.deepEqual(await all(store.listUnfinished()), []);
    assert.equal(await store.head('aborted'), undefined);
  });

  test('listUnfinished() shows a probe that a killed run left, discardUnfinished() removes it', async () => {
    const killed = await open({ prefix: 'probed' });
    proxy.arm({ method: 'DELETE', url: /probe-[^?]*\?x-id=DeleteObject/, times: 99, action: { kind: 'drop-before' } });
    await killed.probe();
    await killed.close();
    proxy.reset();
    const next = await open({ prefix: 'probed' });

    const found = await all(next.listUnfinished());
    assert.ok(found.length > 0);
    assert.ok(
      found.every(({ key, beganAt }) => key.startsWith('.rootcellar-store/probe-') && Math.abs(beganAt.getTime() - Date.now()) < 600_000),
    );
    assert.deepEqual(await all(next.list('')), []);
    await next.discardUnfinished(found);
    await next.discardUnfinished(found);

    assert.deepEqual(await all(next.listUnfinished()), []);
    await next.close();
  });

  test('getStream() reads on where the body broke, of the same object', async () => {
    const bytes = randomBytes(3 * mebibyte);
    await store.put('cut', bytes);
    proxy.reset();
    proxy.arm({ method: 'GET', url: /cut/, times: 2, action: { kind: 'truncate', bytes: mebibyte } });
    const infos: ObjectInfo[] = [];

    const read = Buffer.concat(await all(store.getStream('cut', { onInfo: (info) => infos.push(info) })));

    assert.ok(bytes.equals(read));
    assert.equal(proxy.requests.length, 3);
    assert.equal(infos.length, 1);
    assert.deepEqual(retries, ['E_TRANSFER_CUT', 'E_TRANSFER_CUT']);
  });

  test('get() into given memory begins anew where a connection broke, fell silent or was closed, or was told to come later', async () => {
    const bytes = randomBytes(mebibyte);
    await store.put('into', bytes);
    const into = new Uint8Array(new SharedArrayBuffer(2 * mebibyte));
    for (const [action, code, times] of [
      [{ kind: 'truncate', bytes: 1000 }, 'E_TRANSFER_CUT', 1],
      [{ kind: 'stall', bytes: 1000 }, 'E_TRANSFER_CUT', 1],
      // The proxy's refusal comes in chunks: the request is sent once more, by a client that knows what they are.
      [{ kind: 'answer', status: 503, code: 'SlowDown' }, 'E_STORE_BUSY', 2],
      [{ kind: 'hang' }, 'E_STORE_UNREACHABLE', 1],
    ] as const) {
      proxy.reset();
      retries = [];
      proxy.arm({ method: 'GET', url: /into/, times, action });
      assert.ok(bytes.equals(await store.get('into', { into, isCheckedByCaller: true })), action.kind);
      assert.deepEqual(retries, [code]);
    }
  });

  test('getStream() does not go on in an object that has been replaced', async () => {
    await store.put('swapped', randomBytes(2 * mebibyte));
    proxy.arm({ method: 'GET', url: /swapped/, action: { kind: 'truncate', bytes: 1000 } });
    const reading = store.getStream('swapped')[Symbol.asyncIterator]();
    await reading.next();

    await plain.put('swapped', randomBytes(2 * mebibyte));

    await assert.rejects(async () => {
      while ((await reading.next()).done !== true);
    }, failure('E_OBJECT_CHANGED'));
  });

  test('getStream() ends a body that falls silent, and reads on', async () => {
    const bytes = randomBytes(mebibyte);
    await store.put('stalled', bytes);
    proxy.arm({ method: 'GET', url: /stalled/, action: { kind: 'stall', bytes: 1000 } });

    assert.ok(bytes.equals(Buffer.concat(await all(store.getStream('stalled')))));
  });

  test('list() goes on where it broke, giving no key twice', async () => {
    const paged = new RetryingStore(await open({ pageKeys: 3 }), rule, { clock, random });
    const keys = Array.from({ length: 10 }, (_, index) => `paged/${index}`);
    for (const key of keys) await store.put(key, bytesOf('x'));
    proxy.arm({ method: 'GET', url: /list-type=2/, after: 2, times: 2, action: { kind: 'drop-before' } });

    const listed = await all(paged.list('paged/'));

    assert.deepEqual(
      listed.map(({ key }) => key),
      keys,
    );
    await paged.close();
  });
});

describe('S3Store', () => {
  test('getStream() of a body that is cut is never silently short', async () => {
    await plain.put('short', randomBytes(100_000));
    proxy.arm({ method: 'GET', action: { kind: 'truncate', bytes: 40_000 } });

    await assert.rejects(
      all(plain.getStream('short')),
      failure('E_TRANSFER_CUT', `Cannot read "short" in ${location}: the body ended after 40000 of 100000 bytes`),
    );
    proxy.arm({ method: 'GET', action: { kind: 'truncate', bytes: 40_000 } });
    await assert.rejects(
      plain.get('short', { into: new Uint8Array(100_000), isCheckedByCaller: true }),
      failure('E_TRANSFER_CUT', `Cannot read "short" in ${location}: the body ended after 40000 of 100000 bytes`),
    );
  });

  const damaged = 'the bytes that arrived are not those that were sent (checksum mismatch)';

  test('get() and getStream() refuse bytes that were changed on the way; get() by RetryingStore reads again', async () => {
    await plain.put('tampered', randomBytes(50_000));
    proxy.arm({ method: 'GET', times: 2, action: { kind: 'tamper-answer' } });

    await assert.rejects(plain.get('tampered'), failure('E_OBJECT_DAMAGED', `Cannot read "tampered" in ${location}: ${damaged}`));
    await assert.rejects(all(store.getStream('tampered')), failure('E_OBJECT_DAMAGED'));
    proxy.arm({ method: 'GET', action: { kind: 'tamper-answer' } });
    assert.equal((await store.get('tampered')).byteLength, 50_000);
  });

  for (const checksums of ['when-supported', 'when-required'] as const) {
    test(`put() with checksums ${checksums}: the server refuses bytes that were changed on the way`, async () => {
      const one = await open({ checksums });
      proxy.arm({ method: 'PUT', action: { kind: 'tamper-request' } });

      await assert.rejects(
        one.put('tampered-put', bytesOf('some bytes')),
        failure('E_OBJECT_DAMAGED', `Cannot write "tampered-put" to ${location}: ${damaged}`),
      );
      assert.equal(await one.head('tampered-put'), undefined);
      await one.close();
    });
  }

  test('put() rejects when the store says that it received other bytes', async () => {
    const headers = { 'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64') };
    proxy.arm({ method: 'PUT', action: { kind: 'headers', headers } });

    await assert.rejects(
      plain.put('other', bytesOf('x')),
      failure('E_WRITE_NOT_CONFIRMED', `Cannot write "other" to ${location}: the store received other bytes`),
    );
  });

  test('put() with Content-MD5 reads back when the ETag is not the MD5', async () => {
    const md5 = await open({ checksums: 'when-required' });
    const headers = { etag: '"00000000000000000000000000000000"' };
    proxy.arm({ method: 'PUT', action: { kind: 'headers', headers } });

    // The etag that was told is not the object's: no later conditional write could succeed with it.
    await assert.rejects(md5.put('wrong-etag', bytesOf('x')), failure('E_OBJECT_CHANGED'));
    await md5.close();
  });

  test('putStream() rejects when the whole is not as long as its parts', async () => {
    proxy.arm({ method: 'HEAD', url: /wrong-length/, action: { kind: 'headers', headers: { 'content-length': '7' } } });

    await assert.rejects(
      plain.putStream('wrong-length', () => inChunks(new Uint8Array(6 * mebibyte), mebibyte)),
      failure('E_WRITE_NOT_CONFIRMED', `Cannot write "wrong-length" to ${location}: the store holds 7 of the ${6 * mebibyte} bytes sent`),
    );
  });

  test('delete() goes one by one where the store knows no batches', async () => {
    for (const key of ['single/1', 'single/2', 'single/3']) await plain.put(key, bytesOf('x'));
    proxy.arm({ method: 'POST', url: /delete/, times: 99, action: { kind: 'answer', status: 501, code: 'NotImplemented' } });

    await plain.delete(['single/1', 'single/2', 'single/3', 'single/absent']);

    assert.deepEqual(await all(plain.list('single/')), []);
  });

  test('an answer that is no S3 answer is E_STORE_FAILED, with what came', async () => {
    proxy.arm({ method: 'GET', action: { kind: 'answer', status: 418, code: 'Teapot' } });

    await assert.rejects(
      plain.get('tea'),
      failure('E_STORE_FAILED', `Cannot read "tea" in ${location}: the store answered 418 Teapot: made by the test`),
    );
  });

  test('probe() tells the clock of the store', async () => {
    const date = new Date('2031-02-03T04:05:06Z');
    proxy.arm({ method: 'GET', url: /list-type=2/, action: { kind: 'headers', headers: { date: date.toUTCString() } } });

    assert.deepEqual((await plain.probe()).time, date);
  });
});
