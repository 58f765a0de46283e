import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { mapConcurrently } from '../../src/foundation/concurrency.ts';
import type { ObjectInfo, ObjectStore } from '../../src/object-stores/object-store.ts';
import { all, byBytes, bytesOf, drain, failure, inChunks, infoOf, keysAndInfos, keysOf, pick, textOf } from './object-store-helpers.ts';
import { describeWriting } from './object-store-writing.ts';

export interface StoreUnderTest extends AsyncDisposable {
  /** Empty. */
  readonly store: ObjectStore;
}

export interface ContractOptions {
  /** For the listing across pages: more than one page of the store's, and than one batch of a deletion. */
  readonly manyKeys?: number;
  /** A length that the store takes as more than one part, where it has parts. */
  readonly manyPartsBytes?: number;
  /** False for a store that keeps unfinished writes to itself: then nothing is asked about one that is under way. */
  readonly tellsUnfinished?: boolean;
}

const mebibyte = 1024 * 1024;

/** What every `ObjectStore` promises (see the port's own words); each implementation and wrapper calls it. */
export function describeObjectStore(name: string, makeStore: () => Promise<StoreUnderTest>, options: ContractOptions = {}): void {
  const { manyKeys = 1100, manyPartsBytes = 12 * mebibyte + 345, tellsUnfinished = true } = options;

  describe(`${name} as an ObjectStore`, () => {
    let made: StoreUnderTest;
    let store: ObjectStore;
    before(async () => {
      made = await makeStore();
      store = made.store;
    });
    after(() => made[Symbol.asyncDispose]());

    describe('put() and get()', () => {
      test('put() makes the object visible to get, head and list, with one description', async () => {
        const written = await store.put('visible/object', bytesOf('hello'));

        assert.equal(textOf(await store.get('visible/object')), 'hello');
        assert.deepEqual(pick(await store.head('visible/object')), pick(written));
        assert.deepEqual((await keysAndInfos(store, 'visible/')).map(pick), [pick(written)]);
        assert.equal(written.bytes, 5);
        assert.ok(Math.abs(written.modifiedAt.getTime() - Date.now()) < 600_000, 'modifiedAt is the time of the write');
      });

      test('put() replaces, and the etag changes with the content', async () => {
        const first = await store.put('replaced', bytesOf('one'));
        const second = await store.put('replaced', bytesOf('two'));

        assert.equal(textOf(await store.get('replaced')), 'two');
        assert.notEqual(first.etag, second.etag);
      });

      test('put() keeps what it was given, even when the caller uses the array again', async () => {
        const bytes = bytesOf('before');
        await store.put('kept', bytes);
        bytes.fill(0);

        assert.equal(textOf(await store.get('kept')), 'before');
      });

      test('put() takes an object of no bytes', async () => {
        const written = await store.put('empty', new Uint8Array());

        assert.equal(written.bytes, 0);
        assert.equal((await store.get('empty')).byteLength, 0);
        assert.equal((await store.head('empty'))?.bytes, 0);
        assert.equal((await store.get('empty', { range: { offset: 0, length: 10 } })).byteLength, 0);
      });

      test('put() gives all of 300,000 random bytes back', async () => {
        const bytes = randomBytes(300_000);
        await store.put('random', bytes);

        assert.ok(bytes.equals(await store.get('random')));
      });

      test('get() reads into the memory that it is given, and elsewhere what does not fit', async () => {
        const bytes = randomBytes(300_000);
        await store.put('into', bytes);
        const fitting = new Uint8Array(new SharedArrayBuffer(400_000));
        const seen: ObjectInfo[] = [];
        const read = await store.get('into', { into: fitting, isCheckedByCaller: true, onInfo: (info) => seen.push(info) });
        assert.equal(read.buffer, fitting.buffer);
        assert.ok(bytes.equals(read));
        assert.deepEqual(pick(seen[0]), pick(await store.head('into')));
        assert.equal(seen.length, 1);
        const small = new Uint8Array(new SharedArrayBuffer(1000));
        const range = { offset: 100, length: 1000 };
        assert.ok(bytes.subarray(100, 1100).equals(await store.get('into', { into: small, range })));
        assert.ok(bytes.equals(await store.get('into', { into: small, isCheckedByCaller: true })));
        assert.ok(bytes.equals(await store.get('into', { into: fitting })));
        assert.equal((await store.get('into', { into: small, range: { offset: 300_000, length: 1 } })).byteLength, 0);
        await assert.rejects(store.get('absent', { into: small, isCheckedByCaller: true }), failure('E_OBJECT_MISSING'));
      });

      test('get() of an absent key is E_OBJECT_MISSING, head() undefined', async () => {
        await assert.rejects(
          store.get('absent'),
          failure('E_OBJECT_MISSING', `Cannot read "absent" in ${store.location}: there is no such object`),
        );
        await assert.rejects(drain(store.getStream('absent')), failure('E_OBJECT_MISSING'));
        assert.equal(await store.head('absent'), undefined);
        assert.equal(await store.head('absent/below'), undefined);
      });

      for (const key of [
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        './a',
        'a\nb',
        'a\u0000b',
        'x'.repeat(256),
        `${'y'.repeat(200)}/`.repeat(5) + 'z',
        '.rootcellar-store/a',
      ]) {
        test(`put() refuses the key ${JSON.stringify(key.slice(0, 30))}`, async () => {
          await assert.rejects(store.put(key, bytesOf('x')), failure('E_KEY_REFUSED'));
          await assert.rejects(store.get(key), failure('E_KEY_REFUSED'));
          await assert.rejects(store.head(key), failure('E_KEY_REFUSED'));
          await assert.rejects(store.delete([key]), failure('E_KEY_REFUSED'));
        });
      }
    });

    describe('getStream()', () => {
      test('getStream() gives the bytes of get() and describes the object before the first of them', async () => {
        const bytes = randomBytes(700_000);
        const written = await store.put('streamed', bytes);
        const order: string[] = [];

        const chunks: Uint8Array[] = [];
        for await (const chunk of store.getStream('streamed', { onInfo: (info) => order.push(`${info.bytes} ${info.etag}`) })) {
          order.push('chunk');
          chunks.push(chunk);
        }

        assert.ok(bytes.equals(Buffer.concat(chunks)));
        assert.deepEqual(order.slice(0, 2), [`${written.bytes} ${written.etag}`, 'chunk']);
        assert.equal(order.filter((each) => each !== 'chunk').length, 1);
      });

      test('getStream() may be left early, and the store goes on working', async () => {
        await store.put('left', randomBytes(3 * mebibyte));

        for (let times = 0; times < 5; times += 1) {
          for await (const chunk of store.getStream('left')) {
            assert.ok(chunk.byteLength > 0);
            break;
          }
        }

        assert.equal((await store.get('left')).byteLength, 3 * mebibyte);
      });

      test('get() with a range gives just that part, and leaves out what lies past the end', async () => {
        await store.put('ranged', bytesOf('0123456789'));
        const part = async (offset: number, length: number): Promise<string> =>
          textOf(await store.get('ranged', { range: { offset, length } }));

        assert.equal(await part(0, 1), '0');
        assert.equal(await part(3, 4), '3456');
        assert.equal(await part(8, 100), '89');
        assert.equal(await part(10, 5), '');
        assert.equal(await part(1000, 5), '');
      });

      test('get() with a range describes the whole object', async () => {
        await store.put('ranged-info', bytesOf('0123456789'));
        let seen: ObjectInfo | undefined;

        await store.get('ranged-info', { range: { offset: 2, length: 3 }, onInfo: (info) => (seen = info) });

        assert.equal(seen?.bytes, 10);
      });

      test('get() with an etag reads only that object', async () => {
        const first = await store.put('guarded', bytesOf('first'));
        assert.equal(textOf(await store.get('guarded', { etag: first.etag })), 'first');
        await store.put('guarded', bytesOf('second'));

        await assert.rejects(
          store.get('guarded', { etag: first.etag }),
          failure('E_OBJECT_CHANGED', `Cannot read "guarded" in ${store.location}: somebody else has changed or removed it meanwhile`),
        );
      });
    });

    describe('list() and listFolder()', () => {
      const keys = [
        'keys/ä ö ü/ß.txt',
        'keys/日本語/ファイル',
        'keys/🦀',
        'keys/\uff5e full-width tilde',
        "keys/a+b&c=d%20e'f(g)h!i*j,k;l:m@n$o",
        'keys/percent%2Fslash',
        'keys/question?mark#hash',
        'keys/space at end ',
        'keys/"quotes" <angle>',
        'keys/back\\slash',
        'keys/uid=jo,ou=people,dc=example,dc=org',
        'keys/A',
        'keys/a.txt',
        'keys/a/b',
        'keys/a0',
        'keys/...',
      ];

      test('list() gives every key as it was written, in the order of its bytes', async () => {
        await mapConcurrently(keys, 4, (key) => store.put(key, bytesOf(key)));

        const listed = (await keysAndInfos(store, 'keys/')).map(({ key }) => key);

        assert.deepEqual(listed, byBytes(keys));
        for (const key of keys) {
          assert.equal(textOf(await store.get(key)), key);
          assert.equal((await store.head(key))?.bytes, Buffer.byteLength(key));
        }
      });

      test('list() takes a prefix that ends within a segment, and one that nothing has', async () => {
        await mapConcurrently(['within/abc', 'within/abd/e', 'within/ac', 'within2/abc'], 4, (key) => store.put(key, bytesOf('x')));

        assert.deepEqual(await keysOf(store, 'within/ab'), ['within/abc', 'within/abd/e']);
        assert.deepEqual(await keysOf(store, 'within/abd/e'), ['within/abd/e']);
        assert.deepEqual(await keysOf(store, 'nothing/here'), []);
      });

      test('listFolder() gives one level: folders without slash, objects right there', async () => {
        await mapConcurrently(['level/x/1', 'level/x/2', 'level/y/z/3', 'level/file', 'level/xy'], 5, (key) =>
          store.put(key, bytesOf('x')),
        );

        const { folders, objects } = await store.listFolder('level/');

        assert.deepEqual(folders, ['x', 'y']);
        assert.deepEqual(objects.map(({ key }) => key).sort(), ['level/file', 'level/xy']);
        assert.deepEqual(await store.listFolder('level/none/'), { folders: [], objects: [] });
        assert.ok((await store.listFolder('')).folders.includes('level'));
      });

      test(`list() and delete() take ${manyKeys} keys`, { timeout: 120_000 }, async () => {
        const many = Array.from({ length: manyKeys }, (_, index) => `many/${index % 7}/${index}`);
        await mapConcurrently(many, 16, (key) => store.put(key, bytesOf(key)));

        const listed = await keysOf(store, 'many/');
        const folder = await store.listFolder('many/3/');
        await store.delete(many.slice(1));

        assert.deepEqual(listed, byBytes(many));
        assert.equal(folder.objects.length, many.filter((key) => key.startsWith('many/3/')).length);
        assert.deepEqual(await keysOf(store, 'many/'), many.slice(0, 1));
        await store.delete(many);
        assert.deepEqual(await keysOf(store, 'many/'), []);
      });
    });

    describe('delete()', () => {
      test('delete() removes, takes absent keys for removed, and leaves no empty folders', async () => {
        await store.put('deleted/deep/er/one', bytesOf('1'));
        await store.put('deleted/two', bytesOf('2'));

        await store.delete(['deleted/deep/er/one', 'deleted/absent', 'deleted/none/absent']);
        await store.delete([]);

        assert.deepEqual(await store.listFolder('deleted/'), { folders: [], objects: [await infoOf(store, 'deleted/two')] });
        await store.delete(['deleted/two']);
        assert.ok(!(await store.listFolder('')).folders.includes('deleted'));
      });
    });

    describeWriting(() => store, { manyPartsBytes, tellsUnfinished });

    describe('every call', () => {
      test('rejects with the reason of a signal that has aborted before', async () => {
        await store.put('signal', bytesOf('x'));
        const reason = new Error('before');
        const signal = AbortSignal.abort(reason);
        const calls: Record<string, () => Promise<unknown>> = {
          put: () => store.put('signal', bytesOf('y'), { signal }),
          putStream: () => store.putStream('signal', () => inChunks(bytesOf('y'), 1), { signal }),
          get: () => store.get('signal', { signal }),
          getStream: () => drain(store.getStream('signal', { signal })),
          head: () => store.head('signal', { signal }),
          list: () => all(store.list('', { signal })),
          listFolder: () => store.listFolder('', { signal }),
          delete: () => store.delete(['signal'], { signal }),
        };

        for (const [call, run] of Object.entries(calls)) await assert.rejects(run(), (error) => error === reason, call);
        assert.equal(textOf(await store.get('signal')), 'x');
      });

      test('probe() finds every ability, and leaves nothing', async () => {
        const before_ = await keysOf(store, '');
        const { checksums, time, ...conditions } = await store.probe();

        assert.deepEqual(conditions, { conditionalCreate: true, conditionalReplace: true, conditionalStream: true });
        assert.equal(await store.honoursConditions(), true);
        assert.ok(['sha256', 'none'].includes(checksums));
        assert.ok(time === undefined || Math.abs(time.getTime() - Date.now()) < 60_000);
        assert.deepEqual(await keysOf(store, ''), before_);
        assert.deepEqual(await all(store.listUnfinished()), []);
      });
    });
  });
}
