import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byPath, withFolders } from './entry-paths.ts';

test('byPath() puts a folder right before what is in it', () => {
  const paths = ['a-b', 'a/z', 'b', 'a', 'a/b/c', 'a/b'];

  const sorted = paths.map((path) => ({ path })).sort(byPath);

  assert.deepEqual(
    sorted.map(({ path }) => path),
    ['a', 'a/b', 'a/b/c', 'a/z', 'a-b', 'b'],
  );
});

test('withFolders() adds each folder once', () => {
  const entries = withFolders([
    { path: 'userRoot/b', bytes: 2, sha256: 'bb' },
    { path: 'deep/er/c', bytes: 3 },
    { path: 'userRoot/a', bytes: 1 },
  ]);

  assert.deepEqual(
    entries.map(({ path, type, bytes, sha256 }) => [path, type, bytes, sha256]),
    [
      ['deep', 'folder', 0, undefined],
      ['deep/er', 'folder', 0, undefined],
      ['deep/er/c', 'file', 3, undefined],
      ['userRoot', 'folder', 0, undefined],
      ['userRoot/a', 'file', 1, undefined],
      ['userRoot/b', 'file', 2, 'bb'],
    ],
  );
});
