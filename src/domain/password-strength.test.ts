import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../foundation/secret.ts';
import { weaknessOf } from './password-strength.ts';

for (const [password, kind, state] of [
  ['secret7', 'refused', 'it has fewer than 8 characters'],
  ['😀😀😀😀', 'refused', 'it has fewer than 8 characters'],
  ['abababababababababab', 'refused', 'it has fewer than 5 different characters'],
  ['made up 2026', 'warned', 'it has fewer than 16 characters'],
] as const) {
  test(`weaknessOf() says of ${password.length} characters that ${state}`, () => {
    assert.deepEqual(weaknessOf(new Secret(password)), { kind, state });
  });
}

test('weaknessOf() has nothing against a long one', () => {
  assert.equal(weaknessOf(new Secret('eight words are harder to guess')), undefined);
});
