import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCount } from './counts.ts';

test('formatCount() groups digits as toLocaleString() does', () => {
  for (const count of [0, 7, 999, 1000, 12_345, 999_999, 1_000_000, 9_007_199_254_740_991, -1234]) {
    assert.equal(formatCount(count), count.toLocaleString('en'));
  }
});
