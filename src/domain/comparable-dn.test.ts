import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparableDn } from './comparable-dn.ts';

for (const other of ['dc=example,dc=com', 'DC=Example, DC=com', ' dc = example , dc = com ']) {
  test(`comparableDn() finds "${other}" to be dc=example,dc=com`, () => {
    assert.equal(comparableDn(other), 'dc=example,dc=com');
  });
}

test('comparableDn() keeps escaped commas apart from separators', () => {
  assert.notEqual(comparableDn('o=a\\, b,c=d'), comparableDn('o=a\\,b,c=d'));
  assert.notEqual(comparableDn('o=a,o=b'), comparableDn('o=b,o=a'));
});
