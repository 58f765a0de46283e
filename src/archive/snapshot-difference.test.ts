import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDifferences, type ComparedPath, type ComparedSide } from './snapshot-difference.ts';

const side = (path: string, content: string, type: 'file' | 'folder' = 'file', ownBytes = 0): ComparedSide => ({
  entry: { path, type, bytes: 10 },
  content,
  ownBytes,
});
const only = (where: 'before' | 'after', path: string, content: string, ownBytes = 0): ComparedPath => ({
  path,
  before: undefined,
  after: undefined,
  [where]: side(path, content, 'file', ownBytes),
});

function told(paths: readonly ComparedPath[]): unknown[] {
  return describeDifferences(paths).map(({ change, before, after, newBytes, goneBytes }) => [
    change,
    before?.path,
    after?.path,
    newBytes,
    goneBytes,
  ]);
}

test('describeDifferences() says what became of each path, by path', () => {
  const both = (path: string, before: ComparedSide, after: ComparedSide): ComparedPath => ({ path, before, after });

  assert.deepEqual(
    told([
      only('after', 'z', '1', 7),
      only('before', 'y', '2', 8),
      both('x', side('x', 'a', 'file', 3), side('x', 'b', 'file', 4)),
      both('w', side('w', '', 'folder'), side('w', 'c')),
      both('v', side('v', 'd'), side('v', 'd')),
      both('manifest.json', side('manifest.json', 'e'), side('manifest.json', 'f')),
    ]),
    [
      ['facts', 'v', 'v', 0, 0],
      ['type', 'w', 'w', 0, 0],
      ['content', 'x', 'x', 4, 3],
      ['removed', 'y', undefined, 0, 8],
      ['added', undefined, 'z', 7, 0],
    ],
  );
});

test('describeDifferences() takes a backup file for one under both IDs', () => {
  const [was, is] = ['userRoot/backup-userRoot-20261122100000Z', 'userRoot/backup-userRoot-20261123100000Z'];

  assert.deepEqual(told([only('before', was, 'a', 1), only('after', is, 'b', 2)]), [['content', was, is, 2, 1]]);
  assert.deepEqual(told([only('after', is, 'a'), only('before', was, 'a')]), [['renamed', was, is, 0, 0]]);
});

test('describeDifferences() pairs nothing where it could be another one', () => {
  const paths = ['20261121100000Z', '20261122100000Z'].map((id) => only('before', `schema/${id}`, id));

  assert.deepEqual(told([...paths, only('after', 'schema/20261123100000Z', 'x')]), [
    ['removed', 'schema/20261121100000Z', undefined, 0, 0],
    ['removed', 'schema/20261122100000Z', undefined, 0, 0],
    ['added', undefined, 'schema/20261123100000Z', 0, 0],
  ]);
  assert.deepEqual(told([only('before', 'a/20261121100000Z', '1'), only('after', 'b/20261122100000Z', '1')]), [
    ['removed', 'a/20261121100000Z', undefined, 0, 0],
    ['added', undefined, 'b/20261122100000Z', 0, 0],
  ]);
});
