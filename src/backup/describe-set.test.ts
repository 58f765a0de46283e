import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { decodeManifest, encodeManifest } from '../domain/manifest.ts';
import type { Backend } from '../directory-servers/directory-server.ts';
import { describeSet, type SetToDescribe } from './describe-set.ts';

const sha256OfContent = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
const entry = {
  backupId: 'b1',
  date: undefined,
  isIncremental: false,
  isCompressed: true,
  isEncrypted: false,
  dependencies: [],
  archiveFile: undefined,
};

async function described(
  before: Backend,
  after: readonly Backend[],
  parts: Partial<SetToDescribe['staged']> = {},
  instanceName: string | undefined = 'ds1',
) {
  await using folder = await temporaryFolder('set');
  await mkdir(path.join(folder.path, before.id));
  await writeFile(path.join(folder.path, before.id, 'file'), 'content');
  return await describeSet({
    folder: folder.path,
    backupId: 'b1',
    began: new Date('2026-11-23T10:46:46.000Z'),
    ended: new Date('2026-11-23T10:47:00.000Z'),
    server: 'prod',
    program: 'rootcellar test',
    source: {
      description: exampleDescription({ instanceName }),
      after: exampleDescription({ backends: after }),
      location: 'ldaps://127.0.0.1:1636',
      via: 'ldap',
    },
    staged: {
      backends: [{ backend: before, entry, archiveFile: 'a', isContentChecked: true, exported: undefined }],
      encryptionSettings: undefined,
      configuration: undefined,
      ...parts,
    },
    isHashed: true,
  });
}

function countedBackend(entries: number | undefined): Backend {
  return exampleBackend({ baseDns: [{ dn: 'dc=example,dc=com', entries }] });
}

test('describeSet() tells the run, the server, the backends and every file', async () => {
  const manifest = await described(countedBackend(2000), [countedBackend(2000)], { encryptionSettings: 'encryption-settings.export' });

  assert.deepEqual(manifest, {
    version: 1,
    backupId: 'b1',
    time: '2026-11-23T10:46:46.000Z',
    server: 'prod',
    origin: 'backup',
    program: 'rootcellar test',
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
        backupId: 'b1',
        folder: 'userRoot',
        baseDns: [{ dn: 'dc=example,dc=com', entries: 2000 }],
        isEncrypted: false,
        isCompressed: true,
      },
    ],
    encryptionSettings: 'encryption-settings.export',
    files: [{ path: 'userRoot/file', bytes: 7, sha256: sha256OfContent }],
  });
});

test('describeSet() makes what is read back byte for byte as it was stored', async () => {
  const text = encodeManifest(await described(countedBackend(2000), [countedBackend(2010)]));
  const again = decodeManifest(text);

  assert.equal('invalid' in again ? again.invalid : encodeManifest(again), text);
});

const counts: readonly (readonly [string, number | undefined, readonly Backend[], object])[] = [
  ['stayed', 2000, [countedBackend(2000)], { entries: 2000 }],
  ['grew', 2000, [countedBackend(2010)], { entries: 2000, entriesAfter: 2010 }],
  ['fell to none', 2000, [countedBackend(0)], { entries: 2000, entriesAfter: 0 }],
  ['was not told before', undefined, [countedBackend(5)], { entriesAfter: 5 }],
  ['was not told after', 5, [countedBackend(undefined)], { entries: 5 }],
  ['has no backend any more', 5, [], { entries: 5 }],
];
for (const [what, before, after, expected] of counts) {
  test(`describeSet() notes a count that ${what}`, async () => {
    const manifest = await described(countedBackend(before), after);

    assert.deepEqual(manifest.backends[0]?.baseDns, [{ dn: 'dc=example,dc=com', ...expected }]);
  });
}
