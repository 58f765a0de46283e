import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from './audit-entries.ts';
import { filtered, noFilter, valuesOf } from './audit-filter.ts';
import { actionText, subjectText, wayText } from './audit-words.ts';

test('actionText() tells what was done from what was only looked at', () => {
  assert.equal(actionText({ action: 'restore', words: ['restore', 'abc', '--yes'] }), 'restored a snapshot');
  assert.equal(actionText({ action: 'restore', words: ['restore', 'abc', '--plan'] }), 'looked at a plan: restore');
  assert.equal(actionText({ action: 'prune', words: ['prune'] }), 'looked at a plan: prune');
  assert.equal(actionText({ action: 'prune', words: ['prune', '--yes'] }), 'pruned the archive');
  assert.equal(actionText({ action: 'run verify' }), 'had a verify run');
  assert.equal(actionText({ action: 'POST /api/v1/commands' }), 'asked for POST /api/v1/commands');
  assert.equal(actionText({ action: 'restore', words: ['restore', 'abc', '--yes'], outcome: 'refused' }), 'tried: restore');
  assert.equal(actionText({ action: 'something new' }), 'something new');
});

test('subjectText() does not repeat the action', () => {
  assert.equal(subjectText({ action: 'entry find', words: ['entry', 'find', '(uid=a)'] }), '(uid=a)');
  assert.equal(subjectText({ action: 'cancel', target: 'run 7' }), 'run 7');
  assert.equal(subjectText({ action: 'verify', words: ['verify'] }), '');
});

test('wayText() has nothing to say of somebody whom nobody knows', () => {
  assert.equal(wayText({ name: 'nobody' }), '');
  assert.equal(wayText({ name: 'jane', role: 'operator', via: 'oidc' }), 'operator, with their account');
});

test('filtered() keeps what fits all that is looked for, in its order', () => {
  const entry = (id: string, name: string, outcome: string): AuditEntry => ({ id, time: '', who: { name }, action: 'sign in', outcome });
  const entries = [entry('3', 'b', 'allowed'), entry('2', 'a', 'refused'), entry('1', 'b', 'refused')];
  assert.deepEqual(filtered(entries, noFilter), entries);
  assert.deepEqual(
    filtered(entries, { who: 'b', action: 'sign in', outcome: 'refused' }).map(({ id }) => id),
    ['1'],
  );
  assert.deepEqual(
    valuesOf(entries, ({ who }) => who.name),
    ['a', 'b'],
  );
});
