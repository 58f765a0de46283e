import assert from 'node:assert/strict';
import { test } from 'node:test';
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

const backend = (parts: Partial<ManifestBackend> = {}): ManifestBackend => ({
  id: 'userRoot',
  role: 'user',
  backupId: 'b1',
  folder: 'userRoot',
  baseDns: [],
  isEncrypted: false,
  isCompressed: false,
  ...parts,
});
const source = { vendorVersion: '', version: '1.0', location: '', via: 'ldap' } as const;
const cases: readonly (readonly [string, Pick<Manifest, 'source'>, ManifestBackend, readonly string[] | undefined])[] = [
  ['OpenDJ, not encrypted', { source: { ...source, product: 'OpenDJ', keyIds: ['a'] } }, backend(), []],
  ['OpenDJ, encrypted', { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } }, backend({ isEncrypted: true }), ['a', 'b']],
  [
    'OpenDJ, encrypted with a key that is told',
    { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } },
    backend({ isEncrypted: true, keyId: 'b' }),
    ['b'],
  ],
  ['OpenDJ, confidential', { source: { ...source, product: 'OpenDJ', keyIds: ['b', 'a'] } }, backend({ isConfidential: true }), ['a', 'b']],
  ['OpenDJ, confidential, of keys not told', { source: { ...source, product: 'OpenDJ' } }, backend({ isConfidential: true }), undefined],
  ['PingDirectory, users', { source: { ...source, product: 'PingDirectory', keyIds: ['a'] } }, backend(), ['a']],
  ['PingDirectory, schema', { source: { ...source, product: 'PingDirectory', keyIds: ['a'] } }, backend({ role: 'schema' }), []],
  ['PingDirectory, keys not told', { source: { ...source, product: 'PingDirectory' } }, backend(), []],
  ['an unknown server, encrypted', {}, backend({ isEncrypted: true }), undefined],
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
