import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopText, stopTextOf } from './stop-text.ts';

test('stopTextOf() tells of each command what it leaves: only a restore of replicas and its roll-back leave replication suspended', () => {
  assert.equal(stopTextOf({ name: 'restore', words: ['restore', '--yes', '--', 'abc'] }), stopText('server'));
  assert.equal(stopTextOf({ name: 'restore', words: ['restore', '--topology', '--yes', '--', 'abc'] }), stopText('topology'));
  assert.equal(stopTextOf({ name: 'roll-back', words: ['roll-back', '--yes'] }), stopText('topology'));
  assert.equal(stopTextOf({ name: 'initialize', words: ['initialize', '--yes'] }), stopText('replica'));
  assert.match(stopText('topology'), /Replication may then be suspended/);
  assert.doesNotMatch(stopText('replica') + stopText('server'), /suspended|roll it back/);
});
