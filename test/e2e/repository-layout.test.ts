import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { archivePassword } from '../harness/archive-password.ts';
import { changeDirectory, contentOf, type Scene, setScene } from './main-job-scene.ts';

// Backups of a real OpenDJ in a real S3 server over TLS, as the stock restic sees and treats them.
suite('the layout repository beside the stock restic', () => {
  let scene: Scene;
  before(async () => void (scene = await setScene(300)));
  after(async () => scene[Symbol.asyncDispose]());

  test('restic lists our backups as of the server, with our IDs', async () => {
    const operator = await scene.operator('whole');
    await operator.run(['init']);
    const { id } = await operator.json<{ readonly id: string }>(['backup']);
    await operator.run(['backup', '--backend', 'schema']);

    const snapshots = JSON.parse(await (await scene.restic('whole'))('snapshots', '--json')) as {
      readonly id: string;
      readonly hostname: string;
      readonly tags: readonly string[];
    }[];

    assert.equal(snapshots[0]?.id, id);
    assert.deepEqual(
      snapshots.map(({ hostname, tags }) => [hostname, ...tags]),
      [
        ['ds-0', 'schema', 'userRoot'],
        ['ds-0', 'schema'],
      ],
    );
  });

  test('restic restores the same bytes as fetch', async () => {
    const operator = await scene.operator('same');
    await operator.run(['init']);
    await operator.run(['backup']);
    const [fetched, restored] = [path.join(operator.folder, 'fetched'), path.join(operator.folder, 'restored')];

    await operator.run(['fetch', 'latest', '--to', fetched]);
    await (
      await scene.restic('same')
    )('restore', 'latest', '--target', restored);

    const ours = await contentOf(fetched);
    assert.ok([...ours.keys()].some((name) => name.startsWith('userRoot/backup-userRoot-')));
    assert.deepEqual(await contentOf(restored), ours);
  });

  test('forget and prune leave an archive that restic accepts', async () => {
    const operator = await scene.operator('pruned');
    await operator.run(['init']);
    for (let run = 0; run < 2; run += 1) {
      await operator.run(['backup']);
      await changeDirectory(scene.directory);
    }
    await operator.run(['forget', '--keep-last', '1', '--yes']);

    await operator.run(['prune', '--prune-grace', '1ms', '--yes']);
    await operator.run(['prune', '--prune-grace', '1ms', '--yes']);

    await (
      await scene.restic('pruned')
    )('check', '--read-data');
    assert.equal((await operator.json<unknown[]>(['list'])).length, 1);
    await operator.run(['verify', '--read-data']);
  });

  test('a wrong password is refused with 12, none with 2, and no archive with 10', async () => {
    const operator = await scene.operator('locked');
    const otherFile = path.join(operator.folder, 'other-password');
    await writeFile(otherFile, 'another\n', { mode: 0o600 });
    await operator.run(['list'], 10);
    await operator.run(['init']);

    const refused = await operator.run(['list', '--password-file', otherFile], 12);
    const missing = await operator.run(['list'], 2, { ROOTCELLAR_PASSWORD_FILE: '' });

    assert.match(refused.stderr, /^rootcellar: Cannot open the archive s3:\/\/backups\/locked: the password fits none of its 1 key\n/);
    assert.match(missing.stderr, /^rootcellar: Cannot begin: the setting passwordFile is not set, and the layout repository encrypts /);
    assert.ok(!refused.stderr.includes(archivePassword));
  });
});
