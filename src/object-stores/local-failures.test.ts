import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Failure } from '../foundation/failure.ts';
import { localFailure } from './local-failures.ts';

const sentences: readonly (readonly [string, string, string])[] = [
  ['ENOSPC', 'E_DISK_FULL', 'Cannot write "k" to /a: the disk is full'],
  ['EDQUOT', 'E_DISK_FULL', 'Cannot write "k" to /a: the disk is full'],
  ['EACCES', 'E_ACCESS_DENIED', 'Cannot write "k" to /a: the operating system does not allow it (EACCES)'],
  ['EROFS', 'E_ACCESS_DENIED', 'Cannot write "k" to /a: the operating system does not allow it (EROFS)'],
  ['EISDIR', 'E_KEY_REFUSED', 'Cannot write "k" to /a: a file and a folder cannot have one name'],
  ['EIO', 'E_STORE_FAILED', 'Cannot write "k" to /a: EIO: it says'],
];

for (const [code, failureCode, message] of sentences) {
  test(`localFailure() makes ${failureCode} of ${code}`, () => {
    const failure = localFailure(Object.assign(new Error(`${code}: it says`), { code, syscall: 'write' }), 'Cannot write "k" to /a');

    assert.ok(failure instanceof Failure);
    assert.equal(failure.code, failureCode);
    assert.equal(failure.message, message);
  });
}

test('localFailure() leaves what is not from the operating system as it is', () => {
  const bug = new TypeError('undefined is not a function');

  assert.equal(localFailure(bug, 'Cannot write'), bug);
});
