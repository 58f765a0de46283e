import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayTicks, formOfRun, layOutTimeline, xOf, type MarkForm, type TimelineEvent, type TimelineRow } from './timeline-layout.ts';

const hour = 3_600_000;
const from = Date.UTC(2026, 10, 20);
const span = { from, to: from + 100 * hour, width: 1000 };

function event(hours: number, form: MarkForm = 'good', row: TimelineRow = 'backup'): TimelineEvent {
  return { row, id: `${row}-${hours}-${form}`, time: from + hours * hour, form };
}

test('xOf() puts both ends of the span at the ends of the width', () => {
  assert.equal(xOf(span.from, span), 0);
  assert.equal(xOf(span.to, span), 1000);
  assert.equal(xOf(from + 25 * hour, span), 250);
});

test('layOutTimeline() gives what lies apart a mark each, and leaves out what is not in the span', () => {
  const marks = layOutTimeline([event(30), event(10), event(-1), event(101)], span);

  assert.deepEqual(
    marks.map(({ x, events }) => [x, events.length]),
    [
      [100, 1],
      [300, 1],
    ],
  );
});

test('layOutTimeline() makes one mark of successes that would lie on each other, and stays where they were', () => {
  const marks = layOutTimeline([event(10), event(10.5), event(10.8), event(11)], span);

  assert.deepEqual(
    marks.map(({ x, events }) => [x, events.map(({ time }) => (time - from) / hour)]),
    [
      [104, [10, 10.5, 10.8]],
      [110, [11]],
    ],
  );
});

test('layOutTimeline() never hides a failure in a mark of successes, and draws it last', () => {
  const marks = layOutTimeline([event(10), event(10.1, 'bad'), event(10.2), event(50, 'part'), event(60, 'none')], span);

  assert.deepEqual(
    marks.map(({ form, events }) => [form, events.length]),
    [
      ['good', 2],
      ['none', 1],
      ['part', 1],
      ['bad', 1],
    ],
  );
});

test('layOutTimeline() keeps each row to itself', () => {
  const marks = layOutTimeline([event(10), event(10, 'good', 'verify'), event(10, 'good', 'snapshots')], span);

  assert.deepEqual(
    marks.map(({ row }) => row),
    ['snapshots', 'backup', 'verify'],
  );
});

test('layOutTimeline() loses none of ten thousand events', () => {
  const events = Array.from({ length: 10_000 }, (_, index) => event((index * 37) % 100, index % 50 === 0 ? 'bad' : 'good'));

  const marks = layOutTimeline(events, span);

  assert.equal(
    marks.reduce((sum, mark) => sum + mark.events.length, 0),
    10_000,
  );
  assert.ok(marks.length <= 2 * (1000 / 9 + 1));
});

test('dayTicks() tells midnights, not more than asked for, and the newest of them', () => {
  const week = { from: Date.UTC(2026, 10, 1, 12), to: Date.UTC(2026, 10, 8, 12), width: 1 };
  const utc = (): number => 0;

  const days = (most: number, of: (time: number) => number): string[] =>
    dayTicks(week, most, of).map((time) => new Date(time).toISOString());

  assert.deepEqual(days(10, utc).length, 7);
  assert.deepEqual(days(3, utc), ['2026-11-02T00:00:00.000Z', '2026-11-05T00:00:00.000Z', '2026-11-08T00:00:00.000Z']);
  // Berlin in winter: an hour before UTC, which getTimezoneOffset() tells as -60.
  assert.equal(days(10, () => -60)[0], '2026-11-01T23:00:00.000Z');
});

test('formOfRun() has a form of its own for what failed', () => {
  assert.deepEqual((['success', 'partial', 'failure', 'canceled', 'skipped'] as const).map(formOfRun), [
    'good',
    'part',
    'bad',
    'none',
    'none',
  ]);
});
