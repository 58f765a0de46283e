import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../foundation/failure.ts';
import { longestPause, parseSchedule } from './schedule.ts';

const at = (text: string): Date => new Date(text);

function timesOf(expression: string, timeZone: string, from: string, count: number): readonly string[] {
  const schedule = parseSchedule(expression, timeZone);
  const times: string[] = [];
  let last: Date | undefined = at(from);
  while (times.length < count && last !== undefined) {
    last = schedule.next(last);
    if (last !== undefined) times.push(last.toISOString().replace(':00.000Z', 'Z'));
  }
  return times;
}

test('a time that the change to summer time leaves out is taken when the gap ends', () => {
  assert.deepEqual(timesOf('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2), ['2026-03-29T01:00Z', '2026-03-30T00:30Z']);
});

test('a time that comes twice in autumn is taken once', () => {
  assert.deepEqual(timesOf('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2), ['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
});

test('every six hours follows the wall clock over a change of hours: one pause is five hours long, one seven', () => {
  assert.deepEqual(timesOf('0 */6 * * *', 'Europe/Berlin', '2026-03-28T22:00:00Z', 3), [
    '2026-03-28T23:00Z',
    '2026-03-29T04:00Z',
    '2026-03-29T10:00Z',
  ]);
  assert.deepEqual(timesOf('0 */6 * * *', 'Europe/Berlin', '2026-10-24T21:00:00Z', 3), [
    '2026-10-24T22:00Z',
    '2026-10-25T05:00Z',
    '2026-10-25T11:00Z',
  ]);
});

test('what runs each hour runs in each of the hours of a day that has 25', () => {
  assert.equal(timesOf('0 * * * *', 'Europe/Berlin', '2026-10-24T21:59:00Z', 25).at(-1), '2026-10-25T22:00Z');
});

test('the 29th of February comes in leap years', () => {
  assert.deepEqual(timesOf('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2), ['2028-02-29T00:00Z', '2032-02-29T00:00Z']);
});

test('the latest time is the moment itself where it is one, and none in the future', () => {
  const schedule = parseSchedule('0 */6 * * *', 'UTC');
  assert.equal(schedule.latest(at('2026-11-26T06:00:00.000Z'))?.toISOString(), '2026-11-26T06:00:00.000Z');
  assert.equal(schedule.latest(at('2026-11-26T05:59:59.999Z'))?.toISOString(), '2026-11-26T00:00:00.000Z');
  assert.equal(schedule.latest(at('2026-11-26T11:59:00.000Z'))?.toISOString(), '2026-11-26T06:00:00.000Z');
});

test('latest() and next() tell of the same times, whatever the moment', () => {
  for (const expression of ['*/7 * * * *', '0 */6 * * *', '15 3 * * 1-5', '@daily']) {
    const schedule = parseSchedule(expression, 'America/New_York');
    for (let moment = Date.parse('2026-10-30T00:00:00Z'); moment < Date.parse('2026-11-04T00:00:00Z'); moment += 1_234_567) {
      const next = schedule.next(new Date(moment));
      assert.ok(next !== undefined && next.getTime() > moment);
      assert.equal(schedule.latest(next)?.getTime(), next.getTime());
      const latest = schedule.latest(new Date(moment));
      assert.ok(latest !== undefined && latest.getTime() <= moment);
    }
  }
});

test('the longest pause of a week day schedule is the week end, and of six hours seven in a zone with summer time', () => {
  assert.equal(longestPause(parseSchedule('0 3 * * 1-5', 'UTC'), at('2026-11-26T00:00:00Z')), 3 * 24 * 3_600_000);
  assert.equal(longestPause(parseSchedule('0 */6 * * *', 'Europe/Berlin'), at('2026-10-24T00:00:00Z')), 7 * 3_600_000);
});

for (const [expression, zone, words] of [
  ['0 0 30 2 *', 'UTC', 'never comes'],
  ['61 * * * *', 'UTC', '61'],
  ['0 */6 * *', 'UTC', '0 */6 * *'],
  ['0 */6 * * * *', 'UTC', '0 */6 * * * *'],
  ['0 */6 * * *', 'Mars/Olympus', 'Mars/Olympus'],
] as const) {
  test(`"${expression}" in ${zone} is refused in one sentence`, () => {
    assert.throws(
      () => parseSchedule(expression, zone),
      (error) => isFailure(error, 'E_USAGE') && error.exitCode === 2 && error.message.includes(words) && error.hint !== undefined,
    );
  });
}
