import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideDue } from './due.ts';
import { stableJitter } from './jitter.ts';
import { parseSchedule } from './schedule.ts';

const minute = 60_000;

interface Facts {
  readonly now: string;
  readonly startedAt?: string;
  readonly slot?: string;
  readonly isDone?: boolean;
  readonly catchUp?: boolean;
}

function decide(facts: Facts): string {
  const { now, startedAt = '2026-11-26T00:01:00Z', slot, isDone = true, catchUp = true } = facts;
  const due = decideDue({
    schedule: parseSchedule('0 */6 * * *', 'UTC'),
    jitter: 2 * minute,
    catchUp,
    known: slot === undefined ? undefined : { slot: new Date(slot), isDone },
    now: new Date(now),
    startedAt: new Date(startedAt),
  });
  if (due.kind === 'wait') return `wait until ${due.until?.toISOString().slice(0, 16) ?? 'ever'}`;
  return `${due.isCatchUp ? 'catch up' : 'run'} ${due.slot.toISOString().slice(0, 16)}`;
}

test('a slot is due at its time and the jitter, not before', () => {
  const slot = '2026-11-26T00:00:00Z';
  assert.equal(decide({ now: '2026-11-26T06:01:59Z', slot }), 'wait until 2026-11-26T06:02');
  assert.equal(decide({ now: '2026-11-26T06:02:00Z', slot }), 'run 2026-11-26T06:00');
});

test('a slot that is done is followed by the next one', () => {
  assert.equal(decide({ now: '2026-11-26T06:05:00Z', slot: '2026-11-26T06:00:00Z' }), 'wait until 2026-11-26T12:02');
});

test('after three days without an agent one run makes up for all that were missed', () => {
  const facts = { now: '2026-11-26T07:00:00Z', startedAt: '2026-11-26T06:59:00Z', slot: '2026-11-23T06:00:00Z' };
  assert.equal(decide(facts), 'catch up 2026-11-26T06:00');
  assert.equal(decide({ ...facts, slot: '2026-11-26T06:00:00Z' }), 'wait until 2026-11-26T12:02');
  assert.equal(decide({ ...facts, catchUp: false }), 'wait until 2026-11-26T12:02');
});

test('a slot that somebody began is gone on with, also without catching up', () => {
  const facts = { now: '2026-11-26T07:00:00Z', startedAt: '2026-11-26T06:59:00Z', slot: '2026-11-26T06:00:00Z', isDone: false };
  assert.equal(decide({ ...facts, catchUp: false }), 'catch up 2026-11-26T06:00');
});

test('a clock that jumps ahead runs the newest slot alone, and one that jumps back repeats none', () => {
  assert.equal(decide({ now: '2026-11-28T06:10:00Z', slot: '2026-11-26T00:00:00Z' }), 'run 2026-11-28T06:00');
  assert.equal(decide({ now: '2026-11-26T05:55:00Z', slot: '2026-11-26T06:00:00Z' }), 'wait until 2026-11-26T12:02');
});

test('a slot that a wrong clock wrote into the far future stops nothing', () => {
  const facts = { slot: '2036-11-26T06:00:00Z', startedAt: '2026-11-26T00:01:00Z' };
  assert.equal(decide({ ...facts, now: '2026-11-26T05:00:00Z', isDone: false }), 'run 2026-11-26T00:00');
  assert.equal(decide({ ...facts, now: '2026-11-26T06:02:00Z' }), 'run 2026-11-26T06:00');
});

test('a jitter is the same for a name, below its bound, and spread over names', () => {
  const jitters = Array.from({ length: 1000 }, (_, index) => stableJitter(`group-${index} backup`, 100));
  assert.equal(stableJitter('group-1 backup', 100), jitters[1]);
  assert.ok(jitters.every((jitter) => jitter >= 0 && jitter < 100 && Number.isInteger(jitter)));
  const halves = jitters.filter((jitter) => jitter < 50).length;
  assert.ok(halves > 400 && halves < 600, `${halves} of 1000 are in the lower half`);
});
