import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readAnswerHead } from './answer-head.ts';

const read = (...lines: readonly string[]) => readAnswerHead(Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`));

test('readAnswerHead() reads status, headers and the length of the body', () => {
  assert.deepEqual(read('HTTP/1.1 206 Partial Content', 'Content-Length: 12', 'ETag:  "a b" ', 'x-a: 1', 'X-A: 2'), {
    status: 206,
    reason: 'Partial Content',
    headers: { 'content-length': '12', etag: '"a b"', 'x-a': '1, 2' },
    bodyBytes: 12,
    isKept: true,
    headBytes: 83,
  });
});

test('readAnswerHead() takes an answer without a reason, and one that closes the connection', () => {
  const head = read('HTTP/1.1 200', 'content-length: 0', 'Connection: Close');
  assert.ok(typeof head === 'object');
  assert.deepEqual([head.reason, head.bodyBytes, head.isKept], ['', 0, false]);
});

test('readAnswerHead() waits for the end of the head, and not for ever', () => {
  assert.equal(readAnswerHead(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n')), 'incomplete');
  assert.equal(readAnswerHead(Buffer.alloc(70_000, 'x')), 'other');
});

for (const [what, lines] of [
  ['an interim answer', ['HTTP/1.1 100 Continue']],
  ['an older version', ['HTTP/1.0 200 OK', 'content-length: 1']],
  ['another protocol', ['SSH-2.0-OpenSSH_9.2']],
  ['a chunked body', ['HTTP/1.1 200 OK', 'transfer-encoding: chunked', 'content-length: 1']],
  ['a body that ends with the connection', ['HTTP/1.1 200 OK']],
  ['two lengths', ['HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 2']],
  ['a length that is none', ['HTTP/1.1 200 OK', 'content-length: -1']],
  ['a folded header', ['HTTP/1.1 200 OK', 'content-length: 1', ' folded: x']],
  ['a name with a blank behind it', ['HTTP/1.1 200 OK', 'content-length : 1']],
  ['no content', ['HTTP/1.1 204 No Content', 'content-length: 1']],
] as const) {
  test(`readAnswerHead() leaves ${what} to others`, () => assert.equal(read(...lines), 'other'));
}
