import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../foundation/failure.ts';
import { notReached, runCheck } from './run-check.ts';

test('runCheck() makes a finding of words, and of a finding its own', async () => {
  assert.deepEqual(await runCheck('store: write', async () => 'it works'), { check: 'store: write', state: 'ok', text: 'it works' });
  assert.deepEqual(await runCheck('store: write', async () => ({ state: 'warning', text: 'slow', fix: 'wait' })), {
    check: 'store: write',
    state: 'warning',
    text: 'slow',
    fix: 'wait',
  });
});

test('runCheck() makes a finding of a failure, with its hint as the fix', async () => {
  const failure = new Failure('E_TEST', 'Cannot do it: it is a test', { hint: 'end the test' });

  assert.deepEqual(await runCheck('store: write', () => Promise.reject(failure)), {
    check: 'store: write',
    state: 'failed',
    text: 'Cannot do it: it is a test',
    fix: 'end the test',
  });
});

test('runCheck() does not hide a bug', async () => {
  assert.deepEqual(await runCheck('store: write', () => Promise.reject(new TypeError('x is undefined'))), {
    check: 'store: write',
    state: 'failed',
    text: 'x is undefined',
    fix: 'this is a fault of the program: please report it',
  });
});

test('notReached() says why a check was left out', () => {
  assert.deepEqual(notReached('store: read', 'nothing could be written'), {
    check: 'store: read',
    state: 'failed',
    text: 'not looked at, as nothing could be written',
    fix: 'mend that first',
  });
});
