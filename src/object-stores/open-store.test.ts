import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isFailure } from '../foundation/failure.ts';
import { parseStoreLocation } from './open-store.ts';

const read: readonly (readonly [string, ReturnType<typeof parseStoreLocation>])[] = [
  ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
  ['s3://bucket/', { kind: 's3', bucket: 'bucket', prefix: '' }],
  ['s3://my.bucket-1/a//b/', { kind: 's3', bucket: 'my.bucket-1', prefix: 'a/b/' }],
  ['/backups', { kind: 'folder', folder: '/backups' }],
  ['./backups', { kind: 'folder', folder: '/srv/me/backups' }],
  ['../backups/', { kind: 'folder', folder: '/srv/backups' }],
  ['.', { kind: 'folder', folder: '/srv/me' }],
  ['file:///var/my%20backups', { kind: 'folder', folder: '/var/my backups' }],
];

for (const [text, location] of read) {
  test(`parseStoreLocation() reads ${text}`, () => {
    assert.deepEqual(parseStoreLocation(text, '/srv/me'), location);
  });
}

const refused: readonly (readonly [string, string])[] = [
  ['', 'Cannot open the archive: no location is given'],
  ['backups', 'Cannot open the archive "backups": it is neither an s3:// URL nor a path that begins with "/" or "."'],
  [
    'https://host/bucket',
    'Cannot open the archive "https://host/bucket": it is neither an s3:// URL nor a path that begins with "/" or "."',
  ],
  ['s3:///path', 'Cannot open the archive "s3:///path": it has no bucket'],
  ['s3://a_b!/c', 'Cannot open the archive "s3://a_b!/c": "a_b!" is not the name of a bucket'],
  ['s3://bucket/a/../b', 'Cannot open the archive "s3://bucket/a/../b": its path has a segment "." or ".."'],
  ['s3://bucket/a?versionId=1', 'Cannot open the archive "s3://bucket/a?versionId=1": it has a "?" or "#"'],
  ['s3://key:secret@bucket/a', 'Cannot open the archive: the location has a user or key before an "@"'],
  ['file://host/a', 'Cannot open the archive "file://host/a": File URL host must be "localhost" or empty on linux'],
];

for (const [text, message] of refused) {
  test(`parseStoreLocation() refuses ${JSON.stringify(text)} as wrong usage`, () => {
    assert.throws(
      () => parseStoreLocation(text, '/srv/me'),
      (error) => isFailure(error, 'E_USAGE') && error.exitCode === 2 && assert.equal(error.message, message) === undefined,
    );
  });
}
