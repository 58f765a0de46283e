import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifest, exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import { exampleDescription } from '../../test/harness/example-server.ts';
import { refuseMisfits, versionWarnings } from './check-versions.ts';

const userRoot = exampleManifestBackend();
const manifest = exampleManifest({
  source: {
    product: 'PingDirectory',
    vendorVersion: 'PingDirectory 10.3.0.0',
    version: '10.3.0.0',
    location: 'ldaps://a:636',
    via: 'ldap',
  },
});
const target = (version: string) => exampleDescription({ product: 'PingDirectory', version });
const problems = (errors: readonly string[], warnings: readonly string[]) => new Map([['userRoot', { errors, warnings }]]);

for (const role of ['schema', 'config'] as const) {
  test(`refuseMisfits() lets ${role} only into the very same version, and users’ entries into any`, () => {
    const own = { ...userRoot, id: role, role };

    for (const version of ['10.3.0.1', '10.2.0.0', '11.0.0.0']) {
      assert.throws(() => refuseMisfits(manifest, [userRoot, own], target(version)), {
        code: 'E_SERVER_MISMATCH',
        message: `Cannot restore backend "${role}" of version 10.3.0.0 into version ${version}: it must be the very same`,
        hint: 'leave this backend out, or restore into a server of the same version',
      });
      assert.doesNotThrow(() => refuseMisfits(manifest, [userRoot], target(version)));
    }
    assert.doesNotThrow(() => refuseMisfits(manifest, [userRoot, own], target('10.3.0.0')));
  });
}

test('refuseMisfits() refuses what the server itself calls an error, of the backends that are restored', () => {
  const found = problems(['The index mail is not there.'], []);

  assert.throws(() => refuseMisfits(manifest, [userRoot], target('10.3.0.0'), found), {
    code: 'E_SERVER_MISMATCH',
    exitCode: 1,
    message: 'Cannot restore backend "userRoot": the server says "The index mail is not there"',
  });
  assert.doesNotThrow(() => refuseMisfits(manifest, [{ ...userRoot, id: 'other' }], target('10.3.0.0'), found));
});

test('versionWarnings() gives the server’s own warnings beside the comparison of versions', () => {
  assert.deepEqual(versionWarnings(manifest, [userRoot], target('10.2.0.0'), problems([], ['It is newer.'])), [
    'the backup is of version 10.3.0.0 and the server is 10.2.0.0, which is older: it may not read data of a newer one',
    'userRoot: the server warns "It is newer"',
  ]);
  assert.deepEqual(versionWarnings(manifest, [userRoot], target('11.0.0.0')), [
    'the backup is of version 10.3.0.0 and the server is 11.0.0.0',
  ]);
  assert.deepEqual(versionWarnings(manifest, [userRoot], target('10.3.0.0')), []);
});
