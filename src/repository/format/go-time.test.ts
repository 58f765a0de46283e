import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMoment, encodeMoment, momentOf } from './go-time.ts';

const table: readonly (readonly [text: string, inUtc: string])[] = [
  ['2026-11-23T23:07:32.07958519Z', '2026-11-23T23:07:32.07958519Z'],
  ['2015-01-02T18:10:50.895208559+01:00', '2015-01-02T17:10:50.895208559Z'],
  ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
  ['2026-11-23T00:00:00-05:30', '2026-11-23T05:30:00Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
];

for (const [text, inUtc] of table) {
  test(`decodeMoment() and encodeMoment() keep every digit of ${text}`, () => {
    const moment = decodeMoment(text);

    assert.ok(moment);
    assert.equal(encodeMoment(moment), inUtc);
  });
}

test('decodeMoment() refuses what is not RFC 3339', () => {
  for (const wrong of ['', '2026-11-23', '2026-11-23T00:00:00', '2026-13-01T00:00:00Z', '2026-11-23T00:00:00.1234567890Z']) {
    assert.equal(decodeMoment(wrong), undefined);
  }
});

test('momentOf() rounds down before 1970 too', () => {
  assert.equal(encodeMoment(momentOf(-1n)), '1969-12-31T23:59:59.999999999Z');
  assert.equal(encodeMoment(momentOf(1_795_475_252_079_585_192n)), '2026-11-23T23:07:32.079585192Z');
});
