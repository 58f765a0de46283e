import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatBytes, parseBytes } from './sizes.ts';

const readable: readonly (readonly [string, number])[] = [
  ['4096', 4096],
  ['0', 0],
  ['512B', 512],
  ['512 B', 512],
  ['64MiB', 64 * 1024 ** 2],
  ['1.5 GiB', 1.5 * 1024 ** 3],
  ['500 MB', 500_000_000],
  ['1kB', 1000],
  ['1KB', 1000],
  ['1KiB', 1024],
  ['1Ki', 1024],
  ['1K', 1024],
  ['1k', 1024],
  ['2Gi', 2 * 1024 ** 3],
  ['1 TB', 10 ** 12],
  ['1PiB', 1024 ** 5],
  [' 8 MiB ', 8 * 1024 ** 2],
];
for (const [text, expected] of readable) {
  test(`parseBytes() reads "${text}"`, () => {
    assert.equal(parseBytes(text), expected);
  });
}

const unreadable = [
  '',
  ' ',
  'MiB',
  '-1',
  '+1',
  '1,5GB',
  '1.GB',
  '.5GB',
  '1e3',
  '0x10',
  '1kiB',
  '1mb',
  '1gib',
  '1 G B',
  '1EiB',
  '1 MiB/s',
  '12 34',
  'Infinity',
  'NaN',
  '9'.repeat(400),
  '9000PiB',
];
for (const text of unreadable) {
  test(`parseBytes() refuses "${text.slice(0, 20)}"`, () => {
    assert.equal(parseBytes(text), undefined);
  });
}

test('parseBytes() gives whole bytes or undefined for any text', () => {
  const numberWithUnit = fc.tuple(fc.double({ min: 0, noNaN: true }), fc.constantFrom('', 'B', 'K', 'kB', 'KiB', 'MB', 'TiB', 'PiB', 'XB'));
  const text = fc.oneof(
    fc.string(),
    numberWithUnit.map(([amount, unit]) => `${amount} ${unit}`),
  );

  fc.assert(
    fc.property(text, (one) => {
      const bytes = parseBytes(one);
      assert.ok(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0), `${one} gave ${bytes}`);
    }),
  );
});

const shown: readonly (readonly [number, string])[] = [
  [0, '0 B'],
  [512, '512 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1536, '1.50 KiB'],
  [10 * 1024, '10.0 KiB'],
  [Math.round(9.996 * 1024), '10.0 KiB'],
  [Math.round(99.96 * 1024), '100 KiB'],
  [1023 * 1024, '1023 KiB'],
  [1024 ** 2 - 1, '1.00 MiB'],
  [710 * 1024 ** 2, '710 MiB'],
  [1024 ** 3, '1.00 GiB'],
  [1024 ** 4, '1.00 TiB'],
  [1024 ** 5, '1.00 PiB'],
  [2000 * 1024 ** 5, '2000 PiB'],
];
for (const [bytes, expected] of shown) {
  test(`formatBytes() shows ${bytes} as "${expected}"`, () => {
    assert.equal(formatBytes(bytes), expected);
  });
}

test('formatBytes() gives what parseBytes() reads back to within a hundredth', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 52 }), (bytes) => {
      const again = parseBytes(formatBytes(bytes));
      assert.ok(again !== undefined && Math.abs(again - bytes) <= bytes / 100, `${bytes} → ${formatBytes(bytes)} → ${again}`);
    }),
  );
});
