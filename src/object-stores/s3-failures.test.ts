import assert from 'node:assert/strict';
import { test } from 'node:test';

import { s3Failure } from './s3-failures.ts';

const attempt = { attempt: 'Cannot read "k" in s3://b', bucket: 'b', permission: 's3:GetObject' };

/** What the SDK throws, in short: name, status, Node's code, message. */
const cases: readonly (readonly [string, object, string, string])[] = [
  ['RequestTimeTooSkewed', answer(403), 'E_CLOCK_SKEWED', "this machine's clock and the store's differ too much"],
  ['ExpiredToken', answer(400), 'E_CREDENTIALS_REFUSED', 'the store refused the credentials (ExpiredToken)'],
  ['PermanentRedirect', answer(301), 'E_REGION_WRONG', 'the bucket "b" is in another region or behind another endpoint'],
  ['Error', { message: 'Region is missing' }, 'E_REGION_MISSING', 'no AWS region is set'],
  ['AccessDenied', answer(403), 'E_ACCESS_DENIED', 'the credentials may not do that (it takes s3:GetObject)'],
  ['Error', { code: 'CERT_NOT_YET_VALID' }, 'E_STORE_TLS', "the store's certificate is not valid yet"],
  ['Error', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'E_STORE_TLS', "the store's certificate is for another host name"],
  ['Error', { code: 'EPROTO' }, 'E_STORE_TLS', 'the endpoint does not speak TLS as expected (EPROTO)'],
  ['Error', { code: 'ENOTFOUND' }, 'E_STORE_UNREACHABLE', 'the host of the endpoint is not known to DNS (ENOTFOUND)'],
  ['Error', { code: 'ENOTFOUND', hostname: 's3.example' }, 'E_STORE_UNREACHABLE', 'the host "s3.example" is not known to DNS (ENOTFOUND)'],
  ['Error', { code: 'ECONNREFUSED', address: '::1', port: 9000 }, 'E_STORE_UNREACHABLE', 'nothing listens at ::1:9000 (ECONNREFUSED)'],
  ['XMinioStorageFull', answer(507), 'E_STORE_FULL', 'the store has no room left (XMinioStorageFull)'],
  ['TimeoutError', { code: 'ECONNRESET' }, 'E_STORE_UNREACHABLE', 'the connection broke (ECONNRESET)'],
  ['TimeoutError', {}, 'E_STORE_UNREACHABLE', 'the store did not answer in time'],
  ['KMS.NotFoundException', answer(400), 'E_ENCRYPTION_KEY', 'the store cannot use the encryption key (KMS.NotFoundException)'],
  ['InvalidStorageClass', answer(400), 'E_STORAGE_CLASS', 'the store does not have that storage class'],
  ['ThrottlingException', answer(400), 'E_STORE_BUSY', 'the store answered 400 (ThrottlingException)'],
  ['SlowDown', answer(503), 'E_STORE_BUSY', 'the store answered 503 (SlowDown)'],
  ['UnknownError', answer(502), 'E_STORE_BUSY', 'the store answered 502 (no reason given)'],
  ['ConditionalRequestConflict', answer(409), 'E_STORE_BUSY', 'another write to it was under way'],
  ['BadDigest', answer(400), 'E_OBJECT_DAMAGED', 'the bytes that arrived are not those that were sent (checksum mismatch)'],
  [
    'MalformedXML',
    { ...answer(400), message: 'The XML is\nnot well-formed.' },
    'E_STORE_FAILED',
    'the store answered 400 MalformedXML: The XML is not well-formed',
  ],
];

for (const [name, thrown, code, state] of cases) {
  test(`s3Failure() makes ${code} of ${name} ${JSON.stringify(thrown)}`, () => {
    const error = Object.assign(new Error(''), { name }, thrown);

    const failure = s3Failure(error, attempt);

    assert.equal(failure.code, code);
    assert.equal(failure.message, `Cannot read "k" in s3://b: ${state}`);
    assert.equal(failure.cause, error);
    assert.ok(failure.hint !== undefined && !failure.hint.endsWith('.'));
  });
}

test('s3Failure() finds the reason within an AggregateError, as Node throws for a host with several addresses', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

  const failure = s3Failure(new AggregateError([refused]), attempt);

  assert.equal(failure.code, 'E_STORE_UNREACHABLE');
  assert.equal(failure.retry, 'later');
});

function answer(httpStatusCode: number): { readonly $metadata: { readonly httpStatusCode: number } } {
  return { $metadata: { httpStatusCode } };
}
