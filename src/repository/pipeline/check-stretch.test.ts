import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { checkStretch, type StretchToCheck } from './check-stretch.ts';

const content = randomBytes(3_000_000);
const proof = { bytes: content.length, crc32: crc32(content), isDeflated: false };
const stored = deflateRawSync(content, { level: 0 });
const before = randomBytes(1000);

/** Checks a stretch that lies behind other bytes in a file. */
async function check(stretch: Uint8Array, changes: Partial<StretchToCheck> = {}): Promise<boolean> {
  await using folder = await temporaryFolder();
  const name = path.join(folder.path, 'file');
  await writeFile(name, Buffer.concat([before, stretch, before]));
  await using file = await open(name);
  return checkStretch({ descriptor: file.fd, at: before.length, length: stretch.length, proof, pieces: [], ...changes });
}

const deflated = { proof: { ...proof, isDeflated: true } };

test('checkStretch() knows content by its CRC-32, as it is and in stored blocks of deflate', async () => {
  assert.equal(await check(content), true);
  assert.equal(await check(stored, deflated), true);
  const open = Buffer.from(stored);
  // The last block not marked as the last, and an empty one behind it.
  let at = 0;
  while ((open.readUInt8(at) & 1) === 0) at += 5 + open.readUInt16LE(at + 1);
  open.writeUInt8(0, at);
  assert.equal(await check(Buffer.concat([open, Buffer.from([3, 0])]), deflated), true);
});

test('checkStretch() refuses other content, of whichever bit, and content of another length', async () => {
  for (const at of [0, 1_500_000, 2_999_999]) {
    const altered = Buffer.from(content);
    altered.writeUInt8((altered[at] ?? 0) ^ 0x10, at);
    assert.equal(await check(altered), false, `byte ${at}`);
    assert.equal(await check(deflateRawSync(altered, { level: 0 }), deflated), false, `byte ${at}`);
  }
  assert.equal(await check(content, { proof: { ...proof, bytes: content.length + 1 } }), false);
  assert.equal(await check(content, { length: content.length + 5000 }), false, 'the file ends before');
});

test('checkStretch() refuses what is deflated otherwise, is cut, or goes on behind its last block', async () => {
  assert.equal(
    await check(deflateRawSync(Buffer.alloc(content.length)), { proof: { ...deflated.proof, crc32: crc32(Buffer.alloc(content.length)) } }),
    false,
  );
  assert.equal(await check(stored.subarray(0, -1), deflated), false);
  assert.equal(await check(Buffer.concat([stored, Buffer.from([0])]), deflated), false);
  assert.equal(await check(Buffer.concat([stored.subarray(0, 3), Buffer.from([0, 0]), stored.subarray(5)]), deflated), false);
});

test('checkStretch() compares the SHA-256 of chosen pieces', async () => {
  const piece = { at: before.length + 100, length: 50_000, id: hash('sha256', content.subarray(100, 50_100), 'hex') };
  assert.equal(await check(content, { pieces: [piece] }), true);
  assert.equal(await check(content, { pieces: [piece, { ...piece, at: piece.at + 1 }] }), false);
});
