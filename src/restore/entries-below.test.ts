import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LdifEntry } from '../domain/read-ldif.ts';
import { entriesBelow, totalsByBaseDn } from './entries-below.ts';

const entries: readonly LdifEntry[] = ['dc=x', 'ou=a,dc=x', 'ou=B, DC=X', 'cn=1,ou=b,dc=x', 'dc=yx', 'o=elsewhere'].map((dn) => ({
  dn,
  names: [],
  values: [],
}));

async function* source() {
  yield entries.slice(0, 4);
  yield entries.slice(4);
}

const baseDns = ['dc=x', 'ou=b,dc=x', 'dc=yx'];

test('entriesBelow() gives each base DN its own entries, and those of none to the first', async () => {
  const dns = async (baseDn: string) => (await Array.fromAsync(entriesBelow(source, baseDn, baseDns)())).flat().map(({ dn }) => dn);

  assert.deepEqual(await dns('dc=x'), ['dc=x', 'ou=a,dc=x', 'o=elsewhere']);
  assert.deepEqual(await dns('ou=b,dc=x'), ['ou=B, DC=X', 'cn=1,ou=b,dc=x']);
  assert.deepEqual(await dns('dc=yx'), ['dc=yx']);
});

test('totalsByBaseDn() counts each entry once, for the base DN that it is below', async () => {
  const totals = await totalsByBaseDn(source, baseDns);
  const [whole] = (await totalsByBaseDn(source, ['dc=x'])).values();

  assert.deepEqual(
    [...totals].map(([dn, { entries: count }]) => [dn, count]),
    [
      ['dc=x', 3],
      ['ou=b,dc=x', 2],
      ['dc=yx', 1],
    ],
  );
  assert.equal(whole?.entries, entries.length);
});
