import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { exitCodes, Failure, interrupted, isFailure, messageOf, wrongUsage } from './failure.ts';
import { Secret } from './secret.ts';

test('Failure has the exit code 1, no hint, no facts and the advice "never" unless told', () => {
  const failure = new Failure('E_TEST', 'Cannot do it: it is a test');

  const { name, code, message, exitCode, hint, facts, retry, cause } = failure;
  assert.deepEqual(
    { name, code, message, exitCode, hint, facts, retry, cause },
    {
      name: 'Failure',
      code: 'E_TEST',
      message: 'Cannot do it: it is a test',
      exitCode: 1,
      hint: undefined,
      facts: {},
      retry: 'never',
      cause: undefined,
    },
  );
  assert.equal('cause' in failure, false);
});

test('Failure keeps its cause', () => {
  const cause = new Error('below');

  assert.equal(new Failure('E_TEST', 'Cannot do it', { cause }).cause, cause);
});

test('isFailure() tells failures from other errors, and one code from another', () => {
  const failure = new Failure('E_TEST', 'Cannot do it');

  assert.equal(isFailure(failure), true);
  assert.equal(isFailure(failure, 'E_TEST'), true);
  assert.equal(isFailure(failure, 'E_OTHER'), false);
  assert.equal(isFailure(new Error('a bug')), false);
  assert.equal(isFailure({ code: 'E_TEST' }, 'E_TEST'), false);
});

test('interrupted() is a failure with the exit code 130', () => {
  const { code, message, exitCode } = interrupted('The backup');

  assert.deepEqual({ code, message, exitCode }, { code: 'E_INTERRUPTED', message: 'The backup was interrupted', exitCode: 130 });
});

test('wrongUsage() is a failure with the exit code 2', () => {
  const { code, exitCode, hint } = wrongUsage('Cannot read "x"', 'write y');

  assert.deepEqual({ code, exitCode, hint }, { code: 'E_USAGE', exitCode: 2, hint: 'write y' });
});

test('exitCodes are those that scripts rely on', () => {
  assert.deepEqual(exitCodes, {
    success: 0,
    failure: 1,
    usage: 2,
    partial: 3,
    archiveMissing: 10,
    busy: 11,
    wrongKey: 12,
    verificationFailed: 20,
    interrupted: 130,
  });
});

test('messageOf() gives the words of anything thrown', () => {
  assert.deepEqual([new Error('an error'), 'a text', undefined, 42].map(messageOf), ['an error', 'a text', 'undefined', '42']);
});

test('Secret shows its value only where it is revealed', () => {
  const secret = new Secret('hunter2');

  const shown = [String(secret), `${JSON.stringify({ secret })}`, inspect(secret), inspect({ deep: { secret } }, { showHidden: true })];

  assert.equal(secret.reveal(), 'hunter2');
  for (const text of shown) assert.ok(text.includes('***') && !text.includes('hunter2'), text);
  assert.deepEqual(Object.keys(secret), []);
});
