import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifest, exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import type { Manifest } from '../domain/manifest.ts';
import { Failure } from '../foundation/failure.ts';
import { checkKeys } from './check-keys.ts';

const userRoot = exampleManifestBackend({ backupId: 'b1' });
type Source = NonNullable<Manifest['source']>;

function manifestOf(product: Source['product'], keyIds: string[] | undefined, parts: Partial<Manifest> = {}): Manifest {
  const source = { product, vendorVersion: product, version: '5.0.3', location: 'ldaps://a:636', via: 'ldap' } as const;
  return exampleManifest({ source: { ...source, ...(keyIds === undefined ? {} : { keyIds }) }, backends: [userRoot], ...parts });
}
const keys = (...ids: string[]) => ({ isKnown: true, keys: ids.map((id) => ({ id, isPreferred: false })) }) as const;
const withExport = { encryptionSettings: 'encryption-settings.export' };

test('checkKeys() asks for nothing where nothing is encrypted', () => {
  assert.deepEqual(checkKeys(manifestOf('OpenDJ', undefined), [userRoot]), { importFrom: undefined, warnings: [] });
  assert.deepEqual(checkKeys(manifestOf('PingDirectory', []), [userRoot], { keys: keys() }), { importFrom: undefined, warnings: [] });
});

test('checkKeys() refuses an encrypted backup whose key is neither on the server nor in the set', () => {
  const encrypted = { ...userRoot, isEncrypted: true, keyId: 'AB' };

  assert.throws(() => checkKeys(manifestOf('OpenDJ', ['AB', 'CD']), [encrypted], { keys: keys('cd') }), {
    code: 'E_KEYS_MISSING',
    exitCode: 1,
    message: 'Cannot restore userRoot: neither the server nor the set has the key AB that it is encrypted with',
    hint: 'restore into the server that it was backed up from or a replica of it, or give this one its config/ads-truststore, ads-truststore.pin and admin-backend.ldif first',
  });
  assert.deepEqual(checkKeys(manifestOf('OpenDJ', ['AB']), [encrypted], { keys: keys('ab') }).warnings, []);
});

test('checkKeys() refuses what is encrypted inside a backup that is not', () => {
  const confidential = { ...userRoot, isConfidential: true };

  assert.throws(() => checkKeys(manifestOf('OpenDJ', ['AB', 'CD']), [confidential], { keys: keys() }), {
    message: 'Cannot restore userRoot: neither the server nor the set has the keys AB, CD that it is encrypted with',
  });
  assert.throws(() => checkKeys(manifestOf('PingDirectory', ['AB', 'CD']), [userRoot], { keys: keys('AB') }), {
    message: 'Cannot restore userRoot: neither the server nor the set has the key CD that it is encrypted with',
    hint: 'import the definitions into the server first ("encryption-settings import" with an export from elsewhere), then run the restore again',
  });
});

test('checkKeys() knows a definition by its other ID too', () => {
  const known = { isKnown: true, keys: [{ id: 'ZZ', alternateId: 'AB', isPreferred: true }] } as const;

  assert.deepEqual(checkKeys(manifestOf('PingDirectory', ['AB']), [userRoot], { keys: known }).warnings, []);
});

test('checkKeys() warns where the server’s keys could not be told, and never takes that for none', () => {
  const encrypted = { ...userRoot, isEncrypted: true };

  assert.deepEqual(
    checkKeys(manifestOf('OpenDJ', ['AB']), [encrypted], { keys: { isKnown: false, reason: 'the account may not' } }).warnings,
    [
      'userRoot was encrypted by the server, and the set has no export of its keys: only a server that has them can restore it; the account may not',
    ],
  );
});

test('checkKeys() imports the export of the set where the pin opens it, or where nothing says that it does not', () => {
  const manifest = manifestOf('PingDirectory', ['AB'], withExport);

  for (const findings of [{ keys: keys(), isPinRight: true, hasPin: true }, { keys: keys('AB'), isPinRight: true, hasPin: true }, {}]) {
    assert.deepEqual(checkKeys(manifest, [userRoot], findings), { importFrom: 'encryption-settings.export', warnings: [] });
  }
});

test('checkKeys() refuses the wrong pin and a missing one before anything is touched', () => {
  const manifest = manifestOf('PingDirectory', ['AB'], withExport);
  const hint =
    'let server.encryptionPinFile name a file with the pin that was configured when the backup was made; "rootcellar keys report" tells what the set needs';

  assert.throws(() => checkKeys(manifest, [userRoot], { keys: keys(), isPinRight: false, hasPin: true }), {
    code: 'E_PIN_WRONG',
    exitCode: 1,
    message: 'Cannot open the encryption settings of the set: the pin in server.encryptionPinFile is not the one that sealed them',
    hint,
  });
  assert.throws(() => checkKeys(manifest, [userRoot], { keys: keys(), hasPin: false }), {
    message: 'Cannot open the encryption settings of the set: server.encryptionPinFile is not set',
  });
});

test('checkKeys() does without the export where the server has all that is in it', () => {
  const manifest = manifestOf('PingDirectory', ['AB'], withExport);

  assert.deepEqual(checkKeys(manifest, [userRoot], { keys: keys('AB'), isPinRight: false, hasPin: true }), {
    importFrom: undefined,
    warnings: [
      "the set's export of encryption settings is not imported, as the pin in server.encryptionPinFile is not the one that sealed them; the server has all that is in it",
    ],
  });
});

test('checkKeys() refuses when the program that imports the export cannot be run', () => {
  const toolMissing = new Failure('E_TOOL_MISSING', 'Cannot list the encryption settings: no program');

  assert.throws(() => checkKeys(manifestOf('PingDirectory', ['AB'], withExport), [userRoot], { toolMissing }), toolMissing);
});
