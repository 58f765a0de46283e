import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoteName, unquoteName } from './go-quote.ts';

// Made with Go 1.26: strconv.Quote without its quotes.
const table: readonly (readonly [bytes: string | Buffer, quoted: string])[] = [
  ['userRoot', 'userRoot'],
  ['a b', 'a b'],
  ['say "hi"\\', 'say \\"hi\\"\\\\'],
  ['\u0007\b\f\n\r\t\v\0\u001f\u007f', '\\a\\b\\f\\n\\r\\t\\v\\x00\\x1f\\x7f'],
  ['Müller-日本😀', 'Müller-日本😀'],
  ['\u00a0\u00ad\u2028\ufeff', '\\u00a0\\u00ad\\u2028\\ufeff'],
  ['\u{e0001}', '\\U000e0001'],
  ['\ufffd', '\ufffd'],
  [Buffer.from('61ff62c3', 'hex'), 'a\\xffb\\xc3'],
  [Buffer.from('f09f9841', 'hex'), '\\xf0\\x9f\\x98A'],
  [Buffer.from('eda080', 'hex'), '\\xed\\xa0\\x80'],
];

for (const [name, quoted] of table) {
  test(`quoteName() and unquoteName() have ${quoted} as Go has it`, () => {
    const bytes = Buffer.from(name as string);

    assert.equal(quoteName(bytes), quoted);
    assert.deepEqual(unquoteName(quoted), bytes);
  });
}

for (const wrong of ['\\q', 'a"b', '\\x4', '\\ud800', '\\U00110000', '\\400', '\\', 'a\nb']) {
  test(`unquoteName() refuses ${JSON.stringify(wrong)}`, () => {
    assert.equal(unquoteName(wrong), undefined);
  });
}
