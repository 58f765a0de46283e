import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from './run-outcome.ts';

const ended = { exitCode: 20, killedBy: undefined, result: undefined, failure: undefined, log: [] };

test('failureOf() points to the result of a run that told no failure, and says where there is none', () => {
  const told = (result: unknown): string | undefined => failureOf({ ...ended, result }, undefined)?.message;

  assert.equal(told({ isWhole: false }), 'The run ended with exit code 20, and its result tells why');
  assert.equal(told(undefined), 'The run ended with exit code 20 and told nothing');
  assert.equal(told(null), 'The run ended with exit code 20 and told nothing');
});

test('failureOf() takes the words of the run itself before its result, and none for a good end', () => {
  const failure = { code: 'E_STORE', message: 'Cannot verify: the store does not answer' };

  assert.deepEqual(failureOf({ ...ended, failure, result: {} }, undefined), failure);
  assert.equal(failureOf({ ...ended, exitCode: 3, result: {} }, undefined), undefined);
  assert.equal(failureOf({ ...ended, failure, result: {} }, 'lease-lost')?.code, 'E_LEASE_LOST');
});
