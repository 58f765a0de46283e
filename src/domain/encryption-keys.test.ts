import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import { hasKey, keysNeeded, parseEncryptionSettings } from './encryption-keys.ts';
import type { Manifest, ManifestBackend } from './manifest.ts';

test('parseEncryptionSettings() reads the forms that the documentation shows', () => {
  const newer = [
    'Encryption Settings Definition ID:  125480AF',
    '     Alternate ID:  3D21C374',
    '     Preferred for New Encryption:  true',
  ];
  const older = ['Encryption Settings Definition ID: 4D86C792', 'Preferred for New Encryption: false', 'Key Length (bits): 192'];

  assert.deepEqual(parseEncryptionSettings([...newer, '', ...older]), {
    isKnown: true,
    keys: [
      { id: '125480AF', alternateId: '3D21C374', isPreferred: true },
      { id: '4D86C792', isPreferred: false },
    ],
  });
});

test('parseEncryptionSettings() takes words that it does not know for unknown, and never for none', () => {
  assert.deepEqual(parseEncryptionSettings(['Définition: 12', '', 'x']), {
    isKnown: false,
    reason: 'its list of encryption settings is in unknown words: "Définition: 12 / x"',
  });
  assert.equal(parseEncryptionSettings([]).isKnown, false);
  assert.deepEqual(parseEncryptionSettings(['There are no encryption settings definitions.']), { isKnown: true, keys: [] });
});

test('hasKey() compares without regard to case', () => {
  const keys = [{ id: 'ab', alternateId: 'CD', isPreferred: true }];

  assert.deepEqual(
    ['AB', 'cd', 'ef'].map((id) => hasKey(keys, id)),
    [true, true, false],
  );
});

const source = { vendorVersion: '', version: '1.0', location: '', via: 'ldap' } as const;
const cases: readonly (readonly [string, Pick<Manifest, 'source'>, ManifestBackend, readonly string[] | undefined])[] = [
  ['OpenDJ, not encrypted', { source: { ...source, product: 'OpenDJ', keyIds: ['a'] } }, exampleManifestBackend(), []],
  [
    'OpenDJ, encrypted',
    { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } },
    exampleManifestBackend({ isEncrypted: true }),
    ['a', 'b'],
  ],
  [
    'OpenDJ, encrypted with a key that is told',
    { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } },
    exampleManifestBackend({ isEncrypted: true, keyId: 'b' }),
    ['b'],
  ],
  [
    'OpenDJ, confidential',
    { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } },
    exampleManifestBackend({ isConfidential: true }),
    ['a', 'b'],
  ],
  [
    'OpenDJ, confidential, of keys not told',
    { source: { ...source, product: 'OpenDJ' } },
    exampleManifestBackend({ isConfidential: true }),
    undefined,
  ],
  ['PingDirectory, users', { source: { ...source, product: 'PingDirectory', keyIds: ['a'] } }, exampleManifestBackend(), ['a']],
  [
    'PingDirectory, schema',
    { source: { ...source, product: 'PingDirectory', keyIds: ['a'] } },
    exampleManifestBackend({ role: 'schema' }),
    [],
  ],
  ['PingDirectory, keys not told', { source: { ...source, product: 'PingDirectory' } }, exampleManifestBackend(), []],
  ['an unknown server, encrypted', {}, exampleManifestBackend({ isEncrypted: true }), undefined],
];
for (const [what, { source: from }, of, needed] of cases) {
  test(`keysNeeded() of ${what}: ${needed?.join(', ') ?? 'unknown'}`, () => {
    const manifest = {
      version: 1,
      backupId: 'b1',
      time: '',
      server: 's',
      origin: 'backup',
      program: '',
      backends: [of],
      files: [],
    } as const;
    const { backends, files, ...rest } = manifest;
    assert.deepEqual(keysNeeded({ ...rest, source: from, backends: [...backends], files: [...files] }, of), needed);
  });
}
