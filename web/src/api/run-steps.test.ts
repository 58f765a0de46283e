import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Run } from '../../../src/agent/http/api-schemas.ts';
import type { ProgressEvent } from '../../../src/foundation/progress.ts';
import { afterEvent, afterRun, type ToldOfRun } from './run-steps.ts';

const time = '2026-11-26T13:00:00.000Z';
const later = '2026-11-26T13:00:05.000Z';
const none: ToldOfRun = { steps: [], notes: [] };

function running(...progress: readonly ProgressEvent[]): Run {
  return {
    id: '20261126T130000000Z-aaaaaa',
    job: 'backup',
    words: ['backup'],
    trigger: 'request',
    attempt: 1,
    state: 'running',
    queuedAt: time,
    progress: [...progress],
  };
}

function ended(outcome: 'success' | 'failure'): Run {
  const facts = {
    group: 'g',
    job: 'backup',
    words: ['backup'],
    agent: 'a',
    trigger: 'request',
    attempt: 1,
    isTriedAgain: false,
    log: [],
  } as const;
  return { ...facts, words: ['backup'], log: [], id: '20261126T130000000Z-aaaaaa', beganAt: time, endedAt: later, outcome, state: 'ended' };
}

function states({ steps }: ToldOfRun): string[] {
  return steps.map(({ step, state, done }) => `${step} ${state}${done === undefined ? '' : ` ${done}`}`);
}

test('afterRun() shows how far a step is that began before one looked, and claims no time for it', () => {
  const told = afterRun(none, running({ kind: 'advance', step: 'archive', done: 5, total: 9 }), time);
  assert.deepEqual(states(told), ['archive running 5']);

  const done = afterEvent(told, { kind: 'end', step: 'archive' }, later);
  assert.deepEqual(states(done), ['archive done 9']);
  assert.equal(done.steps[0]?.endedAt, undefined);
});

test('afterEvent() knows the time of a step whose beginning was told', () => {
  const begun = afterEvent(none, { kind: 'begin', step: 'archive', total: 9, unit: 'bytes' }, time);
  const done = afterEvent(afterEvent(begun, { kind: 'advance', step: 'archive', done: 9 }, later), { kind: 'end', step: 'archive' }, later);

  assert.deepEqual(done.steps, [{ step: 'archive', state: 'done', beganAt: time, endedAt: later, done: 9, total: 9, unit: 'bytes' }]);
});

test('afterRun() keeps what was told before a connection that broke, and ends what is under way no longer', () => {
  const before = afterEvent(
    afterEvent(none, { kind: 'begin', step: 'back up', unit: 'bytes' }, time),
    { kind: 'begin', step: 'check' },
    time,
  );

  const again = afterRun(before, running({ kind: 'advance', step: 'check', done: 3 }, { kind: 'begin', step: 'archive' }), later);

  assert.deepEqual(states(again), ['back up done', 'check running 3', 'archive running 0']);
});

test('afterRun() leaves no step under way of a run that has ended, and tells of a failed one which it failed in', () => {
  const before = afterEvent(none, { kind: 'begin', step: 'archive' }, time);

  assert.deepEqual(states(afterRun(before, ended('success'), later)), ['archive done']);
  assert.deepEqual(states(afterRun(before, ended('failure'), later)), ['archive bad']);
});
