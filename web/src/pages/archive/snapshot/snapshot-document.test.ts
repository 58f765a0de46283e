import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import type { Manifest } from '../../../../../src/domain/manifest.ts';
import { entriesOf, hashOf, shortManifest } from './snapshot-document.ts';

const manifest: Manifest = {
  version: 1,
  backupId: '20261126100000Z',
  time: '2026-11-26T10:00:00.000Z',
  server: 'ds-1',
  origin: 'backup',
  program: 'rootcellar 0.1.0',
  backends: [
    {
      id: 'userRoot',
      role: 'user',
      backupId: '20261126100000Z',
      folder: 'userRoot',
      baseDns: [{ dn: 'dc=example,dc=com', entries: 40 }, { dn: 'dc=other' }],
      isEncrypted: false,
      isCompressed: false,
    },
  ],
  files: [{ path: 'a', bytes: 5000, pieces: { bytes: Array.from({ length: 5000 }, () => 1), sha256: 'b'.repeat(64) } }],
};

describe('shortManifest()', () => {
  test('cuts the pieces of a file, and says how many there are', () => {
    const text = shortManifest(manifest);
    assert.ok(text.length < 2000, `it has ${text.length} characters`);
    assert.match(text, /"… 4988 more"/);
    assert.match(text, /"backupId": "20261126100000Z"/);
  });
});

test('entriesOf() adds up what is known', () => {
  assert.equal(entriesOf(manifest), 40);
  assert.equal(entriesOf({ ...manifest, backends: [] }), undefined);
});

test('hashOf() says of what a hash is', () => {
  assert.deepEqual(hashOf({ path: 'a', bytes: 1, sha256: 'c'.repeat(64) }), { sha256: 'c'.repeat(64), of: 'SHA-256 of the content' });
  assert.equal(manifest.files[0] && hashOf(manifest.files[0])?.of, 'SHA-256 of the SHA-256s of its 5000 pieces');
  assert.equal(hashOf({ path: 'a', bytes: 1 }), undefined);
});
