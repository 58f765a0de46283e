import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isServerName, serverNameFrom } from './server-name.ts';

for (const name of ['prod', 'pingdirectory-0', '_x', '0', 'a.b_c-d', 'x'.repeat(100)]) {
  test(`isServerName() takes "${name.slice(0, 20)}"`, () => {
    assert.equal(isServerName(name), true);
  });
}

for (const name of ['', '.', '..', '.rootcellar', '-x', 'a/b', 'a b', 'ä', 'a\n', 'x'.repeat(101)]) {
  test(`isServerName() refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
    assert.equal(isServerName(name), false);
  });
}

const names = [
  ['prod', 'prod'],
  ['ds 1: "main"', 'ds-1-main-'],
  ['../../etc', 'etc'],
  ['.rootcellar', 'rootcellar'],
  ['', 'server'],
  ['---', 'server'],
  ['日本', 'server'],
] as const;
for (const [text, expected] of names) {
  test(`serverNameFrom() makes "${expected}" of "${text}"`, () => {
    assert.equal(serverNameFrom(text), expected);
  });
}

test('serverNameFrom() makes a server name of any text, and leaves one as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 150 }), (text) => {
      const name = serverNameFrom(text);
      assert.ok(isServerName(name), name);
      assert.equal(serverNameFrom(name), name);
    }),
  );
});
