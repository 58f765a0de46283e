import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import { proveByCounts } from './prove-by-counts.ts';

const dn = 'dc=example,dc=com';

function backendOf(...baseDns: ManifestBackend['baseDns']): ManifestBackend {
  return { id: 'userRoot', role: 'user', backupId: 'b1', folder: 'userRoot', baseDns, isEncrypted: false, isCompressed: false };
}

function serverWith(entries: number | undefined) {
  return exampleDescription({ backends: [exampleBackend({ baseDns: [{ dn, entries }] })] });
}

const cases: readonly (readonly [string, number | undefined, number | undefined, number | undefined, 'equal' | 'different' | 'unknown'])[] =
  [
    ['the same count', 2000, undefined, 2000, 'equal'],
    ['one entry fewer', 2000, undefined, 1999, 'different'],
    ['one entry more', 2000, undefined, 2001, 'different'],
    ['the count before, of a set that grew', 2000, 2010, 2000, 'equal'],
    ['the count after, of a set that grew', 2000, 2010, 2010, 'equal'],
    ['a count between, of a set that grew', 2000, 2010, 2005, 'equal'],
    ['less than before, of a set that grew', 2000, 2010, 1999, 'different'],
    ['more than after, of a set that grew', 2000, 2010, 2011, 'different'],
    ['a count between, of a set that shrank', 2010, 2000, 2005, 'equal'],
    ['more than before, of a set that shrank', 2010, 2000, 2011, 'different'],
    ['none where there were none', 0, undefined, 0, 'equal'],
    ['none where there were some', 5, undefined, 0, 'different'],
    ['no count from the server', 2000, undefined, undefined, 'different'],
    ['no count in the set', undefined, undefined, 2000, 'unknown'],
    ['no count in the set before', undefined, 2000, 2000, 'unknown'],
  ];
for (const [what, entries, entriesAfter, found, state] of cases) {
  test(`proveByCounts() says "${state}" of ${what}`, () => {
    const baseDn = { dn, ...(entries === undefined ? {} : { entries }), ...(entriesAfter === undefined ? {} : { entriesAfter }) };

    assert.deepEqual(proveByCounts(backendOf(baseDn), serverWith(found)), [
      { backend: 'userRoot', baseDn: dn, expected: entries, found, state },
    ]);
  });
}

test('proveByCounts() says "different" of a base DN or a backend that is not there', () => {
  const expected = (baseDn: string) => [{ backend: 'userRoot', baseDn, expected: 5, found: undefined, state: 'different' }];

  assert.deepEqual(proveByCounts(backendOf({ dn: 'dc=org', entries: 5 }), serverWith(5)), expected('dc=org'));
  assert.deepEqual(proveByCounts(backendOf({ dn, entries: 5 }), exampleDescription({ backends: [] })), expected(dn));
});

test('proveByCounts() judges each base DN by itself', () => {
  const backend = backendOf({ dn, entries: 5 }, { dn: 'dc=org', entries: 1 }, { dn: 'dc=net' });

  assert.deepEqual(
    proveByCounts(backend, serverWith(5)).map((proof) => proof.state),
    ['equal', 'different', 'unknown'],
  );
});
