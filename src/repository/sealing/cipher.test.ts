import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { makeMemory, loadKernels, startKernels } from '../kernels/kernels.ts';
import { Cipher, cipherScratchBytes, sealBytes } from './cipher.ts';
import { keyMaterialFrom, randomKeyMaterial } from './key-material.ts';

const module = loadKernels();

/** Poly1305 by its definition, in whole numbers. */
function poly1305(key: Uint8Array, message: Uint8Array): string {
  const number = (bytes: Uint8Array): bigint => [...bytes].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let h = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    h = ((h + number(block) + (1n << BigInt(8 * block.length))) * r) % ((1n << 130n) - 5n);
  }
  const tag = (h + number(key.subarray(16))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse().toString('hex');
}

function kernelPoly1305(key: Uint8Array, message: Uint8Array, split = message.length): string {
  const kernels = startKernels(module, makeMemory(message.length + 4096));
  const memory = new Uint8Array(kernels.memory.buffer);
  memory.set(key, 0);
  memory.set(message, 1024);
  kernels.polyBegin(0);
  kernels.polyUpdate(1024, split);
  kernels.polyUpdate(1024 + split, message.length - split);
  kernels.polyEnd(64);
  return Buffer.from(memory.subarray(64, 80)).toString('hex');
}

test('the Poly1305 kernel gives the tag of RFC 8439, section 2.5.2', () => {
  const key = Buffer.from('85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b', 'hex');

  assert.equal(kernelPoly1305(key, Buffer.from('Cryptographic Forum Research Group')), 'a8061dc1305136c6c22b8baf0c0127a9');
});

for (const length of [0, 1, 15, 16, 17, 255, 256, 257, 319, 320, 4096, 65_537]) {
  test(`the Poly1305 kernel is right for ${length} bytes, also at the edges of the arithmetic`, () => {
    for (const message of [Buffer.alloc(length, 0xff), Buffer.alloc(length), randomBytes(length)]) {
      for (const key of [Buffer.alloc(32, 0xff), randomBytes(32)]) {
        const expected = poly1305(key, message);
        assert.equal(kernelPoly1305(key, message), expected);
        assert.equal(kernelPoly1305(key, message, (length >> 5) << 4), expected);
      }
    }
  });
}

test('seal() writes IV, AES-256-CTR and Poly1305-AES', () => {
  const keys = randomKeyMaterial();
  const plain = randomBytes(200_000);

  const sealed = Cipher.standalone(keys, module).seal(plain);

  const iv = sealed.subarray(0, 16);
  const ciphertext = sealed.subarray(16, -16);
  assert.deepEqual(createDecipheriv('aes-256-ctr', keys.encrypt, iv).update(ciphertext), plain);
  const pad = createCipheriv('aes-128-ecb', keys.k, null).setAutoPadding(false).update(iv);
  assert.equal(sealed.subarray(-16).toString('hex'), poly1305(Buffer.concat([keys.r, pad]), ciphertext));
});

test('open() and openInPlace() give back what was sealed, also in shared memory', () => {
  const kernels = startKernels(module, makeMemory(cipherScratchBytes + 400_000));
  const cipher = new Cipher(randomKeyMaterial(), kernels, 0);
  const shared = new Uint8Array(kernels.memory.buffer, cipherScratchBytes);
  for (const length of [0, 1, 5000, 300_000]) {
    const plain = randomBytes(length);
    const place = shared.subarray(0, length + sealBytes);
    cipher.sealInto(plain, place);

    assert.deepEqual(cipher.open(Uint8Array.from(place)), plain);
    assert.deepEqual(Buffer.from(cipher.openInPlace(place) ?? []), plain);
  }
});

test('open() refuses each altered byte, other keys, what is too short, and an IV of zeros', () => {
  const cipher = Cipher.standalone(randomKeyMaterial(), module);
  const sealed = cipher.seal(Buffer.from('content'));

  for (let at = 0; at < sealed.length; at += 1) {
    const altered = Buffer.from(sealed);
    altered[at] = (altered[at] ?? 0) ^ 1;
    assert.equal(cipher.open(altered), undefined);
  }
  assert.equal(Cipher.standalone(randomKeyMaterial(), module).open(sealed), undefined);
  assert.equal(cipher.open(sealed.subarray(0, 31)), undefined);
  assert.equal(Cipher.standalone(keyMaterialFrom(Buffer.alloc(64)), module).open(Buffer.alloc(32)), undefined);
});
