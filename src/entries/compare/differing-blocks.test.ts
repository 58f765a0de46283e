import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { BlockTable } from '../../domain/block-table.ts';
import { partsThatDiffer } from './differing-blocks.ts';

const megabyte = 1024 * 1024;

/** A block is known by its name; blocks of one name have the same content. */
function tableOf(names: readonly string[], bytes = 100): BlockTable {
  const records = names.map((name) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes);
    return Buffer.concat([length, hash('sha256', name, 'buffer').subarray(0, 16)]);
  });
  return new BlockTable(Buffer.concat(records));
}

/** The names of each part's blocks. */
function parts(before: readonly string[], after: readonly string[], bytes?: number) {
  const named = (names: readonly string[], numbers: readonly number[]) => numbers.map((number) => names[number] ?? '?').join(' ');
  return [...partsThatDiffer(tableOf(before, bytes), tableOf(after, bytes))].map((part) => ({
    before: named(before, part.before),
    after: named(after, part.after),
    turns: part.turns,
  }));
}

const words = (text: string): readonly string[] => text.split(' ');

suite('partsThatDiffer()', () => {
  test('has no part where both sides have the same, in whatever order', () => {
    assert.deepEqual(parts(words('a b c d'), words('a b c d')), []);
    assert.deepEqual(parts(words('a b c d'), words('c d b a')), []);
    assert.deepEqual(parts([], []), []);
  });

  test('puts what lies between the same neighbours into one part, and cuts large parts at blocks that both have', () => {
    const [before, after] = [words('a x b y c'), words('a x2 b y2 y3 c')];

    assert.deepEqual(parts(before, after), [{ before: 'x y', after: 'x2 y2 y3', turns: 1 }]);
    assert.deepEqual(parts(before, after, 5 * megabyte), [
      { before: 'x', after: 'x2', turns: 1 },
      { before: 'y', after: 'y2 y3', turns: 1 },
    ]);
  });

  test('is not led astray by a block that lies elsewhere', () => {
    assert.deepEqual(parts(words('far a x b y c'), words('a x2 b y2 c far'), 5 * megabyte), [
      { before: 'x', after: 'x2', turns: 1 },
      { before: 'y', after: 'y2', turns: 1 },
    ]);
  });

  test('goes in turns through a part that is larger than memory may hold', () => {
    assert.deepEqual(parts(words('a b c'), words('d e f'), 30 * megabyte), [{ before: 'a b c', after: 'd e f', turns: 3 }]);
    assert.deepEqual(parts(words('a b'), [], 32 * megabyte), [{ before: 'a b', after: '', turns: 1 }]);
  });

  test('has the very blocks that one side has and the other has not, each once and in their order', () => {
    const side = fc.uniqueArray(fc.integer({ min: 0, max: 40 }).map(String), { maxLength: 40 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(100, megabyte, 9 * megabyte), (before, after, bytes) => {
        const found = parts(before, after, bytes);
        const all = (of: 'before' | 'after') => found.flatMap((part) => (part[of] === '' ? [] : words(part[of])));

        assert.deepEqual(
          all('before'),
          before.filter((name) => !after.includes(name)),
        );
        assert.deepEqual(
          all('after'),
          after.filter((name) => !before.includes(name)),
        );
        assert.ok(found.every(({ turns }) => turns >= 1));
      }),
      { numRuns: 500 },
    );
  });
});
