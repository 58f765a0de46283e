import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import { suspicionsOf } from './suspicion.ts';

function set(backupId: string, bytes: number, backends: readonly Partial<ManifestBackend>[]): Manifest {
  const whole = {
    id: 'userRoot',
    role: 'user' as const,
    backupId,
    folder: 'userRoot',
    baseDns: [],
    isEncrypted: false,
    isCompressed: false,
  };
  return {
    version: 1,
    backupId,
    time: '2026-11-23T10:46:46.000Z',
    server: 'prod',
    origin: 'backup',
    program: 'rootcellar test',
    backends: backends.map((backend) => ({ ...whole, ...backend })),
    files: [{ path: 'userRoot/file', bytes, sha256: 'a'.repeat(64) }],
  };
}

function counts(...entries: (number | undefined)[]): Partial<ManifestBackend> {
  return { baseDns: entries.map((count, index) => ({ dn: `dc=${index}`, ...(count === undefined ? {} : { entries: count }) })) };
}

const before = set('before', 1000, [counts(60, 40), { id: 'schema', role: 'schema' }]);
const cases: readonly (readonly [string, Manifest, Manifest | undefined, readonly string[]])[] = [
  ['nothing to compare with', set('now', 0, []), undefined, []],
  ['the same again', set('now', 1000, [counts(60, 40)]), before, []],
  ['more than before', set('now', 9000, [counts(600, 400)]), before, []],
  ['just the share', set('now', 500, [counts(0, 50)]), before, []],
  ['fewer entries', set('now', 1000, [counts(49, 0)]), before, ['userRoot has 49 entries, and in before it had 100']],
  ['no entries at all', set('now', 1000, [counts(0, 0)]), before, ['userRoot has 0 entries, and in before it had 100']],
  ['fewer bytes', set('now', 499, [counts(60, 40)]), before, ['userRoot has 499 bytes, and in before it had 1000']],
  ['a backend fewer', set('now', 1000, [{ id: 'other' }]), before, ['it has no backend userRoot, and before had']],
  ['a schema fewer', set('now', 1000, [counts(60, 40)]), before, []],
  ['counts that are not known now', set('now', 1000, [counts(60, undefined)]), before, []],
  ['counts that were not known before', set('now', 1000, [counts(1, 1)]), set('before', 1000, [counts(undefined)]), []],
  ['a backend without base DNs', set('now', 1000, [counts()]), before, []],
  ['all of it at once', set('now', 0, []), before, ['it has no backend userRoot, and before had']],
];
for (const [what, now, earlier, expected] of cases) {
  test(`suspicionsOf() says ${expected.length === 0 ? 'nothing' : 'what is wrong'} of ${what}`, () => {
    assert.deepEqual(suspicionsOf(now, earlier, { share: 0.5, isWholeServer: true }), expected);
  });
}

test('suspicionsOf() suspects no shrinking when the share is 0, and any when it is 1', () => {
  const less = set('now', 999, [counts(60, 40)]);

  assert.deepEqual(suspicionsOf(less, before, { share: 0, isWholeServer: true }), []);
  assert.deepEqual(suspicionsOf(less, before, { share: 1, isWholeServer: true }), ['userRoot has 999 bytes, and in before it had 1000']);
});

test('suspicionsOf() does not miss a backend that was not asked for', () => {
  const part = set('now', 1000, [{ id: 'other', folder: 'other' }]);

  assert.deepEqual(suspicionsOf(part, before, { share: 0.5, isWholeServer: false }), []);
});
