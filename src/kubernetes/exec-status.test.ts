import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExecStatus } from './exec-status.ts';

test('parseExecStatus() reads success, an exit code, and words where the program never ran', () => {
  assert.deepEqual(parseExecStatus('{"metadata":{},"status":"Success"}'), { exitCode: 0, words: '' });
  const ended = {
    status: 'Failure',
    message: 'command terminated with non-zero exit code',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '2' }] },
  };
  assert.deepEqual(parseExecStatus(JSON.stringify(ended)), { exitCode: 2, words: 'command terminated with non-zero exit code' });
  assert.deepEqual(parseExecStatus('{"status":"Failure","reason":"InternalError","message":"no\\n luck","code":500}'), {
    exitCode: undefined,
    words: 'no luck',
  });
});

test('parseExecStatus() takes nothing else for success', () => {
  const exitCode = (value: unknown): number | undefined => parseExecStatus(JSON.stringify(value)).exitCode;
  const withCode = (message: string) => ({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message }] },
  });

  for (const odd of [{}, { status: 'success' }, { status: 'Failure' }, withCode('0'), withCode(''), withCode('0x0'), 'Success', null, 7]) {
    assert.equal(exitCode(odd), undefined, JSON.stringify(odd));
  }
  assert.equal(parseExecStatus('Success').exitCode, undefined);
});
