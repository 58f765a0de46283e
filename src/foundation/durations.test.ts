import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './durations.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const readable: readonly (readonly [string, number])[] = [
  ['250ms', 250],
  ['90s', 90 * second],
  ['15m', 15 * minute],
  ['6h', 6 * hour],
  ['1h30m', 90 * minute],
  ['1h 30m', 90 * minute],
  [' 30 d ', 30 * day],
  ['2w', 14 * day],
  ['1.5h', 90 * minute],
  ['0s', 0],
  ['1m30s500ms', 90_500],
];
for (const [text, expected] of readable) {
  test(`parseDuration() reads "${text}"`, () => {
    assert.equal(parseDuration(text), expected);
  });
}

const unreadable = [
  '',
  ' ',
  '90',
  'h',
  '-1h',
  '+1h',
  '1,5h',
  '1.h',
  '.5h',
  '1y',
  '1mo',
  '6H',
  '5 m s',
  '1 0s',
  '1e3s',
  '1h-30m',
  'one day',
  `${'9'.repeat(400)}d`,
];
for (const text of unreadable) {
  test(`parseDuration() refuses "${text.slice(0, 20)}"`, () => {
    assert.equal(parseDuration(text), undefined);
  });
}

test('parseDuration() refuses a long text of digits without delay', () => {
  assert.equal(parseDuration('1m'.repeat(20_000) + '!'), undefined);
});

const shown: readonly (readonly [number, string])[] = [
  [0, '0 ms'],
  [850, '850 ms'],
  [999, '999 ms'],
  [999.7, '1.0 s'],
  [1000, '1.0 s'],
  [4210, '4.2 s'],
  [59_949, '59.9 s'],
  [59_950, '1 min'],
  [minute, '1 min'],
  [185 * second, '3 min 5 s'],
  [hour - 400, '1 h'],
  [hour, '1 h'],
  [6 * hour + 2 * minute + 59 * second, '6 h 2 min'],
  [day - 1, '1 d'],
  [12 * day + 4 * hour, '12 d 4 h'],
];
for (const [milliseconds, expected] of shown) {
  test(`formatDuration() shows ${milliseconds} ms as "${expected}"`, () => {
    assert.equal(formatDuration(milliseconds), expected);
  });
}
