import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicationArguments } from './dsreplication-arguments.ts';

const account = { adminUid: 'admin', adminPasswordFile: '/run/admin-password' };
const at = { host: 'ds-0.example.com', port: 1636 };
const to = { host: 'ds-1.example.com', port: 2636 };
const baseDns = ['dc=example,dc=com', 'ou=apps'];
const words = '--noPropertiesFile --no-prompt';
const who = '--baseDN dc=example,dc=com --baseDN ou=apps --adminUID admin --adminPasswordFile /run/admin-password';

test('replicationArguments() speaks TLS to the one server of PingDirectory that is told to suspend or resume', () => {
  assert.equal(
    replicationArguments({ kind: 'suspend', at, baseDns }, 'PingDirectory', account).join(' '),
    `pre-external-initialization ${words} --hostname ds-0.example.com --port 1636 --useSSL ${who}`,
  );
  assert.equal(
    replicationArguments({ kind: 'resume', at, baseDns }, 'PingDirectory', account).join(' '),
    `post-external-initialization ${words} --hostname ds-0.example.com --port 1636 --useSSL ${who}`,
  );
});

test('replicationArguments() speaks TLS to both servers of PingDirectory when one is initialised', () => {
  assert.equal(
    replicationArguments({ kind: 'initialize', from: at, to, baseDns }, 'PingDirectory', account).join(' '),
    `initialize ${words} --hostSource ds-0.example.com --portSource 1636 --useSSLSource ` +
      `--hostDestination ds-1.example.com --portDestination 2636 --useSSLDestination ${who}`,
  );
});

test('replicationArguments() trusts what the given store holds, and tells OpenDJ of no TLS', () => {
  const trustStore = { file: '/t/trust.p12', pinFile: '/t/pin' };
  assert.equal(
    replicationArguments({ kind: 'initialize', from: at, to, baseDns }, 'OpenDJ', { ...account, trustStore }).join(' '),
    `initialize ${words} --hostSource ds-0.example.com --portSource 1636 --hostDestination ds-1.example.com --portDestination 2636 ${who} ` +
      '--trustStorePath /t/trust.p12 --trustStorePasswordFile /t/pin',
  );
});

test('replicationArguments() never silences a warning, trusts everybody or holds a password', () => {
  for (const product of ['OpenDJ', 'PingDirectory'] as const) {
    for (const kind of ['suspend', 'resume'] as const) {
      const given = replicationArguments({ kind, at, baseDns }, product, account);
      assert.deepEqual(
        given.filter((word) => /ignoreWarnings|trustAll|^--adminPassword$|^--bindPassword/.test(word)),
        [],
      );
    }
  }
});
