import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../foundation/secret.ts';
import { joinKeyMaterial, randomKeyMaterial } from '../sealing/key-material.ts';
import { decodeKey, encodeKey, unlockKey } from './key-file.ts';

const about = { created: { milliseconds: 0, nanoseconds: 0 }, username: 'u', hostname: 'h', cost: { N: 16, r: 1, p: 1 } };

test('unlockKey() gives the master keys for the password, and nothing for another', async () => {
  const master = randomKeyMaterial();
  const key = decodeKey(await encodeKey(master, new Secret('right'), about), 'key x');

  const unlocked = await unlockKey(key, new Secret('right'), 'key x');

  assert.ok(unlocked);
  assert.deepEqual(joinKeyMaterial(unlocked), joinKeyMaterial(master));
  assert.equal(await unlockKey(key, new Secret('wrong'), 'key x'), undefined);
});

const absurd: readonly (readonly [what: string, numbers: object])[] = [
  ['2 GiB of memory', { N: 2 ** 21, r: 8, p: 1 }],
  ['hours of work', { N: 2 ** 15, r: 8, p: 1000 }],
  ['an N that is no power of two', { N: 1000, r: 8, p: 1 }],
  ['a negative r', { N: 16, r: -1, p: 1 }],
  ['a p that is text', { N: 16, r: 1, p: '1' }],
];

for (const [what, numbers] of absurd) {
  test(`decodeKey() refuses ${what}`, () => {
    const file = Buffer.from(JSON.stringify({ kdf: 'scrypt', ...numbers, salt: 'AAAA', data: 'AAAA' }));

    assert.throws(() => decodeKey(file, 'key x'), {
      code: 'E_REPOSITORY_DAMAGED',
      exitCode: 20,
      message: 'Cannot read key x: its scrypt parameters are out of bounds',
    });
  });
}
