import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDescriptor, decodeProblems } from './backup-compatibility.ts';
import { decodeBer, encodeBer } from './ber.ts';

for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 200_000]) {
  test(`decodeBer() reads back an element of ${length} bytes`, () => {
    const content = Buffer.alloc(length, 0xc3);

    assert.deepEqual(decodeBer(encodeBer(0x8b, content)), { elements: [{ tag: 0x8b, content }], rest: 0 });
  });
}

test('decodeBer() leaves what is cut off, at every place', () => {
  const whole = Buffer.concat([encodeBer(4, Buffer.from('a')), encodeBer(4, Buffer.alloc(300))]);

  for (let length = 3; length < whole.length; length += 1) {
    assert.deepEqual(decodeBer(whole.subarray(0, length)), { elements: [{ tag: 4, content: Buffer.from('a') }], rest: length - 3 });
  }
});

for (const value of ['', '00', '3080', '30ff', '3003800161', '0403800161', '300280', '300580016100ff']) {
  test(`decodeDescriptor() and decodeProblems() end on the bytes ${value || 'none'} without an error`, () => {
    const bytes = Buffer.from(value, 'hex');

    assert.deepEqual(decodeDescriptor(bytes), value === '3003800161' ? Buffer.from('a') : undefined);
    assert.deepEqual(decodeProblems(bytes), value === '3003800161' ? { errors: [], warnings: [] } : undefined);
  });
}
