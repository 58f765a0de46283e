import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { mapConcurrently } from '../../src/foundation/concurrency.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import type { ObjectInfo, ObjectStore } from '../../src/object-stores/object-store.ts';

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

    describe('putStream()', () => {
      for (const length of [0, 1, 70_000, manyPartsBytes]) {
        test(`putStream() writes ${length} bytes`, async () => {
          const bytes = randomBytes(length);
          const written = await store.putStream('stream/whole', () => inChunks(bytes, 100_001), { bytes: length });

          assert.equal(written.bytes, length);
          assert.ok(bytes.equals(await store.get('stream/whole')));
          assert.deepEqual(pick(await store.head('stream/whole')), pick(written));
        });
      }

      test('putStream() takes chunks larger than a part', async () => {
        const bytes = randomBytes(manyPartsBytes);
        await store.putStream('stream/one-chunk', () => inChunks(bytes, bytes.byteLength));

        assert.ok(bytes.equals(await store.get('stream/one-chunk')));
      });

      test('putStream() refuses a source longer or shorter than was said, and leaves nothing', async () => {
        for (const length of [10, manyPartsBytes]) {
          const put = (declared: number): Promise<ObjectInfo> =>
            store.putStream('stream/declared', () => inChunks(new Uint8Array(length), 65_536), { bytes: declared });

          await assert.rejects(put(length - 1), failure('E_LENGTH_DIFFERS'));
          await assert.rejects(
            put(length + 1),
            failure(
              'E_LENGTH_DIFFERS',
              `Cannot write "stream/declared" to ${store.location}: ${length + 1} bytes were announced and the source gave only ${length}`,
            ),
          );
        }
        await assertNothingLeft(store, 'stream/declared');
      });

      test('putStream() passes on what the source throws, and leaves nothing', async () => {
        for (const length of [10, manyPartsBytes]) {
          const thrown = Object.assign(new Error('the disk is gone'), { code: 'EIO', syscall: 'read' });
          const source = async function* (): AsyncGenerator<Uint8Array> {
            yield* inChunks(new Uint8Array(length), 65_536);
            throw thrown;
          };

          await assert.rejects(store.putStream('stream/throws', source), (error) => error === thrown);
        }
        await assertNothingLeft(store, 'stream/throws');
      });

      test('putStream() leaves the old object when the source throws', async () => {
        await store.put('stream/old', bytesOf('old'));
        const source = async function* (): AsyncGenerator<Uint8Array> {
          yield* inChunks(new Uint8Array(manyPartsBytes), 65_536);
          throw new Error('source');
        };

        await assert.rejects(store.putStream('stream/old', source), /source/);

        assert.equal(textOf(await store.get('stream/old')), 'old');
      });

      test('putStream() ends with the reason of an abort while its source is silent, and leaves nothing', async () => {
        const controller = new AbortController();
        const reason = new Error('told to stop');
        const silent = Promise.withResolvers<void>();
        const source = async function* (): AsyncGenerator<Uint8Array> {
          yield* inChunks(new Uint8Array(manyPartsBytes), 65_536);
          setImmediate(() => controller.abort(reason));
          await silent.promise;
        };

        await assert.rejects(store.putStream('stream/aborted', source, { signal: controller.signal }), (error) => error === reason);

        await assertNothingLeft(store, 'stream/aborted');
        silent.resolve();
      });
    });

    describe('conditions', () => {
      test('put() with absent creates once', async () => {
        await store.put('condition/create', bytesOf('first'), { condition: { absent: true } });

        await assert.rejects(
          store.put('condition/create', bytesOf('second'), { condition: { absent: true } }),
          failure('E_OBJECT_EXISTS', `Cannot create "condition/create" in ${store.location}: an object of that key is there already`),
        );
        assert.equal(textOf(await store.get('condition/create')), 'first');
      });

      test('put() with an etag replaces only that object', async () => {
        const first = await store.put('condition/replace', bytesOf('first'));
        const second = await store.put('condition/replace', bytesOf('second'), { condition: { etag: first.etag } });

        await assert.rejects(
          store.put('condition/replace', bytesOf('third'), { condition: { etag: first.etag } }),
          failure(
            'E_OBJECT_CHANGED',
            `Cannot replace "condition/replace" in ${store.location}: somebody else has changed or removed it meanwhile`,
          ),
        );
        assert.equal(textOf(await store.get('condition/replace')), 'second');
        assert.equal((await store.head('condition/replace'))?.etag, second.etag);
      });

      test('put() with an etag is refused when the object is gone', async () => {
        const first = await store.put('condition/gone', bytesOf('first'));
        await store.delete(['condition/gone']);

        await assert.rejects(
          store.put('condition/gone', bytesOf('second'), { condition: { etag: first.etag } }),
          failure('E_OBJECT_CHANGED'),
        );
        assert.equal(await store.head('condition/gone'), undefined);
      });

      test('putStream() keeps conditions for objects of many parts', async () => {
        const bytes = randomBytes(manyPartsBytes);
        const put = (condition: { absent: true } | { etag: string }): Promise<ObjectInfo> =>
          store.putStream('condition/stream', () => inChunks(bytes, 65_536), { condition });

        const first = await put({ absent: true });
        await assert.rejects(put({ absent: true }), failure('E_OBJECT_EXISTS'));
        await put({ etag: first.etag });
        await assert.rejects(put({ etag: '"0123456789abcdef0123456789abcdef"' }), failure('E_OBJECT_CHANGED'));
        assert.deepEqual(await all(store.listUnfinished()), []);
      });

      test('of 20 who create at once, one wins and the others are told', async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, writer) =>
            outcome(store.put('race/create', bytesOf(`writer ${writer}`), { condition: { absent: true } }), writer),
          ),
        );

        assert.equal(outcomes.filter((each) => each === 'E_OBJECT_EXISTS').length, 19, String(outcomes));
        const winner = outcomes.find((each) => each !== 'E_OBJECT_EXISTS');
        assert.equal(textOf(await store.get('race/create')), `writer ${winner}`);
      });

      test('of 20 who replace at once, one wins and the others are told', async () => {
        const { etag } = await store.put('race/replace', bytesOf('before'));

        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, writer) =>
            outcome(store.put('race/replace', bytesOf(`writer ${writer}`), { condition: { etag } }), writer),
          ),
        );

        assert.equal(outcomes.filter((each) => each === 'E_OBJECT_CHANGED').length, 19, String(outcomes));
        const winner = outcomes.find((each) => each !== 'E_OBJECT_CHANGED');
        assert.equal(textOf(await store.get('race/replace')), `writer ${winner}`);
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

    if (tellsUnfinished) {
      test('listUnfinished() shows a write under way, discardUnfinished() ends it', async () => {
        const reached = Promise.withResolvers<void>();
        const goOn = Promise.withResolvers<void>();
        const source = async function* (): AsyncGenerator<Uint8Array> {
          yield* inChunks(new Uint8Array(manyPartsBytes), 65_536);
          reached.resolve();
          await goOn.promise;
          yield* inChunks(new Uint8Array(manyPartsBytes), 65_536);
        };
        const written = assert.rejects(store.putStream('unfinished/one', source), failure('E_WRITE_DISCARDED'));
        await reached.promise;

        const found = await all(store.listUnfinished());
        assert.deepEqual(
          found.map(({ key }) => key),
          ['unfinished/one'],
        );
        assert.ok(Math.abs((found[0]?.beganAt.getTime() ?? 0) - Date.now()) < 600_000);
        await store.discardUnfinished(found);
        await store.discardUnfinished(found);
        goOn.resolve();
        await written;

        await assertNothingLeft(store, 'unfinished/one');
      });
    }

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
        assert.ok(['sha256', 'none'].includes(checksums));
        assert.ok(time === undefined || Math.abs(time.getTime() - Date.now()) < 60_000);
        assert.deepEqual(await keysOf(store, ''), before_);
        assert.deepEqual(await all(store.listUnfinished()), []);
      });
    });
  });
}

/** For `assert.rejects`: a Failure of this code, and this message where one is given. */
export function failure(code: `E_${string}`, message?: string): (error: unknown) => true {
  return (error) => {
    if (!isFailure(error)) throw error;
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
  };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

export async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) yield bytes.subarray(offset, offset + chunkBytes);
}

async function assertNothingLeft(store: ObjectStore, key: string): Promise<void> {
  assert.equal(await store.head(key), undefined);
  assert.deepEqual(await all(store.listUnfinished()), []);
}

async function outcome(work: Promise<unknown>, writer: number): Promise<string | number> {
  return work.then(
    () => writer,
    (error: unknown) => (isFailure(error) ? error.code : String(error)),
  );
}

/** Modification times are to the second in some answers and finer in others. */
function pick(info: ObjectInfo | undefined): Pick<ObjectInfo, 'key' | 'bytes' | 'etag'> | undefined {
  return info && { key: info.key, bytes: info.bytes, etag: info.etag };
}

async function infoOf(store: ObjectStore, key: string): Promise<ObjectInfo | undefined> {
  return (await keysAndInfos(store, key)).find((info) => info.key === key);
}

function keysAndInfos(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  return all(store.list(prefix));
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await keysAndInfos(store, prefix)).map(({ key }) => key);
}

function byBytes(keys: readonly string[]): string[] {
  return keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

export async function all<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  await all(source);
}
