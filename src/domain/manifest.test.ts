import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, decodeManifest, encodeManifest, isPathInside, type Manifest } from './manifest.ts';

const sha256 = 'a'.repeat(64);
const whole: Manifest = {
  version: 1,
  backupId: '20261123104646Z',
  time: '2026-11-23T10:46:46.000Z',
  server: 'prod',
  origin: 'backup',
  program: 'rootcellar 0.1.0',
  source: {
    product: 'OpenDJ',
    vendorVersion: 'OpenDJ Server 5.0.3',
    version: '5.0.3',
    instanceName: 'ds1',
    location: 'ldaps://127.0.0.1:1636',
    via: 'ldap',
  },
  backends: [
    {
      id: 'userRoot',
      role: 'user',
      backupId: '20261123104646Z',
      folder: 'userRoot',
      baseDns: [{ dn: 'dc=example,dc=com', entries: 2000, entriesAfter: 2001 }],
      isEncrypted: false,
      isCompressed: false,
    },
  ],
  encryptionSettings: 'encryption-settings.export',
  files: [
    { path: 'encryption-settings.export', bytes: 40, sha256 },
    { path: 'userRoot/backup.info', bytes: 300, sha256 },
  ],
  suspicions: ['it has 340 bytes, and 20261122104646Z had 1000'],
};

function decoded(changes: Record<string, unknown>): ReturnType<typeof decodeManifest> {
  return decodeManifest(JSON.stringify({ ...whole, ...changes }));
}

function invalidOf(changes: Record<string, unknown>): string {
  const result = decoded(changes);
  return 'invalid' in result ? result.invalid : assert.fail('it was taken for a manifest');
}

test('decodeManifest() reads what encodeManifest() wrote', () => {
  assert.deepEqual(decodeManifest(encodeManifest(whole)), whole);
});

test('encodeManifest() writes what was decoded byte for byte as it was', () => {
  const text = encodeManifest(whole);
  const again = decodeManifest(text);
  assert.ok(!('invalid' in again));

  assert.equal(encodeManifest(again), text);
  assert.ok(text.endsWith('}\n'));
});

test('decodeManifest() reads a manifest without what is not needed', () => {
  const { source: _source, encryptionSettings: _settings, suspicions: _suspicions, ...least } = whole;

  assert.deepEqual(decodeManifest(encodeManifest({ ...least, origin: 'archive', backends: [], files: [] })), {
    ...least,
    origin: 'archive',
    backends: [],
    files: [],
  });
});

test('decodeManifest() passes over keys that a later program may add', () => {
  assert.deepEqual(decoded({ later: { more: true } }), whole);
});

for (const text of ['', 'manifest', '{"version": 1', '\u0000']) {
  test(`decodeManifest() says that ${JSON.stringify(text)} is not JSON`, () => {
    assert.deepEqual(decodeManifest(text), { invalid: 'it is not JSON' });
  });
}

test('decodeManifest() refuses JSON that is no manifest', () => {
  for (const text of ['null', '[]', '1', '{}']) assert.ok('invalid' in decodeManifest(text), text);
});

test('decodeManifest() says in one line what is wrong and where', () => {
  assert.equal(invalidOf({ version: 2 }), '✖ Invalid input: expected 1; → at version');
});

const wrongPaths = ['../x', 'a/../../x', '/etc/passwd', 'a//b', 'a/', './a', '.', '..', '', 'a\\b', '..\\x', 'a\0b'];
for (const path of wrongPaths) {
  test(`decodeManifest() refuses a file with the path ${JSON.stringify(path)}`, () => {
    assert.match(
      invalidOf({ files: [{ path, bytes: 1, sha256 }] }),
      /must be a relative path that stays inside the set; → at files\[0\]\.path$/,
    );
  });
}

test('decodeManifest() refuses a backend or an encryption-settings export outside of the set', () => {
  const [backend] = whole.backends;

  assert.match(invalidOf({ backends: [{ ...backend, folder: '../other' }] }), /at backends\[0\]\.folder$/);
  assert.match(invalidOf({ encryptionSettings: '/etc/shadow' }), /at encryptionSettings$/);
});

test('decodeManifest() takes "." for the folder of a backend', () => {
  const backends = [{ ...whole.backends[0], folder: '.' }];

  assert.deepEqual(decoded({ backends }), { ...whole, backends });
});

for (const server of ['', '..', '../prod', 'a/b', '.rootcellar']) {
  test(`decodeManifest() refuses the server name "${server}"`, () => {
    assert.match(invalidOf({ server }), /must be a server name/);
  });
}

test('decodeManifest() refuses a file without a SHA-256', () => {
  assert.equal(invalidOf({ files: [{ path: 'a', bytes: 1 }] }), 'it has no SHA-256 of "a"');
});

test('decodeManifest() refuses two files of one path, and one with its own', () => {
  const file = { path: 'a', bytes: 1, sha256 };

  assert.equal(invalidOf({ files: [file, { ...file, path: 'b' }, file] }), 'it names "a" twice');
  assert.equal(invalidOf({ files: [{ ...file, path: 'manifest.json' }] }), 'it names "manifest.json" twice');
});

const wrongParts: readonly (readonly [string, Record<string, unknown>])[] = [
  ['a short SHA-256', { files: [{ path: 'a', bytes: 1, sha256: 'aa' }] }],
  ['a SHA-256 in capitals', { files: [{ path: 'a', bytes: 1, sha256: 'A'.repeat(64) }] }],
  ['a negative size', { files: [{ path: 'a', bytes: -1, sha256 }] }],
  ['half a byte', { files: [{ path: 'a', bytes: 0.5, sha256 }] }],
  ['a backup ID with a slash', { backupId: '../x' }],
  ['a backup ID that begins with a dot', { backupId: '..' }],
  ['a time that is none', { time: 'yesterday' }],
  ['a time of another zone', { time: '2026-11-23T10:46:46+01:00' }],
  ['an unknown origin', { origin: 'elsewhere' }],
  ['files that are no list', { files: {} }],
];
for (const [what, changes] of wrongParts) {
  test(`decodeManifest() refuses ${what}`, () => {
    assert.notEqual(invalidOf(changes), '');
  });
}

test('decodeManifest() never throws', () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => assert.equal(typeof decodeManifest(text), 'object')));
});

for (const path of ['a', 'a/b', 'a b/ä.jdb', '...', '.hidden', 'a..b', '-x', 'C:']) {
  test(`isPathInside() takes "${path}"`, () => {
    assert.equal(isPathInside(path), true);
  });
}

test('bytesOf() is the sum of the sizes of the files', () => {
  assert.equal(bytesOf(whole), 340);
  assert.equal(bytesOf({ ...whole, files: [] }), 0);
});
