import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { archivePassword, passwordFile } from '../harness/archive-password.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { resticAt } from '../harness/restic.ts';
import { runInProcess } from '../harness/run-in-process.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

const day = 24 * 3_600_000;

interface ListedPin {
  readonly id: string;
  readonly pinned?: Snapshot['pinned'];
}

for (const layout of ['repository', 'plain'] as const) {
  suite(`pinned snapshots of an archive of the layout ${layout} in S3`, () => {
    // A clock that stands, but for what the test moves: not far, as the store checks signatures by its own.
    const clock = new FakeClock(new Date().toISOString());
    let home: TemporaryFolder;
    let s3: VersitygwServer;
    let ids: [string, string, string];
    before(async () => {
      home = await temporaryFolder('pins');
      s3 = await startVersitygw({ buckets: ['vault', 'second'] });
      useS3Credentials(s3);
      await run('init');
      for (const name of ['one', 'two', 'three']) {
        const folder = path.join(home.path, name);
        await mkdir(path.join(folder, 'userRoot'), { recursive: true });
        await writeFile(path.join(folder, 'userRoot/file'), `the content of ${name}`);
        await run('archive', folder);
        await clock.advance(1000);
      }
      ids = (await list()).map(({ id }) => id).toReversed() as typeof ids;
    });
    after(async () => {
      await s3[Symbol.asyncDispose]();
      await home.remove();
    });

    const raw = (...words: readonly string[]) =>
      runInProcess([...words, '--cache-folder', path.join(home.path, 'cache')], {
        clock,
        environment: {
          ROOTCELLAR_ARCHIVE: 's3://vault/set',
          ROOTCELLAR_LAYOUT: layout,
          ROOTCELLAR_PASSWORD_FILE: passwordFile,
          ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
          ROOTCELLAR_SERVER_NAME: 'prod',
          AWS_REGION: s3.region,
        },
      });
    const run = async (...words: readonly string[]): Promise<string> => {
      const ended = await raw(...words);
      assert.equal(ended.exitCode, 0, ended.errorOutput);
      return ended.output;
    };
    const list = async (...words: readonly string[]) => JSON.parse(await run('list', '--json', ...words)) as readonly ListedPin[];
    const pinsOf = async (...words: readonly string[]) =>
      (await list(...words)).map(({ pinned }) => pinned?.reason ?? pinned?.by).toReversed();

    test('pin tells what it did, and list and show tell of it', async () => {
      const [first] = ids;
      const said = await run('pin', first, '--reason', 'before the migration', '--until', '30d');
      const end = new Date(clock.now().getTime() + 30 * day).toISOString();
      const table = (await run('list')).split('\n');
      const shown = await run('show', first);
      const document = JSON.parse(await run('show', first, '--json')) as ListedPin;

      assert.equal(said, `Pinned snapshot ${first.slice(0, 12)} of prod until ${end.slice(0, 19).replace('T', ' ')} UTC.\n`);
      assert.match(table[0] ?? '', /state +pinned$/);
      assert.match(table[1] ?? '', /complete +–$/);
      assert.match(table[3] ?? '', new RegExp(`complete +until ${end.slice(0, 10)}$`));
      assert.match(shown, /^pinned +by .+@.+ at .* UTC, until .* UTC: before the migration$/m);
      const { by, ...told } = document.pinned ?? assert.fail('it is not pinned');
      assert.match(by, /^.+@.+$/);
      assert.deepEqual(told, { at: clock.now().toISOString(), reason: 'before the migration', until: end });
    });

    test('no rule drops it, and no ID', async () => {
      const [first, second] = ids;
      const plan = await run('forget', '--keep-last', '1');
      const refused = await raw('forget', second, first, '--yes');
      const done = await run('forget', '--keep-last', '1', '--yes');

      assert.match(plan, new RegExp(`Keep\\n(.*\\n)*${first.slice(0, 12)} .* pinned\\n`));
      assert.equal(refused.exitCode, 1);
      assert.match(refused.errorOutput, new RegExp(`Cannot forget ${first.slice(0, 12)}: it is pinned \\(.+@.+, until .+Z\\)`));
      assert.match(refused.errorOutput, new RegExp(`run "rootcellar unpin ${first.slice(0, 12)}" first`));
      assert.match(done, /^Forgot 1 snapshot \(.*\); 2 snapshots left\.\n$/);
      assert.deepEqual(
        (await list()).map(({ id }) => id),
        [ids[2], first],
      );
      await run('prune', '--yes');
      const folder = path.join(home.path, 'fetched');
      await run('fetch', first, '--to', folder);
      assert.equal(await readFile(path.join(folder, 'userRoot/file'), 'utf8'), 'the content of one');
      await run('verify', '--read-data');
    });

    test('a copy in a second archive is pinned as well', async () => {
      const to = ['--to', 's3://second/set', '--to-password-file', passwordFile];
      await run('copy', ...to, '--init', '--staging-folder', path.join(home.path, 'staging'));

      assert.deepEqual(await pinsOf('--archive', 's3://second/set', '--layout', 'repository'), ['before the migration', undefined]);
    });

    test('a pin is replaced by another one, and ends when it is unpinned', async () => {
      const [first] = ids;
      const again = await run('pin', first, '--reason', 'audit');
      const replaced = await pinsOf();
      const ended = JSON.parse(await run('unpin', first, '--json')) as Record<string, unknown>;
      const twice = await run('unpin', first);

      assert.match(again, /^Pinned snapshot \w{12} of prod until it is unpinned\. It was pinned already \(.+@.+\)\.\n$/);
      assert.deepEqual(replaced, ['audit', undefined]);
      const { pinned, ...told } = ended;
      assert.deepEqual(told, { id: first, server: 'prod', backupId: told['backupId'], wasPinned: true, isThere: true });
      assert.equal((pinned as Snapshot['pinned'])?.reason, 'audit');
      assert.equal(twice, `Snapshot ${first.slice(0, 12)} is not pinned; nothing was changed.\n`);
      assert.match(await run('forget', first, '--yes'), /^Forgot 1 snapshot/);
      assert.deepEqual(await pinsOf(), [undefined]);
    });

    test('a pin of what is gone is refused', async () => {
      const { exitCode, errorOutput } = await raw('pin', ids[0]);

      assert.equal(exitCode, 1);
      assert.match(errorOutput, /Cannot find snapshot/);
    });
  });
}

suite('a pinned snapshot beside the stock restic', () => {
  const clock = new FakeClock(new Date().toISOString());
  let home: TemporaryFolder;
  let archive: string;
  before(async () => {
    home = await temporaryFolder('pins');
    archive = path.join(home.path, 'archive');
    await run('init');
    for (const name of ['one', 'two']) {
      const folder = path.join(home.path, name);
      await mkdir(folder);
      await writeFile(path.join(folder, 'file'), `the content of ${name}`);
      await run('archive', folder);
      await clock.advance(1000);
    }
  });
  after(() => home.remove());

  const raw = (...words: readonly string[]) =>
    runInProcess([...words, '--cache-folder', path.join(home.path, 'cache')], {
      clock,
      environment: { ROOTCELLAR_ARCHIVE: archive, ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_SERVER_NAME: 'prod' },
    });
  const run = async (...words: readonly string[]): Promise<string> => {
    const ended = await raw(...words);
    assert.equal(ended.exitCode, 0, ended.errorOutput);
    return ended.output;
  };

  test('keeps its ID and is nothing that restic minds; what restic forgets all the same is told by verify, and its pin can be ended', async () => {
    const [, older] = JSON.parse(await run('list', '--json')) as readonly Snapshot[];
    assert.ok(older);
    await run('pin', older.id);
    const restic = await resticAt({ repository: archive, password: archivePassword });
    await restic('check', '--read-data');
    const listed = JSON.parse(await restic('snapshots', '--json')) as readonly { readonly id: string }[];
    assert.ok(listed.some(({ id }) => id === older.id));

    await restic('forget', older.id, '--prune');
    const verified = await raw('verify');
    const ended = await run('unpin', older.id);

    // No snapshot that is there suffers.
    assert.equal(verified.exitCode, 3);
    const name = `${older.id.slice(0, 12)} (prod/${older.backupId})`;
    assert.ok(
      verified.output.includes(`pins snapshot ${name}, which is not there: something removed it that does not ask for pins`),
      verified.output,
    );
    assert.match(verified.output, new RegExp(`rootcellar unpin ${older.id.slice(0, 12)}`));
    assert.equal(ended, `Unpinned snapshot ${older.id.slice(0, 12)}.\n`);
    await run('verify');
  });

  test('its options are refused where they say nothing that could be', async () => {
    const [newest] = JSON.parse(await run('list', '--json')) as readonly Snapshot[];
    const id = newest?.id ?? '';
    const hint = 'give a duration such as 30d, a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z';
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [['--until', 'soon'], 'Cannot use --until: "soon" is neither a time nor a duration'],
      [['--until', ''], 'Cannot use --until: "" is neither a time nor a duration'],
      [['--until', '2027-02-31'], 'Cannot use --until: "2027-02-31" is neither a time nor a duration'],
      [['--until', '2027-13-01'], 'Cannot use --until: "2027-13-01" is neither a time nor a duration'],
      [['--until', '2027-01-31T12:00:00'], 'Cannot use --until: "2027-01-31T12:00:00" is neither a time nor a duration'],
      [['--until', '999999999w'], 'Cannot use --until: "999999999w" is neither a time nor a duration'],
      [['--until', '2020-01-01'], 'Cannot use --until: 2020-01-01T00:00:00.000Z is not in the future'],
      [['--reason', ''], 'Cannot use the reason of --reason: it is empty'],
      [['--reason', '   '], 'Cannot use the reason of --reason: it is empty'],
      [['--reason', 'two\nlines'], 'Cannot use the reason of --reason: it must be one line, without control characters'],
      [['--reason', '\u001B[31mred'], 'Cannot use the reason of --reason: it must be one line, without control characters'],
      [['--reason', 'x'.repeat(501)], 'Cannot use the reason of --reason: it is longer than 500 characters'],
    ];
    for (const [words, sentence] of refusals) {
      const { exitCode, errorOutput } = await raw('pin', id, ...words);
      assert.equal(exitCode, 2, `${words.join(' ')}: ${errorOutput}`);
      assert.ok(errorOutput.includes(sentence), errorOutput);
      if (sentence.includes('--until')) assert.ok(errorOutput.includes(hint), errorOutput);
    }
    const zero = await raw('pin', id, '--until', '0s');
    assert.match(zero.errorOutput, /Cannot use --until: .*Z is not in the future/);
    assert.equal((JSON.parse(await run('list', '--json')) as readonly ListedPin[])[0]?.pinned, undefined);
    for (const [command, word] of [
      ['pin', 'ffffffffffff'],
      ['unpin', 'ffffffffffff'],
      ['unpin', ''],
      ['pin', '../etc'],
    ] as const) {
      const { exitCode, errorOutput } = await raw(command, word);
      assert.equal(exitCode, 1, errorOutput);
      assert.match(errorOutput, /Cannot find snapshot/);
    }
  });
});
