import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Archive } from '../../src/archive/archive.ts';
import type { ByteRange, RangeContent } from '../../src/foundation/byte-ranges.ts';
import type { GetOptions } from '../../src/object-stores/object-store.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';
import { makeSet } from '../harness/example-set.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const mebi = 1024 * 1024;

/** A store that says what was read of it. */
class ReadStore extends MemoryStore {
  gets: string[] = [];
  bytes = 0;

  override async get(key: string, options?: GetOptions): Promise<Uint8Array> {
    const bytes = await super.get(key, options);
    this.gets.push(key);
    this.bytes += bytes.length;
    return bytes;
  }
}

export interface RangesPlace {
  readonly layout: Archive['layout'];
  readonly open: (store: MemoryStore, clock: FakeClock) => Archive;
  /** Whether an object holds what is read, and not what says where. */
  readonly isContent: (key: string) => boolean;
}

/** What readRanges() of an archive must do, in every layout. */
export function describeRanges({ layout, open, isContent }: RangesPlace): void {
  const setUp = async (content: Buffer, name = 'export/userRoot.ldif') => {
    const clock = new FakeClock();
    const store = new ReadStore({ clock });
    const writing = open(store, clock);
    await writing.create();
    const home = await temporaryFolder();
    const folder = path.join(home.path, '20261123104646Z');
    await writing.save(folder, await makeSet(folder, '20261123104646Z', { [name]: content }));
    const archive = open(store, clock);
    const [snapshot] = await archive.list();
    assert.ok(snapshot);
    const [file] = (await archive.manifest(snapshot)).files;
    assert.ok(file);
    store.gets = [];
    store.bytes = 0;
    const read = (ranges: Iterable<ByteRange>, signal?: AbortSignal) => archive.readRanges(snapshot, file, ranges, { signal });
    const contentKeys = async () => (await Array.fromAsync(store.list(''))).map(({ key }) => key).filter(isContent);
    return { store, read, contentKeys, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
  };
  const assertRead = (found: readonly RangeContent[], content: Buffer, ranges: readonly ByteRange[]): void => {
    assert.deepEqual(
      found.map(({ range }) => range),
      ranges,
    );
    for (const { range, content: bytes } of found) assert.ok(content.subarray(range.at, range.at + range.bytes).equals(bytes));
  };

  describe(`readRanges() of the layout ${layout}`, () => {
    test('gives parts in their order: the first byte, the last, neighbours, and the whole', async () => {
      const content = Buffer.concat([randomBytes(700_000), Buffer.alloc(400_000, 'cn: the same again\n'), randomBytes(50_000)]);
      await using scene = await setUp(content);
      for (const ranges of [
        [],
        [{ at: 0, bytes: 1 }],
        [{ at: content.length - 1, bytes: 1 }],
        [{ at: 0, bytes: content.length }],
        [
          { at: 3, bytes: 70_000 },
          { at: 70_003, bytes: 1 },
          { at: 70_004, bytes: 500_000 },
          { at: 1_140_000, bytes: 9000 },
        ],
      ]) {
        assertRead(await Array.fromAsync(scene.read(ranges)), content, ranges);
      }
    });

    test('gives a thousand scattered parts, and as many parts of one blob', async () => {
      const content = randomBytes(2 * mebi);
      await using scene = await setUp(content);
      const scattered = Array.from({ length: 1000 }, (_, index) => ({ at: index * 2000 + (index % 7), bytes: 1 + ((index * 37) % 900) }));
      const close = Array.from({ length: 1000 }, (_, index) => ({ at: index * 2, bytes: 1 }));

      assertRead(await Array.fromAsync(scene.read(scattered)), content, scattered);
      const requests = scene.store.gets.length;
      assertRead(await Array.fromAsync(scene.read(close)), content, close);
      assert.ok(requests < 60, `${requests} requests`);
    });

    test('reads for one part of a large file little more than the part', async () => {
      const content = randomBytes(4 * mebi);
      await using scene = await setUp(content);
      const ranges = [{ at: 3 * mebi, bytes: 1000 }];

      assertRead(await Array.fromAsync(scene.read(ranges)), content, ranges);
      assert.ok(scene.store.bytes < 1.3 * mebi, `${scene.store.bytes} bytes`);
    });

    test('reads no more than a window ahead of a slow caller, and ends with a caller who stops', async () => {
      const content = randomBytes(96 * mebi);
      await using scene = await setUp(content);
      const ranges = Array.from({ length: 96 }, (_, index) => ({ at: index * mebi, bytes: mebi }));
      let given = 0;
      for await (const { content: bytes } of scene.read(ranges)) {
        given += bytes.length;
        if (given === mebi) await new Promise((resolve) => setImmediate(resolve));
        if (given === 2 * mebi) break;
      }
      const atEnd = scene.store.bytes;
      await new Promise((resolve) => setImmediate(resolve));

      assert.ok(atEnd < 60 * mebi, `${atEnd} bytes were read`);
      assert.equal(scene.store.bytes, atEnd);
    });

    test('refuses a part beyond the end, and parts out of order', async () => {
      await using scene = await setUp(randomBytes(100_000));

      await assert.rejects(Array.fromAsync(scene.read([{ at: 99_999, bytes: 2 }])), {
        code: 'E_FILE_DAMAGED',
        exitCode: 20,
        message: 'Cannot read prod/20261123104646Z/export/userRoot.ldif: its bytes to 100001 are asked for and it has 100000',
      });
      for (const second of [
        { at: 10, bytes: 5 },
        { at: 50, bytes: 0 },
      ]) {
        await assert.rejects(Array.fromAsync(scene.read([{ at: 10, bytes: 20 }, second])), /begins before 30 or is empty/);
      }
    });

    test('says which file cannot be read when what holds it is missing', async () => {
      await using scene = await setUp(randomBytes(300_000));
      await scene.store.delete(await scene.contentKeys());

      for (const bytes of [10, 300_000]) {
        await assert.rejects(Array.fromAsync(scene.read([{ at: 0, bytes }])), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'E_FILE_DAMAGED');
          assert.match(error.message, /^Cannot read prod\/20261123104646Z\/export\/userRoot\.ldif: .*is missing$/);
          return true;
        });
      }
    });

    test('ends with the reason of the signal', async () => {
      await using scene = await setUp(randomBytes(300_000));
      const stop = new AbortController();
      stop.abort(new Error('enough'));

      await assert.rejects(Array.fromAsync(scene.read([{ at: 0, bytes: 10 }], stop.signal)), /enough/);
    });
  });
}
