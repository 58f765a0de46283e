import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePackHeader, encodePackHeader, headerBytesOf, type PackedBlob } from './pack-header.ts';

const blobs: readonly PackedBlob[] = [
  { id: 'aa'.repeat(32), type: 'data', offset: 0, length: 40, rawLength: 0 },
  { id: 'bb'.repeat(32), type: 'tree', offset: 40, length: 50, rawLength: 0 },
  { id: 'cc'.repeat(32), type: 'data', offset: 90, length: 60, rawLength: 1000 },
  { id: 'dd'.repeat(32), type: 'tree', offset: 150, length: 0xffffffff, rawLength: 0xfffffffe },
];

test('encodePackHeader() writes type, lengths and ID of each blob', () => {
  const header = encodePackHeader(blobs);

  assert.equal(header.length + 36, headerBytesOf(blobs));
  assert.equal(header.subarray(0, 37).toString('hex'), `0028000000${'aa'.repeat(32)}`);
  assert.equal(header.subarray(74, 115).toString('hex'), `023c000000e8030000${'cc'.repeat(32)}`);
  assert.deepEqual(decodePackHeader(header, 'ab'.repeat(32)), blobs);
});

for (const [what, header] of [
  ['an unknown type', Buffer.alloc(37, 4)],
  ['an entry that is cut off', encodePackHeader(blobs).subarray(0, -1)],
] as const) {
  test(`decodePackHeader() refuses ${what}`, () => {
    assert.throws(() => decodePackHeader(header, 'ab'.repeat(32)), { code: 'E_REPOSITORY_DAMAGED' });
  });
}
