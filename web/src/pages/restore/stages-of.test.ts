import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stagesOf } from './stages-of.ts';

const stages = ['fetch', 'restore', 'prove'].map((key) => ({ key, text: key }));

function statesOf(told: Omit<Parameters<typeof stagesOf>[0], 'stages'>): readonly string[] {
  return stagesOf({ stages, ...told }).map(({ state }) => state);
}

test('stagesOf() is empty until a plan is told', () => {
  assert.deepEqual(stagesOf({ state: 'running' }), []);
});

test('stagesOf() tells what is over, what is under way, and what lies ahead', () => {
  assert.deepEqual(statesOf({ state: 'running' }), ['ahead', 'ahead', 'ahead']);
  assert.deepEqual(statesOf({ state: 'running', stage: 'restore' }), ['done', 'running', 'ahead']);
});

test('stagesOf() of a command that has ended', () => {
  assert.deepEqual(statesOf({ state: 'ended', exitCode: 0, stage: 'prove' }), ['done', 'done', 'done']);
  assert.deepEqual(statesOf({ state: 'ended', exitCode: 20, stage: 'prove' }), ['done', 'done', 'bad']);
  assert.deepEqual(statesOf({ state: 'ended', stage: 'fetch' }), ['bad', 'ahead', 'ahead'], 'killed by a signal');
});
