import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { furtherBackends, scratchProducts, type SetupWords } from './scratch-products.ts';

const words: SetupWords = {
  ports: { ldap: 1, ldaps: 2, administration: 3 },
  certificate: { keyStore: '/w/keystore.p12', pinFile: '/w/keystore.pin', alias: 'server-cert', caFile: '/w/ca.pem' },
  bindDn: 'cn=Directory Manager',
  passwordFile: '/w/root-password',
  backends: [
    { id: 'people', baseDns: ['dc=p'] },
    { id: 'userRoot', baseDns: ['dc=a', 'dc=b'] },
  ],
  heapBytes: 768 * 1024 * 1024,
  encryptionSettings: { file: '/set/encryption-settings.export', pinFile: '/run/pin' },
  licenceFile: '/w/server/PingDirectory.lic',
};

/** `--name value` pairs; a word that begins with `--` is the name of the next one. */
function valuesOf(name: string, all: readonly string[]): readonly (string | undefined)[] {
  return all.flatMap((word, index) => (word === name ? [all[index + 1]] : []));
}

suite('scratchProducts', () => {
  test('PingDirectory: set-up is told of loopback, the keys of the set, the licence and its memory, all secrets by their files', () => {
    const told = scratchProducts.PingDirectory.setup(words);

    assert.deepEqual(valuesOf('--listenAddress', told), ['127.0.0.1']);
    assert.deepEqual(valuesOf('--encryptDataWithSettingsImportedFromFile', told), ['/set/encryption-settings.export']);
    assert.deepEqual(valuesOf('--encryptionSettingsExportPassphraseFile', told), ['/run/pin']);
    assert.deepEqual(valuesOf('--licenseKeyFile', told), ['/w/server/PingDirectory.lic']);
    assert.deepEqual(valuesOf('--maxHeapSize', told), ['768m']);
    assert.deepEqual(valuesOf('--rootUserPasswordFile', told), ['/w/root-password']);
    assert.deepEqual(valuesOf('--baseDN', told), ['dc=a', 'dc=b']);
    assert.deepEqual([valuesOf('--ldapsPort', told), valuesOf('--httpsPort', told)], [['2'], ['3']]);
    assert.ok(told.includes('--doNotStart') && told.includes('--noPropertiesFile'));
  });

  test('PingDirectory: without an export, a licence or a bound nothing is said of them', () => {
    const told = scratchProducts.PingDirectory.setup({
      ...words,
      encryptionSettings: undefined,
      licenceFile: undefined,
      heapBytes: undefined,
    });

    assert.deepEqual(
      told.filter((word) => /^--(encrypt|license|maxHeap)/.test(word)),
      [],
    );
  });

  test('PingDirectory: each further backend is made by dsconfig, offline', () => {
    const { createBackend } = scratchProducts.PingDirectory;

    assert.deepEqual(
      furtherBackends(words.backends).map((backend) => createBackend?.(backend).join(' ')),
      ['dsconfig --offline --no-prompt create-backend --backend-name people --type local-db --set enabled:true --set base-dn:dc=p'],
    );
  });

  test('OpenDJ: all secrets by their files, and nothing is asked', () => {
    const told = scratchProducts.OpenDJ.setup(words);

    assert.deepEqual(valuesOf('--rootUserPasswordFile', told), ['/w/root-password']);
    assert.deepEqual(valuesOf('--keyStorePasswordFile', told), ['/w/keystore.pin']);
    assert.deepEqual(valuesOf('--adminConnectorPort', told), ['3']);
    assert.ok(told.includes('--no-prompt') && told.includes('--doNotStart'));
  });
});
