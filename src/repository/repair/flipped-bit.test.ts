import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Cipher, sealBytes } from '../sealing/cipher.ts';
import { randomKeyMaterial } from '../sealing/key-material.ts';
import { undoFlippedBit } from './flipped-bit.ts';

const keys = randomKeyMaterial();
const cipher = Cipher.standalone(keys);

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const other = Uint8Array.from(bytes);
  other[Math.floor(bit / 8)] = (other[Math.floor(bit / 8)] ?? 0) ^ (1 << (bit % 8));
  return other;
}

for (const length of [0, 1, 15, 16, 17, 40]) {
  test(`undoFlippedBit() finds each bit of ${length + sealBytes} sealed bytes`, () => {
    const sealed = Uint8Array.from(cipher.seal(randomBytes(length)));

    for (let bit = 0; bit < sealed.length * 8; bit += 1) assert.deepEqual(undoFlippedBit(keys, flipped(sealed, bit)), sealed, `bit ${bit}`);
  });
}

test('undoFlippedBit() finds a bit of a large blob, wherever it is', () => {
  const sealed = Uint8Array.from(cipher.seal(randomBytes(500_003)));

  for (const place of [0, 0.1, 0.5, 0.9, 0.999999]) {
    const bit = Math.floor(place * sealed.length * 8);
    assert.deepEqual(undoFlippedBit(keys, flipped(sealed, bit)), sealed, `bit ${bit}`);
  }
});

test('undoFlippedBit() gives nothing where two bits were flipped, where bytes are missing, and for other keys', () => {
  const sealed = Uint8Array.from(cipher.seal(randomBytes(1000)));

  assert.equal(undoFlippedBit(keys, flipped(flipped(sealed, 300), 4000)), undefined);
  assert.equal(undoFlippedBit(keys, sealed.subarray(1)), undefined);
  assert.equal(undoFlippedBit(keys, sealed.subarray(0, 20)), undefined);
  assert.equal(undoFlippedBit(randomKeyMaterial(), flipped(sealed, 300)), undefined);
});
