import assert from 'node:assert/strict';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { resticAt } from '../harness/restic.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';
import { assertSameEntries, bucket, changeDirectory, contentOf, entriesOf, type Operator, type Scene, setScene } from './main-job-scene.ts';

const password = 'the password of the repository';

// The main job in the layout `repository`: a real OpenDJ, a real S3 server over TLS, and the real restic looking at what we left.
suite('the main job in the layout repository', () => {
  let scene: Scene;
  let home: TemporaryFolder;
  before(async () => {
    [scene, home] = await Promise.all([setScene(300), temporaryFolder('repository-layout')]);
    await writeFile(path.join(home.path, 'password'), `${password}\n`, { mode: 0o600 });
    await writeFile(path.join(home.path, 'other-password'), 'another\n', { mode: 0o600 });
  });
  after(async () => {
    await scene[Symbol.asyncDispose]();
    await home.remove();
  });

  const operatorOf = (name: string, passwordFile = 'password'): Promise<Operator> =>
    scene.operator(name, `s3://${bucket}/${name}`, {
      ROOTCELLAR_LAYOUT: 'repository',
      ROOTCELLAR_PASSWORD_FILE: path.join(home.path, passwordFile),
    });

  test('a changed directory is restored to the very entries of the backup, and restic finds nothing wrong', async () => {
    const { directory, s3 } = scene;
    const operator = await operatorOf('whole');
    await operator.run(['init']);
    const entries = await entriesOf(directory);
    const { id, bytes } = await operator.json<{ readonly id: string; readonly bytes: number }>(['backup']);
    const stored = await bytesIn(path.join(s3.folder, bucket, 'whole'));
    await changeDirectory(directory);
    await operator.run(['backup']);

    const grown = (await bytesIn(path.join(s3.folder, bucket, 'whole'))) - stored;
    assert.ok(grown < bytes / 2, `the second backup added ${grown} bytes to ${stored}, of a set of ${bytes}`);
    const restic = await resticFor('whole');
    await restic('check', '--read-data');
    const snapshots = JSON.parse(await restic('snapshots', '--json')) as { readonly id: string; readonly hostname: string }[];
    assert.deepEqual(
      snapshots.map((snapshot) => snapshot.hostname),
      ['ds-0', 'ds-0'],
    );
    assert.equal(snapshots[0]?.id, id);

    await operator.run(['restore', id, '--yes']);
    assertSameEntries(await entriesOf(directory), entries);
    await operator.run(['verify', '--read-data']);
  });

  test('restic restores the same bytes as fetch', async () => {
    const operator = await operatorOf('same');
    await operator.run(['init']);
    await operator.run(['backup']);
    const [fetched, restored] = [path.join(operator.folder, 'fetched'), path.join(operator.folder, 'restored')];

    await operator.run(['fetch', 'latest', '--to', fetched]);
    await (
      await resticFor('same')
    )('restore', 'latest', '--target', restored);

    const ours = await contentOf(fetched);
    assert.ok([...ours.keys()].some((name) => name.startsWith('userRoot/backup-userRoot-')));
    assert.deepEqual(await contentOf(restored), ours);
  });

  test('forget and prune leave an archive that restic accepts', async () => {
    const operator = await operatorOf('pruned');
    await operator.run(['init']);
    for (let run = 0; run < 2; run += 1) {
      await operator.run(['backup']);
      await changeDirectory(scene.directory);
    }
    await operator.run(['forget', '--keep-last', '1', '--yes']);

    await operator.run(['prune', '--prune-grace', '1ms', '--yes']);
    await operator.run(['prune', '--prune-grace', '1ms', '--yes']);

    await (
      await resticFor('pruned')
    )('check', '--read-data');
    assert.equal((await operator.json<unknown[]>(['list'])).length, 1);
    await operator.run(['verify', '--read-data']);
  });

  test('a wrong password is refused with 12, none with 2, and no archive with 10', async () => {
    const operator = await operatorOf('locked');
    await operator.run(['list'], 10);
    await operator.run(['init']);

    const refused = await (await operatorOf('locked', 'other-password')).run(['list'], 12);
    const missing = await (await scene.operator('locked', undefined, { ROOTCELLAR_LAYOUT: 'repository' })).run(['list'], 2);

    assert.match(refused.stderr, /^rootcellar: Cannot open the archive s3:\/\/backups\/locked: the password fits none of its 1 key\n/);
    assert.match(missing.stderr, /^rootcellar: Cannot begin: the setting passwordFile is not set\n/);
    assert.ok(!refused.stderr.includes(password));
  });

  async function resticFor(name: string) {
    const { s3 } = scene;
    return resticAt({
      repository: `s3:${s3.endpoint}/${bucket}/${name}`,
      password,
      environment: {
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        AWS_DEFAULT_REGION: s3.region,
        RESTIC_CACERT: s3.caFile ?? '',
      },
    });
  }
});

async function bytesIn(folder: string): Promise<number> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const sizes = await Promise.all(entries.map(async (entry) => (await stat(path.join(entry.parentPath, entry.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
