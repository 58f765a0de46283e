import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ContentObject } from '../archive/archive.ts';
import { chooseSubset, describeSubset, parseDataSubset } from './data-subset.ts';

const now = new Date('2026-11-23T10:46:46Z');

function objectsOf(count: number, bytes = (_number: number) => 10): ContentObject[] {
  return Array.from({ length: count }, (_, number) => ({
    key: `data/${number}`,
    bytes: bytes(number),
    digits: createHash('sha256').update(String(number)).digest('hex'),
  }));
}

/** Numbers that look random and are the same in each run. */
function seeded(): () => number {
  let state = 7;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

for (const [text, expected, described] of [
  ['3/30', { kind: 'group', group: 3, groups: 30 }, 'group 3 of 30'],
  ['1/1', { kind: 'group', group: 1, groups: 1 }, 'group 1 of 1'],
  // The 20,780th day since 1970.
  ['today/30', { kind: 'group', group: 21, groups: 30 }, 'group 21 of 30'],
  ['2.5%', { kind: 'share', percent: 2.5 }, '2.5 % at random'],
  ['100%', { kind: 'share', percent: 100 }, '100 % at random'],
  ['500MiB', { kind: 'size', bytes: 524_288_000 }, 'at most 500 MiB at random'],
  ['10G', { kind: 'size', bytes: 10_737_418_240 }, 'at most 10.0 GiB at random'],
] as const) {
  test(`parseDataSubset() reads ${text}`, () => {
    const subset = parseDataSubset(text, now);

    assert.deepEqual(subset, expected);
    assert.equal(describeSubset(subset), described);
  });
}

for (const text of ['', '0/3', '4/3', '1/0', '1/65537', '-1/3', '1/3/3', 'yesterday/3', '0%', '101%', '%', '5', '0B', 'much', '1.5/3']) {
  test(`parseDataSubset() refuses "${text}"`, () => {
    assert.throws(() => parseDataSubset(text, now), {
      code: 'E_USAGE',
      exitCode: 2,
      message:
        `Cannot use --read-data-subset: "${text}" is no group such as 3/30 or today/30 (of at most 65536), ` +
        'no share such as 5%, and no size such as 10GiB',
    });
  });
}

test('parseDataSubset() takes another group each day, and within so many days every one', () => {
  const groups = Array.from({ length: 30 }, (_, day) => parseDataSubset('today/30', new Date(now.getTime() + day * 86_400_000)));

  assert.equal(new Set(groups.map((subset) => describeSubset(subset))).size, 30);
});

test('chooseSubset() has each object in just one of the groups, however many there are', () => {
  const all = objectsOf(300);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (groups) => {
      const chosen = Array.from({ length: groups }, (_, at) => chooseSubset(all, { kind: 'group', group: at + 1, groups }, () => 0)).flat();

      assert.equal(chosen.length, all.length);
      assert.equal(new Set(chosen).size, all.length);
    }),
  );
});

test('chooseSubset() takes the groups of restic: by the first byte', () => {
  const one: ContentObject = { key: 'data/ff', bytes: 1, digits: `ff${'0'.repeat(62)}` };

  assert.deepEqual(
    chooseSubset([one], { kind: 'group', group: (255 % 30) + 1, groups: 30 }, () => 0),
    [one],
  );
});

test('chooseSubset() draws at least the share, and no more than one object above it', () => {
  const all = objectsOf(200, (number) => (number % 7) + 1);
  const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const percent of [0.001, 1, 10, 50, 99, 100]) {
    const chosen = chooseSubset(all, { kind: 'share', percent }, seeded());

    const bytes = chosen.reduce((sum, one) => sum + one.bytes, 0);
    assert.ok(bytes >= (total * percent) / 100 && bytes < (total * percent) / 100 + 7, `${percent} %: ${bytes} of ${total}`);
    assert.equal(new Set(chosen).size, chosen.length);
  }
});

test('chooseSubset() draws no more than the size, but at least one object', () => {
  const all = objectsOf(200);

  assert.equal(chooseSubset(all, { kind: 'size', bytes: 105 }, seeded()).length, 10);
  assert.equal(chooseSubset(all, { kind: 'size', bytes: 1 }, seeded()).length, 1);
  assert.equal(chooseSubset(all, { kind: 'size', bytes: 1e9 }, seeded()).length, 200);
  assert.deepEqual(chooseSubset([], { kind: 'size', bytes: 1 }, seeded()), []);
});

test('chooseSubset() draws others each time, and in the long run each object as often as the others', () => {
  const all = objectsOf(10);
  const random = seeded();
  const drawn = new Map(all.map(({ key }) => [key, 0]));

  for (let run = 0; run < 2000; run += 1) {
    for (const { key } of chooseSubset(all, { kind: 'size', bytes: 30 }, random)) drawn.set(key, (drawn.get(key) ?? 0) + 1);
  }

  for (const [key, times] of drawn) assert.ok(times > 500 && times < 700, `${key} was drawn ${times} times of 2000, 3 of 10 each time`);
});
