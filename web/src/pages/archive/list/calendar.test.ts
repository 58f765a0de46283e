import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { listedSnapshot } from '../example-snapshot.ts';
import { dayAfterKey, dayOf, daysOf, monthAfter, sameDateIn, summaryText, weeksOf } from './calendar.ts';

const now = Date.parse('2026-11-26T12:00:00Z');

describe('weeksOf()', () => {
  test('begins weeks on Monday and leaves the days of other months out', () => {
    const weeks = weeksOf('2026-11');
    assert.equal(weeks.length, 6);
    assert.deepEqual(weeks[0], [undefined, undefined, undefined, undefined, undefined, undefined, '2026-11-01']);
    assert.deepEqual(weeks[5], ['2026-11-30', undefined, undefined, undefined, undefined, undefined, undefined]);
  });

  test('knows leap years, and months that fill their weeks', () => {
    assert.equal(weeksOf('2028-02').flat().filter(Boolean).length, 29);
    assert.equal(weeksOf('2027-02').length, 4);
  });
});

test('monthAfter() goes over the ends of years', () => {
  assert.equal(monthAfter('2026-12', 1), '2027-01');
  assert.equal(monthAfter('2026-01', -1), '2025-12');
});

describe('dayAfterKey()', () => {
  test('goes by days and weeks, over the ends of months', () => {
    assert.equal(dayAfterKey('2026-11-30', 'ArrowRight'), '2026-12-01');
    assert.equal(dayAfterKey('2026-11-01', 'ArrowLeft'), '2026-10-31');
    assert.equal(dayAfterKey('2026-11-03', 'ArrowUp'), '2026-10-27');
    assert.equal(dayAfterKey('2026-11-26', 'ArrowDown'), '2026-12-03');
  });

  test('goes to the ends of the week, and by months to a day that there is', () => {
    assert.equal(dayAfterKey('2026-11-26', 'Home'), '2026-11-23');
    assert.equal(dayAfterKey('2026-11-26', 'End'), '2026-11-29');
    assert.equal(dayAfterKey('2026-11-29', 'End'), '2026-11-29');
    assert.equal(dayAfterKey('2026-10-31', 'PageDown'), '2026-11-30');
    assert.equal(dayAfterKey('2026-03-31', 'PageUp'), '2026-02-28');
  });

  test('knows no other key', () => {
    assert.equal(dayAfterKey('2026-11-26', 'a'), undefined);
    assert.equal(dayAfterKey('2026-11-26', 'constructor'), undefined);
  });
});

test('sameDateIn() ends with the month', () => assert.equal(sameDateIn('2026-02', '2026-01-30'), '2026-02-28'));

describe('daysOf()', () => {
  test('puts snapshots under the day of the reader, and tells the worst', () => {
    const newest = listedSnapshot({
      time: '2026-11-26T10:00:00.000Z',
      provenAt: '2026-11-26T11:00:00.000Z',
      lockedUntil: '2026-12-01T00:00:00Z',
    });
    const older = listedSnapshot({ time: '2026-11-26T04:00:00.000Z', state: 'suspicious', lockedUntil: '2026-11-26T11:59:00Z' });
    const before = listedSnapshot({ time: '2026-11-25T10:00:00.000Z', pinned: { at: '2026-11-25T11:00:00Z', by: 'anna' } });
    const days = daysOf([newest, older, before], now);
    assert.deepEqual(days.get(dayOf(newest.time)), {
      day: dayOf(newest.time),
      snapshots: [newest, older],
      worst: 'suspicious',
      proven: 1,
      pinned: 0,
      locked: 1,
    });
    assert.equal(days.get(dayOf(before.time))?.pinned, 1);
  });
});

test('dayOf() is of the time zone of whoever reads', () => {
  const before = process.env['TZ'];
  try {
    process.env['TZ'] = 'Asia/Tokyo';
    assert.equal(dayOf('2026-11-26T20:00:00.000Z'), '2026-11-27');
    process.env['TZ'] = 'America/New_York';
    assert.equal(dayOf('2026-11-26T04:00:00.000Z'), '2026-11-25');
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
});

test('summaryText() says in words what a day has', () => {
  const [day] = daysOf([listedSnapshot({}), listedSnapshot({ state: 'damaged', provenAt: '2026-11-26T11:00:00.000Z' })], now).values();
  assert.equal(summaryText(day), '2 snapshots, the worst damaged, 1 proven');
  const [single] = daysOf([listedSnapshot({ pinned: { at: '2026-11-26T11:00:00.000Z', by: 'anna' } })], now).values();
  assert.equal(summaryText(single), '1 snapshot, complete, pinned');
  assert.equal(summaryText(undefined), 'no snapshot');
});
