import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { assertContent, type Copied, copyScene, facts, type Listed, passwords } from '../harness/copy-scene.ts';
import { realClock as clock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const shared = randomBytes(3_000_000);

suite('copy', () => {
  test('carries what restic 0.14 wrote in version 1 into a new archive, and compressed blobs into version 1', async () => {
    await using home = await temporaryFolder('fixtures');
    for (const name of ['v1', 'v2']) {
      const fixture = path.resolve(import.meta.dirname, '../fixtures/repositories', `restic-0.14-${name}.tar.gz`);
      await runProgram('mkdir', [path.join(home.path, name)]);
      await runProgram('tar', ['-C', path.join(home.path, name), '-xzf', fixture]);
    }
    const at = (name: string, password = 'test') =>
      repositoryArchive(new LocalFolderStore({ folder: path.join(home.path, name), clock }), { clock, password });
    const checked = async (name: string, snapshots: number, password = 'test') =>
      assertContent(await resticAt({ repository: path.join(home.path, name), password }), snapshots);

    const made = at('new', 'other').copierFrom(at('v1'));
    await made?.createTarget(false);
    const fromOld = await made?.copy(await at('v1').list());
    await checked('new', 1, 'other');
    const toOld = await at('v1')
      .copierFrom(at('v2'))
      ?.copy(await at('v2').list());
    await checked('v1', 2);

    assert.deepEqual([fromOld?.copied.length, toOld?.copied.length], [1, 1]);
    for (const snapshot of await at('v1').list()) assert.deepEqual(await at('v1').verify(snapshot, true), []);
  });

  test('between archives of different layouts goes through the staging folder, there and back', async () => {
    await using scene = await copyScene('./plain', { ROOTCELLAR_LAYOUT: 'plain', ROOTCELLAR_STAGING_FOLDER: './staging' });
    await scene.run(['init']);
    for (const name of ['one', 'two']) await scene.archive(name, { data: `data of ${name}`, shared });
    const sets = await scene.json<Listed[]>(['list']);

    const done = await scene.json<Copied>(['copy', '--to', './repository', '--to-password-file', 'second', '--init', '--verify']);
    const asRepository = ['--archive', './repository', '--layout', 'repository', '--password-file', 'second'];
    const back = await scene.json<Copied>(['copy', ...asRepository, '--to', './back', '--copy-layout', 'plain', '--init', '--verify']);

    assert.deepEqual([done.copied.length, done.isWhole, back.copied.length, back.isWhole], [2, true, 2, true]);
    assert.deepEqual(facts(await scene.json<Listed[]>(['list', ...asRepository])), facts(sets));
    assert.deepEqual(await scene.json<Listed[]>(['list', '--archive', './back']), sets);
    assert.deepEqual((await scene.json<Copied>(['copy', '--to', './back', '--copy-layout', 'plain'])).copied, []);
    await assertContent(await resticAt({ repository: path.join(scene.folder, 'repository'), password: passwords.second }), 2);
    assert.deepEqual(await readdir(path.join(scene.folder, 'staging')), []);
  });

  test('of what "aws s3 sync" left makes sets of it', async () => {
    await using scene = await copyScene('./seed', { ROOTCELLAR_LAYOUT: 'plain', ROOTCELLAR_STAGING_FOLDER: './staging' });
    await scene.run(['init']);
    const place = path.join(scene.folder, 'seed', 'userRoot');
    await runProgram('mkdir', [place]);
    const lines = [
      'backend_dn=ds-cfg-backend-id=userRoot,cn=Backends,cn=config',
      '',
      'backup_id=20261123104646Z',
      'backup_date=20261123104646Z',
    ];
    await writeFile(path.join(place, 'backup.info'), [...lines, 'incremental=false', 'compressed=false', 'encrypted=false', ''].join('\n'));
    await writeFile(path.join(place, 'userRoot-backup-20261123104646Z'), shared);
    const [seed] = await scene.json<Listed[]>(['list']);

    const done = await scene.json<Copied>(['copy', '--to', './repository', '--to-password-file', 'second', '--init', '--verify']);

    assert.deepEqual([done.copied.map(({ id }) => id), done.isWhole], [[seed?.id], true]);
    const asRepository = ['--archive', './repository', '--layout', 'repository', '--password-file', 'second'];
    const [copied] = await scene.json<(Listed & { readonly state: string })[]>(['list', ...asRepository]);
    assert.deepEqual([copied?.backupId, copied?.bytes, copied?.state], ['20261123104646Z', seed?.bytes, 'complete']);
  });

  test('with --dry-run shows what it would do and changes nothing', async () => {
    await using scene = await copyScene('./first-archive');
    await scene.run(['init']);
    const { id } = await scene.archive('one', { data: shared });

    const missing = await scene.run(['copy', '--to', './second-archive', '--to-password-file', 'second', '--init', '--dry-run']);
    assert.match(missing.stdout, new RegExp(`^${id.slice(0, 12)} .*2\\.86 MiB$`, 'm'));
    assert.match(
      missing.stdout,
      /^Nothing was changed\. Without --dry-run 1 snapshot .* would be copied to .*second-archive, which would be made\.$/m,
    );
    assert.deepEqual((await readdir(scene.folder)).toSorted(), ['first', 'first-archive', 'one', 'second']);
    await scene.run(['copy', '--to', './second-archive', '--to-password-file', 'second', '--init']);
    const nothing = await scene.run(['copy', '--to', './second-archive', '--to-password-file', 'second', '--dry-run']);
    assert.match(nothing.stdout, /^Nothing to copy to .*second-archive\.\n$/);
  });

  test('tells what is damaged, copies the rest and ends with 3; with 20 when there is no rest', async () => {
    await using scene = await copyScene('./first-archive');
    await scene.run(['init']);
    const whole = await scene.archive('one', { data: 'a small one' });
    const before = await packs();
    const hurt = await scene.archive('two', { data: randomBytes(300_000) });
    for (const pack of await packs()) if (!before.includes(pack)) await rm(pack);

    const done = await scene.json<Copied>(['copy', '--to', './second-archive', '--to-password-file', 'second', '--init'], 3);
    const alone = await scene.run(['copy', hurt.id, '--to', './second-archive', '--to-password-file', 'second'], 20);

    assert.deepEqual([done.copied.map(({ id }) => id), done.damaged.map(({ id }) => id)], [[whole.id], [hurt.id]]);
    assert.match(alone.stdout, new RegExp(`^✗ not copied: ${hurt.id.slice(0, 12)} of ds-0: .*pack \\w{12} is missing$`, 'm'));

    async function packs(): Promise<readonly string[]> {
      const entries = await readdir(path.join(scene.folder, 'first-archive', 'data'), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    }
  });

  test('refuses a place that is not said, is missing, the same, weak, or opened by another password', async () => {
    await using scene = await copyScene('./first-archive');
    await scene.run(['init']);
    await scene.archive('one', { data: 'a small one' });
    await writeFile(path.join(scene.folder, 'weak'), 'short');
    const first = path.join(scene.folder, 'first-archive');
    const second = path.join(scene.folder, 'second-archive');
    const refusals = async (...cases: readonly (readonly [readonly string[], number, string])[]) => {
      for (const [words, code, sentence] of cases) {
        assert.equal((await scene.run(['copy', ...words], code)).stderr.split('\n')[0], `rootcellar: ${sentence}`);
      }
    };

    await refusals(
      [[], 2, 'Cannot copy: it is not said where to'],
      [['--to', './second-archive'], 10, `Cannot copy to ${second}: there is no archive`],
      [['--to', './first-archive'], 2, `Cannot copy ${first} into itself`],
      [
        ['--to', './second-archive', '--init', '--to-password-file', 'weak'],
        2,
        'Cannot use the password in weak: it has fewer than 8 characters',
      ],
      [['--to', './second-archive', '--copy-layout', 'plain', '--init'], 2, 'Cannot begin: the setting staging.folder is not set'],
      [['nope', '--to', './second-archive'], 1, 'Cannot find snapshot "nope": the only one there is has another ID'],
    );
    await rm(second, { recursive: true, force: true });
    await scene.run(['copy', '--to', './second-archive', '--to-password-file', 'second', '--init']);
    await refusals([['--to', './second-archive'], 12, `Cannot open the archive ${second}: the password fits none of its 1 key`]);
    assert.equal(
      (await scene.run(['copy', '--to', './second-archive', '--to-password-file', 'weak'], 12)).stderr.split('\n')[1],
      '  → check the file that --to-password-file or the setting copy.passwordFile names; without either it is that of the first archive',
    );
    const absent = (named: string) => `Cannot read the file absent of the ${named}: there is no such file`;
    await refusals(
      [['--to', './second-archive', '--to-password-file', 'absent'], 2, absent('option --to-password-file')],
      [['--to', './second-archive', '--copy-password-file', 'absent'], 2, absent('setting copy.passwordFile')],
    );
    await refusals([
      ['--to', 's3://elsewhere/x', '--copy-s3-profile', 'nobody', '--copy-s3-endpoint', 'http://127.0.0.1:9'],
      1,
      'Cannot read "config" in s3://elsewhere/x: no AWS credentials were found for the profile "nobody"',
    ]);
    assert.ok((await readFile(path.join(second, 'config'))).length > 0);
  });
});
