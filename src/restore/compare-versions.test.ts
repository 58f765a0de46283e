import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions } from './compare-versions.ts';

const versions = [
  ['5.0.3', '5.0.3', 0],
  ['5.0.3', '5.0.10', -1],
  ['10.0', '9.9.9.9', 1],
  ['5', '5.0.0', 0],
  ['5.0.0.1', '5', 1],
] as const;
for (const [a, b, sign] of versions) {
  test(`compareVersions() of ${a} and ${b} is ${sign}`, () => {
    assert.equal(Math.sign(compareVersions(a, b)), sign);
    assert.equal(Math.sign(compareVersions(b, a)), sign === 0 ? 0 : -sign);
  });
}
