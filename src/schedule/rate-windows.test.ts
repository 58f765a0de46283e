import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRateWindow, rateOverTime } from './rate-windows.ts';

const mebibyte = 1024 ** 2;

/** The rate at a moment, in MiB a second; `none`: without limit. */
function rateAt(windows: readonly string[], timeZone: string, otherwise?: number) {
  const parsed = windows.map((text) => parseRateWindow(text) ?? assert.fail(text));
  const rate = rateOverTime(parsed, timeZone, otherwise === undefined ? undefined : otherwise * mebibyte);
  return (moment: string): number | 'none' => {
    const bytes = rate(Date.parse(moment));
    return bytes === undefined ? 'none' : bytes / mebibyte;
  };
}

test('parseRateWindow() reads days, times and a rate', () => {
  const everyDay = new Set([0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(parseRateWindow('08:00-18:30=20MiB'), { days: everyDay, begin: 480, end: 1110, bytesPerSecond: 20 * mebibyte });
  assert.deepEqual(parseRateWindow(' Mon-Fri 22:00-06:00 = 1.5 MB '), {
    days: new Set([1, 2, 3, 4, 5]),
    begin: 1320,
    end: 360,
    bytesPerSecond: 1.5e6,
  });
  assert.deepEqual(parseRateWindow('sat 00:00-24:00=none'), { days: new Set([6]), begin: 0, end: 1440, bytesPerSecond: undefined });
  assert.deepEqual(parseRateWindow('fri-mon 00:00-24:00=none')?.days, new Set([5, 6, 0, 1]));
});

test('parseRateWindow() refuses whatever could be read in two ways, or not at all', () => {
  const wrong = [
    '',
    '08:00-18:00',
    '08:00-18:00=',
    '08:00-18:00=20',
    '08:00-18:00=0MiB',
    '08:00-18:00=-1MiB',
    '08:00-08:00=1MiB',
    '24:00-06:00=1MiB',
    '8:00-18:00=1MiB',
    '08:60-18:00=1MiB',
    '08:00-24:01=1MiB',
    '08:00-25:00=1MiB',
    'monday 08:00-18:00=1MiB',
    'mon-xyz 08:00-18:00=1MiB',
    'mon+tue 08:00-18:00=1MiB',
    '08:00-18:00=1MiB=2MiB',
  ];
  assert.deepEqual(
    wrong.filter((text) => parseRateWindow(text) !== undefined),
    [],
  );
});

test('rateOverTime() has a window begin and end with its minute, and the first that fits count', () => {
  const rate = rateAt(['12:00-13:00=none', '08:00-18:00=5MiB'], 'UTC', 50);
  const times = ['07:59:59.999', '08:00:00', '11:59:59', '12:00:00', '12:59:59.999', '13:00:00', '17:59:59', '18:00:00'];
  assert.deepEqual(
    times.map((time) => rate(`2026-11-26T${time}Z`)),
    [50, 5, 5, 'none', 'none', 5, 5, 50],
  );
});

test('rateOverTime() has a window over midnight belong to the day on which it begins', () => {
  // 2026-11-27 is a Friday.
  const rate = rateAt(['fri 22:00-06:00=5MiB'], 'UTC');
  const moments = ['2026-11-27T05:00Z', '2026-11-27T22:00Z', '2026-11-28T05:59Z', '2026-11-28T06:00Z', '2026-11-28T22:00Z'];
  assert.deepEqual(
    moments.map((moment) => rate(moment)),
    ['none', 5, 5, 'none', 'none'],
  );
});

test('rateOverTime() follows the wall clock over the changes of daylight saving', () => {
  const rate = rateAt(['01:00-03:00=5MiB'], 'Europe/Berlin');
  // At 02:00 the clock is set to 03:00: the window is an hour shorter.
  const spring = ['2026-03-28T23:59Z', '2026-03-29T00:00Z', '2026-03-29T00:59Z', '2026-03-29T01:00Z'];
  assert.deepEqual(
    spring.map((moment) => rate(moment)),
    ['none', 5, 5, 'none'],
  );
  // At 03:00 the clock is set to 02:00: an hour longer.
  const autumn = ['2026-10-24T22:59Z', '2026-10-24T23:00Z', '2026-10-25T01:59Z', '2026-10-25T02:00Z'];
  assert.deepEqual(
    autumn.map((moment) => rate(moment)),
    ['none', 5, 5, 'none'],
  );
});

test('rateOverTime() knows zones of half hours, and the day of the zone', () => {
  const rate = rateAt(['sun 00:00-24:00=5MiB'], 'Asia/Kolkata');
  // Sunday begins there at 18:30 of the Saturday in UTC.
  assert.deepEqual([rate('2026-11-28T18:29Z'), rate('2026-11-28T18:30Z'), rate('2026-11-29T18:30Z')], ['none', 5, 'none']);
});
