import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes } from '../../../../src/foundation/sizes.ts';
import { byteTicks, dedupOf, growthSeries, plottedPoints } from './growth-series.ts';
import type { GrowthPoint } from './overview-document.ts';

function point(hour: number, server: string, facts: Partial<GrowthPoint> = {}): GrowthPoint {
  return {
    time: `2026-11-20T${String(hour).padStart(2, '0')}:00:00.000Z`,
    server,
    snapshot: `${server}-${hour}`,
    bytes: hour * 1000,
    ...facts,
  };
}

const ten = Date.UTC(2026, 10, 20, 10) / 1000;

test('growthSeries() has a line for each server, with null where another made a snapshot', () => {
  const points = [point(11, 'ds-1'), point(10, 'ds-0'), point(12, 'ds-0'), point(10, 'ds-1')];

  assert.deepEqual(growthSeries(points, 'bytes'), {
    times: [ten, ten + 3600, ten + 7200],
    series: [
      { server: 'ds-0', values: [10_000, null, 12_000] },
      { server: 'ds-1', values: [10_000, 11_000, null] },
    ],
  });
});

test('growthSeries() leaves out snapshots without the measure, and is empty where none has it', () => {
  const points = [point(10, 'ds-0', { entries: 50 }), point(11, 'ds-0'), point(12, 'ds-0', { entries: 0 })];

  assert.deepEqual(growthSeries(points, 'entries'), { times: [ten, ten + 7200], series: [{ server: 'ds-0', values: [50, 0] }] });
  assert.deepEqual(growthSeries(points, 'newBytes'), { times: [], series: [] });
});

test('dedupOf() counts only snapshots of which it is known what was new', () => {
  assert.deepEqual(dedupOf([point(10, 'a', { newBytes: 4000 }), point(11, 'a'), point(12, 'a', { newBytes: 0 })]), {
    snapshots: 2,
    bytes: 22_000,
    newBytes: 4000,
  });
  assert.equal(dedupOf([point(10, 'a')]), undefined);
});

test('plottedPoints() are in order, and tell for each server what is held so far for each byte that was stored', () => {
  const points = [
    point(12, 'a', { newBytes: 0 }),
    point(10, 'a', { newBytes: 2000 }),
    point(11, 'b', { newBytes: 0 }),
    point(11, 'a'),
    point(13, 'b', { newBytes: 4000 }),
  ];

  assert.deepEqual(
    plottedPoints(points).map(({ snapshot, held }) => [snapshot, held]),
    [
      ['a-10', 5],
      ['b-11', undefined],
      ['a-11', undefined],
      ['a-12', 11],
      ['b-13', 6],
    ],
  );
});

const mebibyte = 1024 * 1024;
const axes: readonly (readonly [number, number, readonly string[]])[] = [
  [15.2 * mebibyte, 4, ['0 B', '5.00 MiB', '10.0 MiB', '15.0 MiB', '20.0 MiB']],
  [900 * 1024, 5, ['0 B', '200 KiB', '400 KiB', '600 KiB', '800 KiB', '1000 KiB']],
  [1.5 * mebibyte, 4, ['0 B', '512 KiB', '1.00 MiB', '1.50 MiB']],
  [3, 5, ['0 B', '1 B', '2 B', '3 B']],
];
for (const [largest, most, expected] of axes) {
  test(`byteTicks() of ${formatBytes(largest)} are round: ${expected.join(', ')}`, () => {
    assert.deepEqual(byteTicks(largest, most).map(formatBytes), expected);
  });
}

test('byteTicks() has few of any size, from 0 to beyond the largest', () => {
  for (let largest = 1; largest < 2 ** 52; largest = Math.ceil(largest * 1.37)) {
    const ticks = byteTicks(largest, 5);
    assert.equal(ticks[0], 0);
    assert.ok((ticks.at(-1) ?? 0) >= largest, `${largest}: ${ticks.join(' ')}`);
    assert.ok(ticks.length >= 2 && ticks.length <= 9, `${largest}: ${ticks.length}`);
  }
});
