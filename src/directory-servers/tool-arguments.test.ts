import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toolArguments } from './tool-arguments.ts';

const backup = { kind: 'backup', backend: 'userRoot', folder: '/out', backupId: 'b1', compress: false, encrypt: false } as const;
const connection = { host: 'localhost', port: 1636, bindDn: 'cn=backup', bindPasswordFile: '/run/password' };

test('toolArguments() has PingDirectory run a task, not encrypt, and at the wished rate', () => {
  assert.equal(
    toolArguments({ ...backup, maxMegabytesPerSecond: 10 }, 'PingDirectory', connection).join(' '),
    '--noPropertiesFile --task --no-prompt --useSSL --hostname localhost --port 1636 --bindDN cn=backup --bindPasswordFile /run/password ' +
      '--backendID userRoot --backupDirectory /out --backupID b1 --doNotEncrypt --maxMegabytesPerSecond 10',
  );
});

test('toolArguments() says --offline to OpenDJ and nothing to PingDirectory', () => {
  const restore = { kind: 'restore', backend: 'userRoot', folder: '/out', backupId: 'b1', verifyOnly: true } as const;
  const words = '--backupDirectory /out --backupID b1 --dry-run';
  assert.equal(toolArguments(restore, 'OpenDJ', undefined).join(' '), `--noPropertiesFile --offline ${words}`);
  assert.equal(toolArguments(restore, 'PingDirectory', undefined).join(' '), `--noPropertiesFile ${words}`);
});

test('toolArguments() imports in the place of all that is there, and lets PingDirectory know that this is meant', () => {
  const request = { kind: 'import', backend: 'userRoot', ldifFile: '/out/all.ldif' } as const;
  const words = '--backendID userRoot --ldifFile /out/all.ldif --clearBackend --skipSchemaValidation';
  assert.equal(toolArguments(request, 'OpenDJ', undefined).join(' '), `--noPropertiesFile --offline ${words}`);
  assert.equal(toolArguments(request, 'PingDirectory', undefined).join(' '), `--noPropertiesFile ${words} --overwriteExistingEntries`);
});

test('toolArguments() trusts what the given store holds, and asks OpenDJ for nothing it does not know', () => {
  const trustStore = { file: '/t/trust.p12', pinFile: '/t/pin' };
  assert.equal(
    toolArguments({ ...backup, maxMegabytesPerSecond: 10 }, 'OpenDJ', { ...connection, trustStore }).join(' '),
    '--noPropertiesFile --hostname localhost --port 1636 --bindDN cn=backup --bindPasswordFile /run/password ' +
      '--trustStorePath /t/trust.p12 --trustStorePasswordFile /t/pin --backendID userRoot --backupDirectory /out --backupID b1',
  );
});
