import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotEntry } from '../archive/archive.ts';
import { findFile, selectEntries } from './select-entries.ts';

const folder = (path: string, damage?: string): SnapshotEntry => ({ path, type: 'folder', bytes: 0, damage });
const file = (path: string): SnapshotEntry => ({ path, type: 'file', bytes: 1 });

const entries: readonly SnapshotEntry[] = [
  file('manifest.json'),
  folder('schema', 'cannot be read: it is gone'),
  folder('userRoot'),
  file('userRoot/backup.info'),
  file('userRoot2'),
  { path: 'link', type: 'other', bytes: 0 },
];

for (const [paths, expected] of [
  [[], entries.map(({ path }) => path)],
  [['userRoot'], ['userRoot', 'userRoot/backup.info']],
  [['/userRoot/'], ['userRoot', 'userRoot/backup.info']],
  [
    ['./userRoot/backup.info', 'manifest.json'],
    ['manifest.json', 'userRoot/backup.info'],
  ],
  [['/'], entries.map(({ path }) => path)],
  [['.'], entries.map(({ path }) => path)],
  [['schema/99-user.ldif'], ['schema']],
] as const) {
  test(`selectEntries() gives what is at and below ${JSON.stringify(paths)}`, () => {
    const selected = selectEntries(entries, paths, 'prod/1');

    assert.deepEqual(
      selected.map(({ path }) => path),
      expected,
    );
  });
}

test('selectEntries() refuses a path at which there is nothing', () => {
  assert.throws(() => selectEntries(entries, ['userRoot', 'userRoo'], 'prod/1'), {
    code: 'E_PATH_UNKNOWN',
    exitCode: 1,
    message: 'Cannot find userRoo in prod/1: there is nothing of this name',
  });
});

test('findFile() finds a file however its path is written', () => {
  for (const path of ['userRoot/backup.info', '/userRoot/backup.info', './userRoot/backup.info'])
    assert.equal(findFile(entries, path, 'prod/1').path, 'userRoot/backup.info');
});

for (const [path, refusal] of [
  ['nothing', { code: 'E_PATH_UNKNOWN', message: 'Cannot find nothing in prod/1: there is nothing of this name' }],
  ['userRoot/', { code: 'E_NOT_A_FILE', message: 'Cannot read userRoot of prod/1: it is a folder' }],
  ['link', { code: 'E_NOT_A_FILE', message: 'Cannot read link of prod/1: it is a link, or another thing without content of its own' }],
  [
    'schema/99-user.ldif',
    {
      code: 'E_FILE_DAMAGED',
      exitCode: 20,
      message: 'Cannot read schema/99-user.ldif of prod/1: its folder /schema cannot be read: it is gone',
    },
  ],
] as const) {
  test(`findFile() refuses ${path} with ${refusal.code}`, () => {
    assert.throws(() => findFile(entries, path, 'prod/1'), refusal);
  });
}
