import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifest, exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import { reportKeys } from './keys-report.ts';

const sha256 = 'ab'.repeat(32);
const manifest = exampleManifest({
  source: { product: 'PingDirectory', vendorVersion: '', version: '10.3.0.0', location: 'ldaps://a:636', via: 'ldap', keyIds: ['B', 'A'] },
  backends: [exampleManifestBackend({ isEncrypted: true }), exampleManifestBackend({ id: 'schema', role: 'schema', folder: 'schema' })],
  encryptionSettings: 'encryption-settings.export',
  files: [{ path: 'encryption-settings.export', bytes: 9, sha256 }],
});
const { encryptionSettings: _, ...bare } = manifest;
const asked = (...ids: string[]) =>
  ({ location: 'ldaps://a:636', keys: { isKnown: true, keys: ids.map((id) => ({ id, isPreferred: false })) } }) as const;
const silent = { location: 'ldaps://a:636', keys: { isKnown: false, reason: 'it is down' } } as const;

test('reportKeys() finds each key in the set, with the digest of the export', () => {
  assert.deepEqual(reportKeys(manifest, undefined), {
    keys: [
      { id: 'A', backends: ['userRoot'], isInSet: true, isOnServer: undefined },
      { id: 'B', backends: ['userRoot'], isInSet: true, isOnServer: undefined },
    ],
    untold: [],
    export: { path: 'encryption-settings.export', bytes: 9, sha256 },
    verdict: 'there',
  });
});

test('reportKeys() of a set without export tells by the server', () => {
  assert.equal(reportKeys(bare, asked('A', 'B')).verdict, 'there');
  assert.equal(reportKeys(bare, asked('A')).verdict, 'missing');
  assert.equal(reportKeys(bare, undefined).verdict, 'unknown');
  assert.equal(reportKeys(bare, silent).verdict, 'unknown');
});

test('reportKeys() never takes an export that is lost for one that is there', () => {
  assert.equal(reportKeys({ ...manifest, files: [] }, asked('A')).verdict, 'missing');
});

test('reportKeys() names the backends that need keys that are not told', () => {
  const { source: _source, ...unknown } = bare;

  assert.deepEqual(reportKeys(unknown, asked('A')), { keys: [], untold: ['userRoot'], export: undefined, verdict: 'unknown' });
});

test('reportKeys() of a set that needs no key says so', () => {
  assert.deepEqual(reportKeys({ ...bare, backends: bare.backends.slice(1) }, undefined), {
    keys: [],
    untold: [],
    export: undefined,
    verdict: 'there',
  });
});
