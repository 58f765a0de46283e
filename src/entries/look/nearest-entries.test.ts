import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { exportInMemory } from '../../../test/harness/export-in-memory.ts';
import { nearestNames } from './nearest-entries.ts';

const dns = [
  'dc=example,dc=com',
  'ou=People,dc=example,dc=com',
  'ou=Staff,dc=example,dc=com',
  ...['jdoe', 'jdoe2', 'jdeo', 'jroe', 'asmith'].map((name) => `uid=${name},ou=People,dc=example,dc=com`),
  'uid=mroe,ou=Staff,dc=example,dc=com',
];

async function near(dn: string): Promise<readonly string[]> {
  const text = dns.map((one) => `dn: ${one}\nobjectClass: top\n\n`).join('');
  return nearestNames({ snapshot: exampleSnapshot(), exports: [await exportInMemory(text)] }, dn, {});
}

suite('nearestNames()', () => {
  test('offers at most three names of the same parent, the nearest first', async () => {
    const found = await near('UID=jdoo,ou=People,dc=example,dc=com');

    assert.equal(found.length, 3);
    assert.equal(found[0], 'uid=jdoe,ou=People,dc=example,dc=com');
    assert.ok(!found.includes('uid=asmith,ou=People,dc=example,dc=com'));
  });

  test('offers an entry of the very name that lies elsewhere, and none that is only like it there', async () => {
    assert.deepEqual(await near('uid=mroe,ou=Sales,dc=example,dc=com'), ['uid=mroe,ou=Staff,dc=example,dc=com']);
    assert.deepEqual(await near('uid=mrow,ou=Sales,dc=example,dc=com'), []);
  });

  test('offers nothing where nothing is like it', async () => {
    assert.deepEqual(await near('cn=Administrators of the realm,ou=People,dc=example,dc=com'), []);
  });
});
