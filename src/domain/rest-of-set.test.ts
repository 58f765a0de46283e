import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest, ManifestBackend } from './manifest.ts';
import { remarkOnRest, restOfSet } from './rest-of-set.ts';

const backend = (id: string): Manifest['backends'][number] => ({
  id,
  role: 'user',
  backupId: 'b',
  folder: id,
  baseDns: [],
  isEncrypted: false,
  isCompressed: false,
});

const manifest: Manifest = {
  version: 1,
  backupId: '20261123100000Z',
  time: '2026-11-23T10:00:00.000Z',
  server: 'prod',
  origin: 'backup',
  program: 'rootcellar test',
  backends: [backend('userRoot'), backend('schema')],
  encryptionSettings: 'encryption-settings',
  configuration: 'config.ldif',
  files: ['userRoot/backup.info', 'userRoot/data', 'schema/backup.info', 'config.ldif', 'encryption-settings'].map((path) => ({
    path,
    bytes: 1,
  })),
};

test('restOfSet() keeps what is whole, and of the backends those of which nothing is missing', () => {
  const rest = restOfSet(manifest, (path) => path !== 'userRoot/data' && path !== 'config.ldif');

  assert.deepEqual([rest.whole, rest.broken], [['schema'], ['userRoot']]);
  assert.deepEqual(
    rest.manifest.files.map(({ path }) => path),
    ['userRoot/backup.info', 'schema/backup.info', 'encryption-settings'],
  );
  assert.deepEqual(rest.manifest.lost, ['userRoot/data', 'config.ldif']);
  assert.deepEqual([rest.manifest.encryptionSettings, rest.manifest.configuration], ['encryption-settings', undefined]);
});

const exported = (id: string): Manifest['backends'][number] => ({
  ...backend(id),
  export: {
    path: `export/${id}.ldif`,
    entries: 5,
    digest: `1-${'0'.repeat(64)}`,
    began: '2026-11-23T10:00:00.000Z',
    ended: '2026-11-23T10:01:00.000Z',
  },
});
const withExports: Manifest = {
  ...manifest,
  backends: [exported('userRoot'), exported('people')],
  files: ['userRoot/data', 'people/data', 'export/userRoot.ldif', 'export/people.ldif'].map((path) => ({ path, bytes: 1 })),
};

test('restOfSet() remembers a backend of which only the export is left, also when more is lost later', () => {
  const first = restOfSet(withExports, (path) => path !== 'userRoot/data');
  const second = restOfSet(first.manifest, (path) => path !== 'people/data');
  const third = restOfSet(second.manifest, (path) => path !== 'export/userRoot.ldif');

  const ids = [first, second, third].map((rest) => rest.manifest.exportsOnly?.map(({ id }) => id));
  assert.deepEqual(ids, [['userRoot'], ['people', 'userRoot'], ['people']]);
  assert.equal(
    remarkOnRest(second.manifest),
    '2 files were lost in the archive: userRoot/data, people/data; no backend is whole; only its export: people, userRoot',
  );
});

test('restOfSet() names no export that was lost', () => {
  const { manifest: rest } = restOfSet(withExports, (path) => path !== 'export/people.ldif');

  assert.deepEqual(
    rest.backends.map((one) => [one.id, one.export?.path]),
    [
      ['userRoot', 'export/userRoot.ldif'],
      ['people', undefined],
    ],
  );
  assert.equal(rest.exportsOnly, undefined);
});

test('restOfSet() keeps an export whose index was lost, and names the index no more', () => {
  const withIndexes = (one: ManifestBackend): ManifestBackend => ({
    ...one,
    export: one.export && { ...one.export, index: `${one.export.path}.index` },
  });
  const files = [...withExports.files, ...['export/userRoot.ldif.index', 'export/people.ldif.index'].map((path) => ({ path, bytes: 1 }))];
  const whole = { ...withExports, backends: withExports.backends.map(withIndexes), files };

  const { manifest: rest } = restOfSet(whole, (path) => path !== 'export/userRoot.ldif.index' && path !== 'people/data');

  assert.deepEqual(
    rest.backends.map((one) => [one.id, one.export?.path, one.export?.index]),
    [['userRoot', 'export/userRoot.ldif', undefined]],
  );
  assert.deepEqual(
    rest.exportsOnly?.map((one) => [one.id, one.export?.index]),
    [['people', 'export/people.ldif.index']],
  );
});

test('restOfSet() of a rest remembers what was lost before', () => {
  const first = restOfSet(manifest, (path) => path !== 'userRoot/data');

  const second = restOfSet(first.manifest, (path) => !path.startsWith('schema/'));

  assert.deepEqual(second.manifest.lost, ['userRoot/data', 'schema/backup.info']);
  assert.deepEqual(second.whole, []);
});

test('restOfSet() takes a backend of the whole folder for broken as soon as anything is lost', () => {
  const whole = { ...manifest, backends: [{ ...backend('userRoot'), folder: '.' }] };

  assert.deepEqual(restOfSet(whole, (path) => path !== 'config.ldif').broken, ['userRoot']);
});

for (const [lost, remark] of [
  [['manifest.json'], 'the manifest was lost in the archive: manifest.json; whole: userRoot, schema'],
  [['a'], '1 file was lost in the archive: a; whole: userRoot, schema'],
  [['a', 'b', 'c', 'd'], '4 files were lost in the archive: a, b, c, …; whole: userRoot, schema'],
] as const) {
  test(`remarkOnRest() says "${remark}"`, () => {
    assert.equal(remarkOnRest({ ...manifest, lost: [...lost] }), remark);
  });
}

test('remarkOnRest() says where no backend is whole', () => {
  assert.equal(remarkOnRest({ ...manifest, backends: [], lost: ['a'] }), '1 file was lost in the archive: a; no backend is whole');
});
