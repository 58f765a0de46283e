import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { type Restic, resticAt } from '../harness/restic.ts';
import type { RootcellarResult } from '../harness/rootcellar.ts';
import { watchSecrets } from '../harness/secret-watch.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw } from '../harness/versitygw.ts';

const passwords = { first: 'first of the passwords', second: 'second of the passwords', third: 'third of the passwords' } as const;
type Name = keyof typeof passwords;

interface Key {
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly isInUse: boolean;
  readonly damage: string | null;
}

/** An archive at a place, the files of three passwords, and restic beside it. */
async function setUp(place: {
  readonly archive: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly repository: string;
}) {
  const home = await temporaryFolder('keys');
  for (const [name, password] of Object.entries(passwords)) await writeFile(path.join(home.path, name), `${password}\n`, { mode: 0o600 });
  const watch = watchSecrets(passwords);
  const run = (words: readonly string[], by: Name = 'first'): Promise<RootcellarResult> =>
    watch.run(words, {
      cwd: home.path,
      env: {
        ...place.environment,
        ROOTCELLAR_ARCHIVE: place.archive,
        ROOTCELLAR_LAYOUT: 'repository',
        ROOTCELLAR_PASSWORD_FILE: path.join(home.path, by),
      },
    });
  const done = async (words: readonly string[], by?: Name): Promise<string> => {
    const result = await run(words, by);
    assert.equal(result.exitCode, 0, result.stderr);
    return result.stdout;
  };
  const keys = async (by?: Name): Promise<readonly Key[]> => JSON.parse(await done(['key', 'list', '--json'], by)) as Key[];
  const restic = (by: Name): Promise<Restic> =>
    resticAt({ repository: place.repository, password: passwords[by], environment: place.environment });
  const resticOpens = async (by: Name): Promise<boolean> => {
    const ask = await restic(by);
    return ask('cat', 'config').then(
      () => true,
      (error: Error) => {
        assert.match(error.message, /wrong password|no key found/);
        return false;
      },
    );
  };
  return { home, watch, run, done, keys, restic, resticOpens, [Symbol.asyncDispose]: () => home.remove() };
}

suite('the keys of an archive, with restic beside it', () => {
  test('are added, listed, removed and changed, and restic opens it by just those that are there', async () => {
    await using server = await startVersitygw({ buckets: ['archive'] });
    await using set = await setUp({
      archive: 's3://archive/keys',
      repository: `s3:${server.endpoint}/archive/keys`,
      environment: {
        ROOTCELLAR_S3_ENDPOINT: server.endpoint,
        AWS_ACCESS_KEY_ID: server.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
        AWS_REGION: server.region,
      },
    });
    const { done, keys, run, resticOpens, watch } = set;
    await done(['init']);

    assert.match(await done(['key', 'add', '--new-password-file', 'second', '--user', 'vault', '--host', 'safe']), /^Added key \w{12}; /);
    assert.match(
      await done(['key', 'add', '--new-password-file', 'second']),
      /^This password opens s3:\/\/archive\/keys already, by key \w{12}/,
    );
    assert.deepEqual([await resticOpens('first'), await resticOpens('second'), await resticOpens('third')], [true, true, false]);
    const listed = await keys('second');
    assert.deepEqual(
      listed.map(({ isInUse, damage }) => ({ isInUse, damage })).toSorted((a, b) => Number(b.isInUse) - Number(a.isInUse)),
      [
        { isInUse: true, damage: null },
        { isInUse: false, damage: null },
      ],
    );
    const [mine, other] = [listed.find((key) => key.isInUse), listed.find((key) => !key.isInUse)];
    assert.ok(mine !== undefined && other !== undefined);
    assert.deepEqual([mine.user, mine.host], ['vault', 'safe']);

    const refused = await run(['key', 'remove', mine.id, '--yes'], 'second');
    assert.equal(refused.exitCode, 1);
    assert.equal(
      refused.stderr,
      `rootcellar: Cannot remove key ${mine.id.slice(0, 12)}: it is the one that opened the archive just now\n` +
        '  → come with the password of another key (setting passwordFile), or replace the one in use with "rootcellar key change"\n',
    );
    assert.match(
      await done(['key', 'remove', other.id.slice(0, 8)], 'second'),
      /^Nothing was changed\. With --yes the key would be removed/m,
    );
    assert.equal(await resticOpens('first'), true);
    assert.match(await done(['key', 'remove', other.id.slice(0, 8), '--yes'], 'second'), /^Removed key \w{12} of .*; 1 key left\./);
    assert.deepEqual([await resticOpens('first'), await resticOpens('second')], [false, true]);

    assert.match(
      await done(['key', 'change', '--new-password-file', 'third'], 'second'),
      /^Changed the password of s3:\/\/archive\/keys: key \w{12} opens it/,
    );
    assert.deepEqual([await resticOpens('second'), await resticOpens('third')], [false, true]);
    const shut = await run(['list'], 'second');
    assert.deepEqual(
      [shut.exitCode, shut.stderr.split('\n')[0]],
      [12, 'rootcellar: Cannot open the archive s3://archive/keys: the password fits none of its 1 key'],
    );
    await (
      await set.restic('third')
    )('check', '--read-data');
    assert.deepEqual(watch.findings, []);
    assert.ok(watch.looks.runs >= 9 && watch.looks.commandLines >= 9);
  });

  test('that restic made are listed, changed and removed, and restic removes ours', async () => {
    await using folder = await temporaryFolder('keys-archive');
    const archive = path.join(folder.path, 'archive');
    await using set = await setUp({ archive, repository: archive, environment: {} });
    const { done, keys, restic, resticOpens, home } = set;
    await (
      await restic('first')
    )('init');
    await (
      await restic('first')
    )('key', 'add', '--new-password-file', path.join(home.path, 'second'), '--user', 'by-restic', '--host', 'elsewhere');

    const byRestic = (await keys()).find(({ user, host }) => user === 'by-restic' && host === 'elsewhere');
    assert.ok(byRestic);
    assert.match(await done(['key', 'list']), /^ \w{12} {2}20\d\d-\d\d-\d\d \d\d:\d\d:\d\d {2}by-restic +elsewhere +whole$/m);
    await done(['key', 'change', '--new-password-file', 'third'], 'second');
    assert.deepEqual([await resticOpens('first'), await resticOpens('second'), await resticOpens('third')], [true, false, true]);
    const ours = (await keys('third')).find((key) => key.isInUse);
    await (
      await restic('first')
    )('key', 'remove', ours?.id ?? '');

    assert.deepEqual(
      (await keys()).map(({ isInUse }) => isInUse),
      [true],
    );
    assert.equal(await resticOpens('third'), false);
  });

  test('that are damaged are named, and the others work', async () => {
    await using folder = await temporaryFolder('keys-archive');
    await using set = await setUp({ archive: folder.path, repository: folder.path, environment: {} });
    const { done, keys } = set;
    await done(['init']);
    await done(['key', 'add', '--new-password-file', 'second']);
    const damaged = (await keys('second')).find((key) => !key.isInUse)?.id ?? '';
    const file = path.join(folder.path, 'keys', damaged);
    await writeFile(file, (await readFile(file)).subarray(0, 100));

    assert.match(
      await done(['key', 'list'], 'second'),
      new RegExp(`^ ${damaged.slice(0, 12)} .*Cannot read key ${damaged.slice(0, 12)}: its bytes hash to`, 'm'),
    );
    await done(['list'], 'second');
    await done(['key', 'remove', damaged, '--yes'], 'second');
    assert.equal((await readdir(path.join(folder.path, 'keys'))).length, 1);
  });

  test('that are weak or empty are refused before anything is asked of the archive; a short one is told', async () => {
    await using folder = await temporaryFolder('keys-archive');
    await using set = await setUp({ archive: folder.path, repository: folder.path, environment: {} });
    const { run, done, home } = set;
    await done(['init']);
    const weak = path.join(home.path, 'weak');
    const tried = async (text: string, option = weak) => {
      await writeFile(weak, text);
      const { exitCode, stderr } = await run(['key', 'add', '--new-password-file', option]);
      return { exitCode, first: stderr.split('\n')[0] };
    };

    assert.deepEqual(await tried('short\n'), {
      exitCode: 2,
      first: `rootcellar: Cannot use the password in ${weak}: it has fewer than 8 characters`,
    });
    assert.deepEqual(await tried('aaaaaaaaaaaaaaaaaaaa'), {
      exitCode: 2,
      first: `rootcellar: Cannot use the password in ${weak}: it has fewer than 5 different characters`,
    });
    assert.deepEqual(await tried('\n'), {
      exitCode: 2,
      first: `rootcellar: Cannot read the file ${weak} of the option --new-password-file: it is empty`,
    });
    assert.deepEqual(await tried('', 'nowhere'), {
      exitCode: 2,
      first: 'rootcellar: Cannot read the file nowhere of the option --new-password-file: there is no such file',
    });
    assert.deepEqual(await tried('made up 2026'), {
      exitCode: 0,
      first: `! the password in ${weak} is weak: it has fewer than 16 characters`,
    });
  });

  test('are told to be absent where the layout is plain', async () => {
    await using folder = await temporaryFolder('keys-archive');
    await using set = await setUp({ archive: folder.path, repository: folder.path, environment: {} });
    const words = ['--layout', 'plain', '--archive', folder.path];
    await set.done(['init', ...words]);

    for (const [command, attempt] of [
      [['key', 'list'], 'list keys'],
      [['key', 'add', '--new-password-file', 'second'], 'add a key'],
      [['key', 'remove', 'abcd'], 'remove a key'],
      [['key', 'change', '--new-password-file', 'second'], 'change the password'],
    ] as const) {
      const { exitCode, stderr } = await set.run([...command, ...words]);
      assert.deepEqual(
        [exitCode, stderr.split('\n')[0]],
        [1, `rootcellar: Cannot ${attempt}: the archive ${folder.path} has the layout "plain", which has no keys`],
      );
    }
  });
});
