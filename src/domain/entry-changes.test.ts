import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesBetween } from './entry-changes.ts';
import type { LdifEntry } from './read-ldif.ts';
import { standardSchema } from './schema/standard-schema.ts';

function entry(...pairs: readonly (readonly [string, string])[]): LdifEntry {
  return { dn: 'cn=a,dc=x', names: pairs.map(([name]) => name), values: pairs.map(([, value]) => value) };
}

test('changesBetween() names what was removed and added, attribute by attribute', () => {
  const before = entry(['cn', 'a'], ['mail', 'one'], ['mail', 'two'], ['sn', 'x'], ['description;lang-de', 'd']);
  const after = entry(['mail', 'two'], ['mail', 'three'], ['cn', 'a'], ['description', 'd'], ['sn', 'X']);
  assert.deepEqual(changesBetween(before, after, standardSchema), [
    { name: 'mail', removed: ['one'], added: ['three'] },
    { name: 'sn', removed: ['x'], added: ['X'] },
    { name: 'description;lang-de', removed: ['d'], added: [] },
    { name: 'description', removed: [], added: ['d'] },
  ]);
});

test('changesBetween() finds nothing in another order, another spelling of names, or what a server works out', () => {
  const before = entry(['commonName', 'a'], ['cn', 'b'], ['userCertificate;binary', '\xff'], ['isMemberOf', 'x']);
  const after = entry(['CN', 'b'], ['CN', 'a'], ['usercertificate', '\xff'], ['isMemberOf', 'y'], ['etag', '1']);
  assert.deepEqual(changesBetween(before, after, standardSchema), []);
});

test('changesBetween() finds one value among fifty thousand', () => {
  const members = Array.from({ length: 50_000 }, (_, index) => ['member', `uid=${index},dc=x`] as const);
  const changes = changesBetween(entry(...members), entry(...members.toReversed().slice(1)), standardSchema);
  assert.deepEqual(changes, [{ name: 'member', removed: ['uid=49999,dc=x'], added: [] }]);
});
