import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { SavedSnapshot } from '../../src/archive/archive.ts';
import { alterByte } from './alter-byte.ts';
import {
  assertSameEntries,
  backupByTool,
  bucket,
  changeDirectory,
  contentOf,
  entriesOf,
  type ListedSnapshot,
  type Operator,
  type Scene,
  setScene,
} from './main-job-scene.ts';

// For those who must see files in the bucket, and those who come from the sidecar of Ping's guide.
suite('the main job in the layout plain', () => {
  let scene: Scene;
  before(async () => void (scene = await setScene(300)));
  after(async () => scene[Symbol.asyncDispose]());

  const plain = (name: string): Promise<Operator> => scene.operator(name, undefined, { ROOTCELLAR_LAYOUT: 'plain' });

  test('a changed directory is restored to the very entries of the backup, and the bucket has the files as they are', async () => {
    const { directory, s3 } = scene;
    const operator = await plain('restored');
    await operator.run(['init']);
    const entries = await entriesOf(directory);
    const { id, backupId, bytes, newBytes, storedBytes } = await operator.json<SavedSnapshot>(['backup']);
    await changeDirectory(directory);
    await operator.run(['backup']);

    await operator.run(['restore', id, '--yes']);

    assertSameEntries(await entriesOf(directory), entries);
    assert.ok(newBytes === bytes && storedBytes > bytes, 'nothing is shared, and the manifest comes to it');
    const to = path.join(operator.folder, 'fetched');
    await operator.run(['fetch', id, '--to', to]);
    const stored = await contentOf(path.join(s3.folder, bucket, 'restored/ds-0', backupId));
    assert.deepEqual(await contentOf(to), new Map([...stored, ['manifest.json', withoutChecksum(stored.get('manifest.json'))]]));
    await operator.run(['verify', '--read-data']);
  });

  test('one altered byte is found, and restore refuses it before it touches the server', async () => {
    const operator = await plain('altered');
    await operator.run(['init']);
    const { id, backupId } = await operator.json<SavedSnapshot>(['backup']);
    const altered = `userRoot/backup-userRoot-${backupId}`;
    await alterByte(path.join(scene.s3.folder, bucket, 'altered/ds-0', backupId, altered));
    const before = await entriesOf(scene.directory);

    const verified = await operator.json<{ readonly snapshots: readonly { readonly damages: readonly { readonly path: string }[] }[] }>(
      ['verify', '--read-data'],
      20,
    );
    await operator.run(['restore', id, '--yes'], 20);

    assert.deepEqual(
      verified.snapshots.flatMap(({ damages }) => damages.map((damage) => damage.path)),
      [altered],
    );
    assertSameEntries(await entriesOf(scene.directory), before);
  });

  test('forget takes the files of a set away, and leaves the others whole', async () => {
    const operator = await plain('forgotten');
    await operator.run(['init']);
    for (let run = 0; run < 3; run += 1) await operator.run(['backup', '--backend', 'schema']);
    const listed = await operator.json<ListedSnapshot[]>(['list']);

    await operator.run(['forget', '--keep-last', '1', '--yes']);

    assert.deepEqual(await operator.json<ListedSnapshot[]>(['list']), listed.slice(0, 1));
    const files = [...(await contentOf(path.join(scene.s3.folder, bucket, 'forgotten/ds-0'))).keys()];
    assert.equal(new Set(files.map((file) => file.split('/')[0])).size, 1);
    assert.match((await operator.run(['prune', '--yes'])).stdout, /^Pruned/);
    await operator.run(['verify', '--read-data']);
  });

  test('what the aws s3 sync of the old script left is listed, fetched and restored', async () => {
    const { directory, s3 } = scene;
    const operator = await plain('synced');
    const folder = path.join(operator.folder, 'pingdirectory-backup');
    await backupByTool(scene, folder);
    const entries = await entriesOf(directory);
    const client = s3.client();
    for (const [name, Body] of await contentOf(folder)) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `synced/userRoot/${name}`, Body }));
    }
    client.destroy();
    await changeDirectory(directory);

    const refused = await operator.run(['list'], 10);
    await operator.run(['init']);
    const [listed] = await operator.json<ListedSnapshot[]>(['list']);
    await operator.run(['fetch', 'latest', '--to', path.join(operator.folder, 'fetched')]);
    await operator.run(['restore', listed?.id ?? '', '--yes']);

    assert.match(refused.stderr, /what "aws s3 sync" left is here: run "rootcellar init"/);
    assert.deepEqual([listed?.state, listed?.backends], ['unlisted', ['userRoot']]);
    const fetched = await contentOf(path.join(operator.folder, 'fetched/userRoot'));
    for (const [name, bytes] of await contentOf(folder)) if (name !== 'backup.info.save') assert.deepEqual(fetched.get(name), bytes, name);
    assertSameEntries(await entriesOf(directory), entries);
  });
});

/** The stored manifest has a line more, by which it vouches for itself. */
function withoutChecksum(manifest: Buffer | undefined): Buffer {
  return Buffer.from(String(manifest).replace(/,\n {2}"checksum": "[0-9a-f]{64}"/, ''));
}
