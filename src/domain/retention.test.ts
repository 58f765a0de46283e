import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { decideRetention, isEmptyRule, type RetentionRule } from './retention.ts';
import { newestFirst, type Snapshot } from './snapshot.ts';

const hour = 3_600_000;
const day = 24 * hour;

function at(...times: readonly string[]): Snapshot[] {
  return times.map((time) => exampleSnapshot({ time: `${time}.000Z` }));
}

function keptTimes(snapshots: readonly Snapshot[], rule: RetentionRule): string[] {
  return decideRetention(snapshots, rule).keep.map(({ snapshot }) => snapshot.time.slice(0, 19));
}

test('decideRetention() keeps the newest so many of keepLast', () => {
  const snapshots = at('2026-11-20T00:00:00', '2026-11-22T00:00:00', '2026-11-21T00:00:00');

  assert.deepEqual(keptTimes(snapshots, { keepLast: 2 }), ['2026-11-22T00:00:00', '2026-11-21T00:00:00']);
});

test('decideRetention() keeps the newest of each of the newest hours, days, months and years that have any', () => {
  const snapshots = at(
    '2026-11-22T10:59:59',
    '2026-11-22T10:00:00',
    '2026-11-22T08:30:00',
    '2026-11-20T23:59:59',
    '2026-10-31T23:59:59',
    '2025-12-31T23:59:59',
  );

  assert.deepEqual(keptTimes(snapshots, { keepHourly: 2 }), ['2026-11-22T10:59:59', '2026-11-22T08:30:00']);
  assert.deepEqual(keptTimes(snapshots, { keepDaily: 2 }), ['2026-11-22T10:59:59', '2026-11-20T23:59:59']);
  assert.deepEqual(keptTimes(snapshots, { keepMonthly: 2 }), ['2026-11-22T10:59:59', '2026-10-31T23:59:59']);
  assert.deepEqual(keptTimes(snapshots, { keepYearly: 5 }), ['2026-11-22T10:59:59', '2025-12-31T23:59:59']);
});

test('decideRetention() counts weeks from Monday', () => {
  const snapshots = at('2026-11-23T00:00:00', '2026-11-22T23:59:59', '2026-11-16T00:00:00', '2026-11-15T23:59:59');

  assert.deepEqual(keptTimes(snapshots, { keepWeekly: 2 }), ['2026-11-23T00:00:00', '2026-11-22T23:59:59']);
});

const yearBorders: readonly (readonly [string, string, boolean])[] = [
  ['2026-12-31', '2027-01-01', true], // Thursday and Friday of 2026-W53
  ['2027-01-03', '2027-01-04', false], // Sunday of 2026-W53, Monday of 2027-W01
  ['2024-12-29', '2024-12-30', false], // Sunday of 2024-W52, Monday of 2025-W01
  ['2024-12-30', '2025-01-05', true], // Monday and Sunday of 2025-W01
  ['2021-01-03', '2020-12-28', true], // Sunday and Monday of 2020-W53
  ['2016-01-03', '2016-01-04', false], // Sunday of 2015-W53, Monday of 2016-W01
  ['2024-02-29', '2024-03-03', true], // around a leap day
];
for (const [one, other, isSameWeek] of yearBorders) {
  test(`decideRetention() takes ${one} and ${other} for ${isSameWeek ? 'one week' : 'two weeks'}`, () => {
    const snapshots = at(`${one}T12:00:00`, `${other}T12:00:00`);

    assert.equal(keptTimes(snapshots, { keepWeekly: 2 }).length, isSameWeek ? 1 : 2);
  });
}

test('decideRetention() measures keepWithin from the newest good one, its border included', () => {
  const snapshots = at('2026-11-22T00:00:00', '2026-11-21T00:00:00', '2026-11-20T23:59:59');

  assert.deepEqual(keptTimes(snapshots, { keepWithin: day }), ['2026-11-22T00:00:00', '2026-11-21T00:00:00']);
  const broken = exampleSnapshot({ time: '2026-12-31T00:00:00.000Z', state: 'damaged' });
  assert.deepEqual(keptTimes([...snapshots, broken], { keepWithin: day }), [
    '2026-12-31T00:00:00',
    '2026-11-22T00:00:00',
    '2026-11-21T00:00:00',
  ]);
});

test('decideRetention() tells every reason why a snapshot stays, newest first', () => {
  const [newest, older, oldest] = at('2026-11-22T00:00:00', '2026-11-21T00:00:00', '2026-11-20T00:00:00');
  assert.ok(newest && older && oldest);

  const decision = decideRetention([oldest, newest, older], { keepLast: 1, keepDaily: 2, keepWithin: hour, minimum: 1 });

  assert.deepEqual(decision, {
    keep: [
      { snapshot: newest, reasons: ['last', 'daily', 'within', 'minimum'] },
      { snapshot: older, reasons: ['daily'] },
    ],
    forget: [oldest],
  });
});

test('decideRetention() keeps what is not complete, and counts it for nothing', () => {
  const good = at('2026-11-19T00:00:00', '2026-11-18T00:00:00');
  const states = (['suspicious', 'damaged', 'unlisted'] as const).map((state, index) =>
    exampleSnapshot({ time: `2026-11-2${index}T00:00:00.000Z`, state }),
  );

  const { keep, forget } = decideRetention([...good, ...states], { keepLast: 1 });

  assert.deepEqual(
    keep.map(({ snapshot, reasons }) => [snapshot.state, reasons]),
    [
      ['unlisted', ['unlisted']],
      ['damaged', ['damaged']],
      ['suspicious', ['suspicious']],
      ['complete', ['last', 'minimum']],
    ],
  );
  assert.deepEqual(forget, good.slice(1));
});

test('decideRetention() keeps the newest good one by a rule that asks for nothing', () => {
  const snapshots = at('2026-11-22T00:00:00', '2026-11-21T00:00:00');

  for (const rule of [{}, { minimum: 0 }, { keepLast: 0, minimum: 0 }])
    assert.deepEqual(keptTimes(snapshots, rule), ['2026-11-22T00:00:00']);
});

test('decideRetention() decides for each server by itself', () => {
  const mine = at('2026-11-22T00:00:00', '2026-11-21T00:00:00');
  const theirs = mine.map((snapshot) => exampleSnapshot({ time: snapshot.time, server: 'test' }));

  assert.deepEqual(decideRetention([...mine, ...theirs], { keepLast: 1 }).forget, [mine[1], theirs[1]]);
});

const rules: readonly (readonly [RetentionRule, boolean])[] = [
  [{}, true],
  [{ minimum: 5 }, true],
  [{ keepLast: 0, keepWithin: 0, keepDaily: 0 }, true],
  [{ keepLast: 1 }, false],
  [{ keepLast: 0, keepWithin: day }, false],
  [{ keepWithin: day }, false],
  [{ keepLast: 0, keepYearly: 1 }, false],
];
for (const [rule, expected] of rules) {
  test(`isEmptyRule() says ${expected} of ${JSON.stringify(rule)}`, () => {
    assert.equal(isEmptyRule(rule), expected);
  });
}

const anySnapshots = fc
  .uniqueArray(
    fc.record({
      minutes: fc.integer({ min: 0, max: 3 * 366 * 24 * 60 }),
      server: fc.constantFrom('prod', 'test'),
      state: fc.constantFrom('complete', 'complete', 'complete', 'suspicious', 'damaged', 'unlisted'),
      provenAt: fc.option(fc.constant('2026-11-24T00:00:00.000Z'), { nil: undefined, freq: 3 }),
      pinned: fc.option(fc.constant({ at: '2026-11-24T00:00:00.000Z', by: 'anna@ops-1' }), { nil: undefined, freq: 3 }),
    }),
    { maxLength: 40, selector: ({ minutes, server }) => `${minutes} ${server}` },
  )
  .map((all) =>
    all.map(({ minutes, server, state, provenAt, pinned }) =>
      exampleSnapshot({ time: new Date(Date.UTC(2024, 11, 1) + minutes * 60_000).toISOString(), server, state, provenAt, pinned }),
    ),
  );
const anyRule = fc.record(
  {
    keepLast: fc.nat(5),
    keepHourly: fc.nat(5),
    keepDaily: fc.nat(5),
    keepWeekly: fc.nat(5),
    keepMonthly: fc.nat(5),
    keepYearly: fc.nat(3),
    keepWithin: fc.nat(200).map((days) => days * day),
    minimum: fc.nat(5),
    minimumProven: fc.nat(3),
  },
  { requiredKeys: [] },
);

function goodOf(snapshots: readonly Snapshot[], server: string): Snapshot[] {
  return snapshots.filter((snapshot) => snapshot.server === server && snapshot.state === 'complete').toSorted(newestFirst);
}

test('decideRetention() puts each snapshot on just one side', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const { keep, forget } = decideRetention(snapshots, rule);
      const both = [...keep.map(({ snapshot }) => snapshot), ...forget];
      assert.deepEqual(both.toSorted(newestFirst), snapshots.toSorted(newestFirst));
    }),
  );
});

test('decideRetention() never forgets one of the newest good ones of the floor, and at least one', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const { forget } = decideRetention(snapshots, rule);
      for (const server of ['prod', 'test']) {
        const floor = goodOf(snapshots, server).slice(0, Math.max(1, rule.minimum ?? 1));
        assert.ok(floor.every((snapshot) => !forget.includes(snapshot)));
      }
    }),
  );
});

test('decideRetention() never forgets one of the newest proven ones of the floor, and one where none is told', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const { forget } = decideRetention(snapshots, rule);
      for (const server of ['prod', 'test']) {
        const proven = goodOf(snapshots, server).filter(({ provenAt }) => provenAt !== undefined);
        assert.ok(proven.slice(0, rule.minimumProven ?? 1).every((snapshot) => !forget.includes(snapshot)));
      }
    }),
  );
});

test('decideRetention() keeps the newest proven one beside what the rule keeps, and says why', () => {
  const [newest, proven, older] = ['23', '22', '21'].map((day) => exampleSnapshot({ time: `2026-11-${day}T00:00:00.000Z` }));
  const provenAt = '2026-11-24T00:00:00.000Z';
  const snapshots = [newest, { ...proven, provenAt }, { ...older, provenAt }] as Snapshot[];

  const { keep, forget } = decideRetention(snapshots, { keepLast: 1 });

  assert.deepEqual(
    keep.map(({ reasons }) => reasons),
    [['last', 'minimum'], ['proven']],
  );
  assert.deepEqual(forget, snapshots.slice(2));
  assert.deepEqual(decideRetention(snapshots, { keepLast: 1, minimumProven: 0 }).forget, snapshots.slice(1));
});

test('decideRetention() forgets nothing but complete snapshots', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      assert.ok(decideRetention(snapshots, rule).forget.every((snapshot) => snapshot.state === 'complete'));
    }),
  );
});

test('decideRetention() is not moved by what is not complete', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const good = snapshots.filter((snapshot) => snapshot.state === 'complete');
      assert.deepEqual(decideRetention(snapshots, rule).forget, decideRetention(good, rule).forget);
    }),
  );
});

test('decideRetention() forgets no more when a rule is added or a number is raised', () => {
  const more = fc.tuple(anyRule, anyRule).map(([rule, added]) => {
    const names = Object.keys({ ...rule, ...added }) as (keyof RetentionRule)[];
    const least = (name: keyof RetentionRule): number => (name === 'minimumProven' ? 1 : 0);
    return [rule, Object.fromEntries(names.map((name) => [name, Math.max(rule[name] ?? least(name), added[name] ?? 0)]))] as const;
  });
  fc.assert(
    fc.property(anySnapshots, more, (snapshots, [rule, larger]) => {
      const before = new Set(decideRetention(snapshots, rule).forget);
      assert.ok(decideRetention(snapshots, larger).forget.every((snapshot) => before.has(snapshot)));
    }),
  );
});

test('decideRetention() forgets nothing more of what it kept', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const kept = decideRetention(snapshots, rule).keep.map(({ snapshot }) => snapshot);
      assert.deepEqual(decideRetention(kept, rule).forget, []);
    }),
  );
});

test('decideRetention() does not mind the order of the snapshots', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      assert.deepEqual(decideRetention(snapshots.toReversed(), rule), decideRetention(snapshots, rule));
    }),
  );
});

test('decideRetention() forgets nothing that is pinned, whatever its state, and says why', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const { keep, forget } = decideRetention(snapshots, rule);
      assert.ok(forget.every(({ pinned }) => pinned === undefined));
      for (const { snapshot, reasons } of keep) assert.equal(reasons.includes('pinned'), snapshot.pinned !== undefined);
    }),
  );
});

test('decideRetention() forgets the same beside a pin as without it, but for the pinned one', () => {
  fc.assert(
    fc.property(anySnapshots, anyRule, (snapshots, rule) => {
      const bare = snapshots.map(({ pinned: _pinned, ...snapshot }) => snapshot);
      const without = decideRetention(bare, rule).forget.map(({ id }) => id);
      const pinned = new Set(snapshots.filter((snapshot) => snapshot.pinned !== undefined).map(({ id }) => id));
      assert.deepEqual(
        decideRetention(snapshots, rule).forget.map(({ id }) => id),
        without.filter((id) => !pinned.has(id)),
      );
    }),
  );
});
