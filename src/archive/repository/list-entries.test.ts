import assert from 'node:assert/strict';
import { chmod, utimes } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { alterTree } from '../../../test/harness/altered-tree.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { repositoryArchive } from '../../../test/harness/repository-archive.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { MemoryStore } from '../../object-stores/memory-store.ts';

async function setUp() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const open = () => repositoryArchive(store, { clock });
  await open().create();
  await using home = await temporaryFolder();
  const manifest = await makeSet(home.path, '20261123100000Z', {
    'schema/99.ldif': 'dn: cn=schema\n',
    'userRoot/data': 'x'.repeat(50_000),
  });
  await chmod(path.join(home.path, 'schema/99.ldif'), 0o640);
  await utimes(path.join(home.path, 'schema/99.ldif'), 1_795_000_000, 1_795_000_000);
  const snapshot = await open().save(home.path, manifest);
  return { store, open, manifest, snapshot };
}

test('entries() gives folders and files with size, hash, permissions and time', async () => {
  const { open, manifest, snapshot } = await setUp();

  const entries = await open().entries(snapshot);

  assert.deepEqual(
    entries.map(({ path: name, type, bytes, sha256 }) => [name, type, bytes, sha256]),
    [
      ['manifest.json', 'file', entries[0]?.bytes, undefined],
      ['schema', 'folder', 0, undefined],
      ['schema/99.ldif', 'file', 14, manifest.files[0]?.sha256],
      ['userRoot', 'folder', 0, undefined],
      ['userRoot/data', 'file', 50_000, manifest.files[1]?.sha256],
    ],
  );
  assert.deepEqual([entries[2]?.mode, entries[2]?.modifiedAt], [0o640, '2026-11-18T11:06:40.000Z']);
});

test('entries() names a folder whose tree is damaged and gives the rest, and the rest can be read', async () => {
  const { store, open, snapshot } = await setUp();
  await alterTree(store, (tree) => tree.find(({ name }) => name.toString() === 'userRoot')?.subtree);

  const entries = await open().entries(snapshot);

  const damaged = entries.find(({ path: name }) => name === 'userRoot');
  assert.match(damaged?.damage ?? '', /^cannot be read: Cannot read tree blob \w{12}…?: its MAC does not fit$/);
  assert.deepEqual(
    entries.map(({ path: name }) => name),
    ['manifest.json', 'schema', 'schema/99.ldif', 'userRoot'],
  );
  const [, , file] = entries;
  assert.ok(file);
  assert.equal(Buffer.concat(await Array.fromAsync(open().read(snapshot, file))).toString(), 'dn: cn=schema\n');
  await assert.rejects(Array.fromAsync(open().read(snapshot, { path: 'userRoot/data', bytes: 50_000 })), {
    code: 'E_FILE_DAMAGED',
    exitCode: 20,
    message: 'Cannot read prod/20261123100000Z/userRoot/data: not all folders of the snapshot can be read',
  });
});

test('entries() says so when the root cannot be read', async () => {
  const { store, open, snapshot } = await setUp();
  await alterTree(store, (_tree, root) => root);

  const [only, ...others] = await open().entries(snapshot);

  assert.deepEqual(others, []);
  assert.deepEqual([only?.path, only?.type], ['', 'folder']);
  assert.match(only?.damage ?? '', /^cannot be read: /);
});
