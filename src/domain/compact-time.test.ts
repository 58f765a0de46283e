import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactTime, timeOfCompact } from './compact-time.ts';

for (const [time, compact] of [
  ['2026-11-26T06:00:00.000Z', '20261126T060000000Z'],
  ['2026-11-26T06:00:00Z', '20261126T060000Z'],
] as const) {
  test(`${compact} is ${time}, and back`, () => {
    assert.equal(compactTime(time), compact);
    assert.equal(timeOfCompact(compact), time);
  });
}

test('timeOfCompact() gives undefined for what is no such name', () => {
  for (const text of ['', '20261126', '20261126T0600Z', '2026-11-26T06:00:00Z', '20261126T060000000'])
    assert.equal(timeOfCompact(text), undefined);
});
