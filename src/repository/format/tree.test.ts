import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTree, encodeTree, type TreeNode } from './tree.ts';

const modifiedAt = { milliseconds: 1000, nanoseconds: 500 };
const file: TreeNode = { name: Buffer.from('b&"'), type: 'file', mode: 0o640, modifiedAt, size: 3, content: ['ab'.repeat(32)] };
const folder: TreeNode = { name: Buffer.from('a'), type: 'dir', mode: 0o750, modifiedAt, size: 0, content: [], subtree: 'cd'.repeat(32) };
const id = 'ef'.repeat(32);

test('encodeTree() sorts by name and writes as Go does', () => {
  const times = '"mtime":"1970-01-01T00:00:01.0000005Z","atime":"1970-01-01T00:00:01.0000005Z","ctime":"1970-01-01T00:00:01.0000005Z"';
  const first = `{"name":"a","type":"dir","mode":2147484136,${times},"uid":0,"gid":0,"content":null,"subtree":"${'cd'.repeat(32)}"}`;
  const second = `{"name":"b\\u0026\\\\\\"","type":"file","mode":416,${times},"uid":0,"gid":0,"size":3,"content":["${'ab'.repeat(32)}"]}`;

  assert.equal(encodeTree([file, folder]).toString(), `{"nodes":[${first},${second}]}\n`);
});

test('decodeTree() reads back what encodeTree() wrote', () => {
  const [first, second] = decodeTree(encodeTree([file, folder]), id);

  assert.deepEqual(first, { ...folder, mode: 2 ** 31 + 0o750 });
  assert.deepEqual(second, { ...file, subtree: undefined });
});

test('decodeTree() reads fields that it does not know, and folders without nodes', () => {
  const odd = '{"later":1,"nodes":[{"name":"s","type":"symlink","linktarget":"x","inode":18446744073709551615,"content":null,"new":{}}]}';

  assert.equal(decodeTree(Buffer.from(odd), id)[0]?.type, 'symlink');
  assert.deepEqual(decodeTree(Buffer.from('{"nodes":null}'), id), []);
});

for (const name of ['', '.', '..', 'a/b', '../x', 'a\\x00b']) {
  test(`decodeTree() refuses the name ${JSON.stringify(name)}, which leads elsewhere`, () => {
    const tree = JSON.stringify({ nodes: [{ name, type: 'file', content: [] }] });

    assert.throws(() => decodeTree(Buffer.from(tree), id), { code: 'E_REPOSITORY_DAMAGED', exitCode: 20 });
  });
}

test('encodeTree() does not write a name twice', () => {
  assert.throws(() => encodeTree([file, file]), /twice in a tree/);
});
