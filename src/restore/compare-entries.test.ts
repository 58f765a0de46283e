import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LdifEntry } from '../domain/read-ldif.ts';
import { compareEntries, type CompareRequest, type EntrySource } from './compare-entries.ts';

const day = Date.UTC(2026, 10, 26) / 1000;
const window = { began: day + 100, ended: day + 200 };

function stamp(seconds: number): string {
  return new Date((day + seconds) * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
}

/** An entry with one value, created and changed so many seconds after the beginning of the day. */
function entry(name: string, value = 'same', created = 0, modified = created): LdifEntry {
  const lines = [
    ['cn', value],
    ['createTimestamp', stamp(created)],
    ['modifyTimestamp', stamp(modified)],
  ] as const;
  return { dn: `cn=${name},dc=x`, names: lines.map(([line]) => line), values: lines.map(([, text]) => text) };
}

function sourceOf(entries: readonly LdifEntry[]): EntrySource {
  return async function* batches() {
    for (let index = 0; index < entries.length; index += 3) yield entries.slice(index, index + 3);
  };
}

function compare(expected: readonly LdifEntry[], found: readonly LdifEntry[], more: Partial<CompareRequest> = {}) {
  return compareEntries({
    expected: sourceOf(expected),
    found: sourceOf(found),
    expectedEntries: expected.length,
    later: 'expected',
    ...more,
  });
}

const told = (examples: Awaited<ReturnType<typeof compare>>['examples']) =>
  examples.map(({ dn, difference }) => `${dn.slice(3, 4)} ${difference}`);

test('compareEntries() finds nothing in the same entries in another order', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => entry(name)) as [LdifEntry, LdifEntry, LdifEntry, LdifEntry];

  const { differences, changedMeanwhile, examples, found } = await compare([a, b, c, d], [d, b, a, c]);

  assert.deepEqual([differences, changedMeanwhile, examples, found.entries], [0, 0, [], 4]);
});

test('compareEntries() names what is missing, unexpected and different', async () => {
  const { differences, examples } = await compare(
    [entry('a'), entry('b'), entry('c')],
    [entry('a'), { ...entry('b', 'other'), dn: 'CN=B, dc=x' }, entry('d')],
  );

  assert.equal(differences, 3);
  assert.deepEqual(told(examples), ['c missing', 'd unexpected', 'B different']);
});

/** What writers did in the window: `expected` was taken after it. */
const meanwhile: readonly (readonly [string, LdifEntry[], LdifEntry[], { differences: number; changed: number }, number?])[] = [
  ['an entry that was modified in it', [entry('a', 'new', 0, 150)], [entry('a', 'old')], { differences: 0, changed: 1 }],
  ['an entry that was modified at its first moment', [entry('a', 'new', 0, 100)], [entry('a', 'old')], { differences: 0, changed: 1 }],
  ['an entry that was modified at its last moment', [entry('a', 'new', 0, 200)], [entry('a', 'old')], { differences: 0, changed: 1 }],
  ['an entry that was modified before it', [entry('a', 'new', 0, 99)], [entry('a', 'old')], { differences: 1, changed: 0 }],
  ['an entry that was modified after it', [entry('a', 'old')], [entry('a', 'new', 0, 201)], { differences: 1, changed: 0 }],
  ['an entry that was added in it', [entry('a', 'x', 150)], [], { differences: 0, changed: 1 }],
  ['an entry that was added before it', [entry('a', 'x', 99)], [], { differences: 1, changed: 0 }],
  ['an entry that was removed in it, as the counts tell', [], [entry('a')], { differences: 0, changed: 1 }, 1],
  ['an entry that nobody removed', [], [entry('a')], { differences: 1, changed: 0 }, 0],
  ['more entries than were removed', [], [entry('a'), entry('b')], { differences: 2, changed: 0 }, 1],
  ['an entry that was added and removed in it', [], [entry('a', 'x', 150)], { differences: 0, changed: 1 }],
  ['an entry that was renamed in it', [entry('b', 'x', 0, 150)], [entry('a', 'x')], { differences: 0, changed: 2 }],
  ['a rename, and an entry lost beside it', [entry('b', 'x', 0, 150)], [entry('a', 'x'), entry('c')], { differences: 2, changed: 1 }],
];
for (const [what, expected, found, counts, removed] of meanwhile) {
  test(`compareEntries() judges ${what}`, async () => {
    const more = removed === undefined ? {} : { removedMeanwhile: () => removed };
    const { differences, changedMeanwhile } = await compare(expected, found, { window, ...more });

    assert.deepEqual({ differences, changed: changedMeanwhile }, counts);
  });

  test(`compareEntries() judges ${what} alike where the other side is the later one`, async () => {
    const more = removed === undefined ? {} : { removedMeanwhile: () => removed };
    const { differences, changedMeanwhile } = await compare(found, expected, { window, later: 'found', ...more });

    assert.deepEqual({ differences, changed: changedMeanwhile }, counts);
  });
}

test('compareEntries() asks how many were removed with the number of those that were made in the window', async () => {
  const asked: number[] = [];
  await compare([entry('a', 'x', 150), entry('b', 'x', 120), entry('c')], [], {
    window,
    removedMeanwhile: (created) => {
      asked.push(created);
      return 0;
    },
  });

  assert.deepEqual(asked, [2]);
});

test('compareEntries() takes every difference for one where there is no window', async () => {
  assert.equal((await compare([entry('a', 'new', 0, 150)], [entry('a', 'old')])).differences, 1);
});

test('compareEntries() excuses what clients wrote to the found side since, and nothing else', async () => {
  const writtenSince = { began: day + 500, ended: day + 900 };
  const expected = [entry('a'), entry('b'), entry('c'), entry('d')];
  const found = [entry('a', 'new', 0, 600), entry('b', 'new', 0, 400), entry('c', 'new', 0, 1000), entry('e', 'new', 700)];

  const { differences, changedMeanwhile, examples } = await compare(expected, found, { window, writtenSince });

  assert.deepEqual([differences, changedMeanwhile], [3, 2]);
  assert.deepEqual(told(examples).toSorted(), ['a changed-meanwhile', 'b different', 'c different', 'd missing', 'e changed-meanwhile']);
});

test('compareEntries() counts all and keeps the first of each kind', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`);

  const { differences, examples } = await compare(
    names.map((name) => entry(name)),
    [],
  );

  assert.deepEqual([differences, examples.length], [200, 50]);
});

test('compareEntries() does not overlook an entry that is there twice', async () => {
  const [a, b] = [entry('a'), entry('b')];

  assert.equal((await compare([a, b], [a, b, a])).differences, 1);
  assert.equal((await compare([a, b, b], [a, b])).differences, 1);
  assert.equal((await compare([entry('a', 'new', 0, 150), b], [a, b, b], { window })).differences, 1);
});

test('compareEntries() refuses a source that has far more entries than were counted', async () => {
  const many = Array.from({ length: 100 }, (_, index) => entry(`n${index}`));

  await assert.rejects(compare(many, [], { expectedEntries: 5 }), {
    code: 'E_FILE_DAMAGED',
    message: 'Cannot compare the entries: there are more of them than the 5 that were counted before',
  });
});

test('compareEntries() finds the same in one turn as in many', async () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]$/));
  const side = names.chain((chosen) =>
    fc.tuple(...chosen.map((name) => fc.constantFrom(entry(name), entry(name, 'other'), entry(name, 'third', 150)))),
  );
  await fc.assert(
    fc.asyncProperty(side, side, fc.integer({ min: 1, max: 5 }), async (expected, found, atOnce) => {
      const whole = await compare(expected, found, { window });
      const turns = await compare(expected, found, { window, atOnce });
      assert.deepEqual([turns.differences, turns.changedMeanwhile], [whole.differences, whole.changedMeanwhile]);
      assert.equal(turns.found.digest, whole.found.digest);
      const sorted = (one: typeof whole) => told(one.examples).toSorted();
      assert.deepEqual(sorted(turns), sorted(whole));
    }),
  );
});
