import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import type { Clock } from '../../src/foundation/clock.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { all, bytesOf, failure, textOf } from '../contracts/object-store-helpers.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

const clock: Clock = { now: () => new Date(), sleep: (milliseconds, signal) => delay(milliseconds, undefined, { signal }) };

describe('LocalFolderStore', () => {
  let outer: TemporaryFolder;
  let folder: string;
  let store: LocalFolderStore;
  before(async () => {
    outer = await temporaryFolder('folder-store');
    folder = `${outer.path}/archive`;
    await mkdir(folder);
    await mkdir(`${outer.path}/outside`);
    await writeFile(`${outer.path}/outside/secret`, 'secret');
    store = new LocalFolderStore({ folder, clock });
  });
  after(() => outer.remove());

  test('keeps each object as a plain file', async () => {
    await store.put('a/b', bytesOf('x'));

    assert.equal(await readFile(`${folder}/a/b`, 'utf8'), 'x');
  });

  test('neither lists nor follows a symbolic link that leads outside', async () => {
    await symlink(`${outer.path}/outside`, `${folder}/link`);
    await symlink(`${outer.path}/outside/secret`, `${folder}/file-link`);
    const inTheWay = 'there is a symbolic link in the way, and it is not followed';

    assert.deepEqual(
      (await all(store.list(''))).map(({ key }) => key),
      ['a/b'],
    );
    await assert.rejects(store.get('link/secret'), failure('E_ACCESS_DENIED', `Cannot read "link/secret" in ${folder}: ${inTheWay}`));
    await assert.rejects(store.get('file-link'), failure('E_ACCESS_DENIED', `Cannot read "file-link" in ${folder}: ${inTheWay}`));
    await assert.rejects(
      store.put('link/new', bytesOf('x')),
      failure('E_ACCESS_DENIED', `Cannot write "link/new" to ${folder}: ${inTheWay}`),
    );
    await assert.rejects(store.delete(['link/secret']), failure('E_ACCESS_DENIED'));
    assert.deepEqual(await readdir(`${outer.path}/outside`), ['secret']);
  });

  test('refuses an object where a folder is, and a folder where an object is', async () => {
    await assert.rejects(
      store.put('a', bytesOf('x')),
      failure('E_KEY_REFUSED', `Cannot write "a" to ${folder}: a file and a folder cannot have one name`),
    );
    await assert.rejects(store.put('a/b/c', bytesOf('x')), failure('E_KEY_REFUSED'));
    assert.equal(await store.head('a'), undefined);
    assert.deepEqual(await all(store.list('a/b/')), []);
  });

  test('a writer that was killed while it held the lock stops nobody', async () => {
    const { etag } = await store.put('locked', bytesOf('before'));
    // What such a writer leaves: the lock, old by now.
    const name = `lock-${createHash('sha256').update('locked').digest('hex').slice(0, 32)}`;
    await writeFile(`${folder}/.rootcellar-store/${name}`, '');
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${folder}/.rootcellar-store/${name}`, longAgo, longAgo);

    await store.put('locked', bytesOf('after'), { condition: { etag } });

    assert.equal(textOf(await store.get('locked')), 'after');
    assert.deepEqual(await readdir(`${folder}/.rootcellar-store`), []);
  });

  test('the etag changes with every write, even of the same length within a millisecond', async () => {
    const etags = new Set<string>();
    for (let times = 0; times < 200; times += 1) etags.add((await store.put('etag', bytesOf('same'))).etag);

    assert.equal(etags.size, 200);
  });

  test('says when the folder is a file', async () => {
    await writeFile(`${outer.path}/file`, 'x');
    const file = new LocalFolderStore({ folder: `${outer.path}/file`, clock });

    await assert.rejects(file.put('a', bytesOf('x')), failure('E_KEY_REFUSED'));
    await assert.rejects(all(file.list('')), failure('E_KEY_REFUSED'));
  });
});
