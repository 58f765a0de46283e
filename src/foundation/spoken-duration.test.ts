import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spokenDuration } from './spoken-duration.ts';

for (const [milliseconds, words] of [
  [0, 'less than a minute'],
  [59_999, 'less than a minute'],
  [60_000, '1 minute'],
  [59 * 60_000, '59 minutes'],
  [3_600_000, '1 hour'],
  [48 * 3_600_000 - 1, '47 hours'],
  [48 * 3_600_000, '2 days'],
] as const) {
  test(`spokenDuration() says "${words}" of ${milliseconds} ms`, () => {
    assert.equal(spokenDuration(milliseconds), words);
  });
}
