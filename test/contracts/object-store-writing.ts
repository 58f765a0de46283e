import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';

import type { ObjectInfo, ObjectStore } from '../../src/object-stores/object-store.ts';
import { all, assertNothingLeft, bytesOf, failure, inChunks, outcome, pick, textOf } from './object-store-helpers.ts';

/** The part of the contract about streams, conditions and unfinished writes. */
export function describeWriting(
  store: () => ObjectStore,
  options: { readonly manyPartsBytes: number; readonly tellsUnfinished: boolean },
): void {
  const { manyPartsBytes, tellsUnfinished } = options;

  describe('putStream()', () => {
    for (const length of [0, 1, 70_000, manyPartsBytes]) {
      test(`putStream() writes ${length} bytes`, async () => {
        const bytes = randomBytes(length);
        const written = await store().putStream('stream/whole', () => inChunks(bytes, 100_001), { bytes: length });

        assert.equal(written.bytes, length);
        assert.ok(bytes.equals(await store().get('stream/whole')));
        assert.deepEqual(pick(await store().head('stream/whole')), pick(written));
      });
    }

    test('putStream() takes chunks larger than a part', async () => {
      const bytes = randomBytes(manyPartsBytes);
      await store().putStream('stream/one-chunk', () => inChunks(bytes, bytes.byteLength));

      assert.ok(bytes.equals(await store().get('stream/one-chunk')));
    });

    test('putStream() refuses a source longer or shorter than was said, and leaves nothing', async () => {
      for (const length of [10, manyPartsBytes]) {
        const put = (declared: number): Promise<ObjectInfo> =>
          store().putStream('stream/declared', () => inChunks(new Uint8Array(length), 65_536), { bytes: declared });

        await assert.rejects(put(length - 1), failure('E_LENGTH_DIFFERS'));
        await assert.rejects(
          put(length + 1),
          failure(
            'E_LENGTH_DIFFERS',
            `Cannot write "stream/declared" to ${store().location}: ${length + 1} bytes were announced and the source gave only ${length}`,
          ),
        );
      }
      await assertNothingLeft(store(), 'stream/declared');
    });

    test('putStream() passes on what the source throws, and leaves nothing', async () => {
      for (const length of [10, manyPartsBytes]) {
        const thrown = Object.assign(new Error('the disk is gone'), { code: 'EIO', syscall: 'read' });
        const source = async function* (): AsyncGenerator<Uint8Array> {
          yield* inChunks(new Uint8Array(length), 65_536);
          throw thrown;
        };

        await assert.rejects(store().putStream('stream/throws', source), (error) => error === thrown);
      }
      await assertNothingLeft(store(), 'stream/throws');
    });

    test('putStream() leaves the old object when the source throws', async () => {
      await store().put('stream/old', bytesOf('old'));
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield* inChunks(new Uint8Array(manyPartsBytes), 65_536);
        throw new Error('source');
      };

      await assert.rejects(store().putStream('stream/old', source), /source/);

      assert.equal(textOf(await store().get('stream/old')), 'old');
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

      await assert.rejects(store().putStream('stream/aborted', source, { signal: controller.signal }), (error) => error === reason);

      await assertNothingLeft(store(), 'stream/aborted');
      silent.resolve();
    });
  });

  describe('conditions', () => {
    test('put() with absent creates once', async () => {
      await store().put('condition/create', bytesOf('first'), { condition: { absent: true } });

      await assert.rejects(
        store().put('condition/create', bytesOf('second'), { condition: { absent: true } }),
        failure('E_OBJECT_EXISTS', `Cannot create "condition/create" in ${store().location}: an object of that key is there already`),
      );
      assert.equal(textOf(await store().get('condition/create')), 'first');
    });

    test('put() with an etag replaces only that object', async () => {
      const first = await store().put('condition/replace', bytesOf('first'));
      const second = await store().put('condition/replace', bytesOf('second'), { condition: { etag: first.etag } });

      await assert.rejects(
        store().put('condition/replace', bytesOf('third'), { condition: { etag: first.etag } }),
        failure(
          'E_OBJECT_CHANGED',
          `Cannot replace "condition/replace" in ${store().location}: somebody else has changed or removed it meanwhile`,
        ),
      );
      assert.equal(textOf(await store().get('condition/replace')), 'second');
      assert.equal((await store().head('condition/replace'))?.etag, second.etag);
    });

    test('put() with an etag is refused when the object is gone', async () => {
      const first = await store().put('condition/gone', bytesOf('first'));
      await store().delete(['condition/gone']);

      await assert.rejects(
        store().put('condition/gone', bytesOf('second'), { condition: { etag: first.etag } }),
        failure('E_OBJECT_CHANGED'),
      );
      assert.equal(await store().head('condition/gone'), undefined);
    });

    test('putStream() keeps conditions for objects of many parts', async () => {
      const bytes = randomBytes(manyPartsBytes);
      const put = (condition: { absent: true } | { etag: string }): Promise<ObjectInfo> =>
        store().putStream('condition/stream', () => inChunks(bytes, 65_536), { condition });

      const first = await put({ absent: true });
      await assert.rejects(put({ absent: true }), failure('E_OBJECT_EXISTS'));
      await put({ etag: first.etag });
      await assert.rejects(put({ etag: '"0123456789abcdef0123456789abcdef"' }), failure('E_OBJECT_CHANGED'));
      assert.deepEqual(await all(store().listUnfinished()), []);
    });

    test('of 20 who create at once, one wins and the others are told', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          outcome(store().put('race/create', bytesOf(`writer ${writer}`), { condition: { absent: true } }), writer),
        ),
      );

      assert.equal(outcomes.filter((each) => each === 'E_OBJECT_EXISTS').length, 19, String(outcomes));
      const winner = outcomes.find((each) => each !== 'E_OBJECT_EXISTS');
      assert.equal(textOf(await store().get('race/create')), `writer ${winner}`);
    });

    test('of 20 who replace at once, one wins and the others are told', async () => {
      const { etag } = await store().put('race/replace', bytesOf('before'));

      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          outcome(store().put('race/replace', bytesOf(`writer ${writer}`), { condition: { etag } }), writer),
        ),
      );

      assert.equal(outcomes.filter((each) => each === 'E_OBJECT_CHANGED').length, 19, String(outcomes));
      const winner = outcomes.find((each) => each !== 'E_OBJECT_CHANGED');
      assert.equal(textOf(await store().get('race/replace')), `writer ${winner}`);
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
      const written = assert.rejects(store().putStream('unfinished/one', source), failure('E_WRITE_DISCARDED'));
      await reached.promise;

      const found = await all(store().listUnfinished());
      assert.deepEqual(
        found.map(({ key }) => key),
        ['unfinished/one'],
      );
      assert.ok(Math.abs((found[0]?.beganAt.getTime() ?? 0) - Date.now()) < 600_000);
      await store().discardUnfinished(found);
      await store().discardUnfinished(found);
      goOn.resolve();
      await written;

      await assertNothingLeft(store(), 'unfinished/one');
    });
  }
}
