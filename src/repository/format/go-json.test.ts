import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJsonObject, encodeGoJson } from './go-json.ts';

test('encodeGoJson() escapes what Go escapes', () => {
  assert.equal(encodeGoJson('<a & b>\u2028\u2029 é "\\\n'), '"\\u003ca \\u0026 b\\u003e\\u2028\\u2029 é \\"\\\\\\n"');
});

test('encodeGoJson() leaves out undefined fields, keeps null, and writes bytes as base64', () => {
  const value = { a: undefined, b: null, c: Uint8Array.of(0, 255), d: [1, true], e: 2n ** 63n };

  assert.equal(encodeGoJson(value), '{"b":null,"c":"AP8=","d":[1,true],"e":9223372036854775808}');
});

test('decodeJsonObject() reads integers that a double cannot hold exactly', () => {
  assert.deepEqual(decodeJsonObject('{"inode":18446744073709551615,"small":7}'), { inode: 18446744073709551615n, small: 7 });
});

for (const wrong of ['', '[]', 'null', '1', '{"a":']) {
  test(`decodeJsonObject() gives undefined for ${JSON.stringify(wrong)}`, () => {
    assert.equal(decodeJsonObject(wrong), undefined);
  });
}

test('decodeJsonObject() keeps integers that a double cannot hold, wherever they stand', () => {
  const text = '{"inode": 12345678901234567890,"list":[9007199254740993,-9007199254740993,7],"text":"a:1234567890123456789"}';

  assert.deepEqual(decodeJsonObject(text), {
    inode: 12345678901234567890n,
    list: [9007199254740993n, -9007199254740993n, 7],
    text: 'a:1234567890123456789',
  });
});
