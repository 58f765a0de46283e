import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { passwordFile } from '../../test/harness/archive-password.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { runInProcess as run } from '../../test/harness/run-in-process.ts';
import { interrupted } from '../foundation/failure.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-cli-'));
});
after(() => rm(folder, { recursive: true }));

async function archiveWithTwo(name: string, own: Readonly<Record<string, string>> = {}): Promise<string> {
  const archive = path.join(folder, name);
  const set = path.join(folder, `${name}-set`);
  await mkdir(set);
  await writeFile(path.join(set, 'data'), 'some bytes');
  const words = ['--quiet', '--archive', archive, '--server-name', 'prod'];
  const environment = { ROOTCELLAR_PASSWORD_FILE: passwordFile, ...own };
  assert.equal((await run(['init', ...words], { environment })).exitCode, 0);
  const clock = new FakeClock('2026-11-22T10:46:46Z');
  assert.equal((await run(['archive', set, ...words], { clock, environment })).exitCode, 0);
  assert.equal((await run(['archive', set, ...words], { environment })).exitCode, 0);
  return archive;
}

describe('runProgram()', () => {
  test('prints the help with commands and exit codes when nothing is said', async () => {
    const { exitCode, output } = await run([]);

    assert.equal(exitCode, 0);
    for (const line of [/^ {2}restore +Restore a snapshot/m, /^ {2}11 +another run holds the lease/m]) assert.match(output, line);
  });

  test('prints the help of a command with its options, examples and exit codes', async () => {
    const { output } = await run(['fetch', '--help']);

    assert.match(output, /^ {2}rootcellar fetch ID --to FOLDER \[options\]$/m);
    assert.match(output, /^ {2}# the newest good snapshot\n {2}rootcellar fetch latest --to \/tmp\/restored$/m);
    assert.match(output, /^ {2}20 +verification failed/m);
  });

  test('prints the version for --version as for version', async () => {
    const { output } = await run(['--version']);

    assert.equal(output, (await run(['version'])).output);
    assert.equal(output, `rootcellar 1.2.3 (Node ${process.versions.node})\n`);
  });

  test('takes the flag of a setting before and after the name of the command', async () => {
    const [first, second] = [
      await run(['--keep-local', '3', 'config', 'show', '--set'], { environment: {} }),
      await run(['config', 'show', '--set', '--keep-local', '3'], { environment: {} }),
    ];

    assert.equal(first.output, 'setting    value  from\nkeepLocal  3      --keep-local\n');
    assert.equal(second.output, first.output);
  });

  test('prints one JSON array, newest first, for list --json, and nothing else on either stream', async () => {
    const archive = await archiveWithTwo('listed');

    const { exitCode, output, errorOutput } = await run(['list', '--json', '--archive', archive]);

    assert.equal(exitCode, 0);
    assert.equal(errorOutput, '');
    const snapshots = JSON.parse(output) as Readonly<Record<string, unknown>>[];
    assert.deepEqual(
      snapshots.map(({ time, server, backends, bytes, state }) => ({ time, server, backends, bytes, state })),
      ['2026-11-23T10:46:46.000Z', '2026-11-22T10:46:46.000Z'].map((time) => ({
        time,
        server: 'prod',
        backends: [],
        bytes: 10,
        state: 'complete',
      })),
    );
  });

  test('shows ages and sizes for people', async () => {
    const archive = await archiveWithTwo('shown');

    const { output } = await run(['list', '--archive', archive]);

    assert.match(output, /^[0-9a-f]{12} {2}2026-11-22 10:46:46 {2}1 d {2}prod +10 B {2}complete$/m);
    assert.match(output, /\n2 snapshots, 20 B\n$/);
  });

  test('forgets nothing without --yes, and what it said with it', async () => {
    const archive = await archiveWithTwo('forgotten');

    const dry = await run(['forget', '--keep-last', '1', '--archive', archive]);
    const kept = await run(['list', '--json', '--archive', archive]);
    const done = await run(['forget', '--keep-last', '1', '--yes', '--archive', archive]);

    assert.match(dry.output, /\nNothing was changed. With --yes 1 snapshot \(10 B\) would be forgotten.\n$/);
    assert.equal((JSON.parse(kept.output) as unknown[]).length, 2);
    assert.equal(done.output, 'Forgot 1 snapshot (10 B); 1 snapshot left.\n');
  });

  test('status ends with 0 when the last good backup is young enough, with 1 when not', async () => {
    const archive = await archiveWithTwo('watched');
    const later = new FakeClock('2026-11-24T10:46:46Z');

    const young = await run(['status', '--archive', archive]);
    const late = await run(['status', '--archive', archive], { clock: later });

    assert.equal(young.exitCode, 0);
    assert.equal(late.exitCode, 1);
    assert.match(
      late.output,
      /^✗ prod: late; the last good backup, [0-9a-f]{12}, was made 1 d ago \(2026-11-23 10:46:46 UTC\), more than 12 h.\n$/,
    );
  });

  test('verify ends with 20 and names each damaged file', async () => {
    const archive = await archiveWithTwo('hurt', { ROOTCELLAR_LAYOUT: 'plain' });
    await writeFile(path.join(archive, 'prod/20261122104646Z/data'), 'SOME BYTES');
    const words = ['--layout', 'plain', '--archive', archive, '--quiet'];

    const quick = await run(['verify', ...words]);
    const whole = await run(['verify', '--read-data', ...words]);

    assert.equal(quick.exitCode, 0);
    assert.equal(whole.exitCode, 20);
    assert.match(whole.output, /^Damaged: 1 of 2 snapshots; every byte was read.\n[0-9a-f]{12} of prod\n {2}✗ .*data hashes to /);
  });

  test('init tells once that the password is needed for ever, and how the stock restic opens the archive', async () => {
    const archive = path.join(folder, 'made');

    const made = await run(['init', '--archive', archive]);
    const again = await run(['init', '--archive', archive]);
    const plain = await run(['init', '--archive', path.join(folder, 'made-plain'), '--layout', 'plain']);

    assert.equal(
      made.output,
      `Made the archive ${archive} (layout repository).\n` +
        'Keep a copy of its password elsewhere: without it nobody will ever read what is archived, and it cannot be had again.\n' +
        'The stock restic opens the archive too, should this program not be at hand:\n' +
        `  restic -r ${archive} --password-file ${passwordFile} snapshots\n`,
    );
    assert.equal(again.output, `The archive ${archive} (layout repository) is there already; nothing was changed.\n`);
    assert.equal(plain.output, `Made the archive ${path.join(folder, 'made-plain')} (layout plain).\n`);
  });

  test('archive says how much of a set was new, and what it takes', async () => {
    const archive = await archiveWithTwo('told');
    const set = path.join(folder, 'told-more');
    await mkdir(set);
    await writeFile(path.join(set, 'data'), 'some bytes');
    await writeFile(path.join(set, 'more'), 'other bytes'.repeat(1000));

    const words = ['archive', set, '--archive', archive, '--server-name', 'prod'];

    const { output } = await run(words, { clock: new FakeClock('2026-11-24T10:46:46Z') });
    const again = await run([...words, '--json'], { clock: new FakeClock('2026-11-25T10:46:46Z') });

    assert.match(
      output,
      /^Archived the folder as snapshot \w{12} of prod: 10\.8 KiB, of which 10\.7 KiB are new, stored as \d+(\.\d+)? (B|KiB)\.\n$/,
    );
    const { bytes, newBytes, storedBytes } = JSON.parse(again.output) as Readonly<Record<string, number>>;
    assert.deepEqual([bytes, newBytes], [11_010, 0]);
    assert.ok(storedBytes !== undefined && storedBytes > 0 && storedBytes < 5000, 'only what describes the set');
  });
});

const refusals: readonly (readonly [string, readonly string[], number, string])[] = [
  [
    'an unknown command',
    ['lst'],
    2,
    'rootcellar: Cannot read the command line: unknown command "lst"\n  → did you mean one of list, ls?\n',
  ],
  [
    'an unknown option',
    ['list', '--serve', 'x'],
    2,
    'rootcellar: Cannot read the command line: unknown option "--serve"\n  → did you mean --server?\n',
  ],
  [
    'a missing argument',
    ['show'],
    2,
    'rootcellar: Cannot read the command line: missing required argument "id"\n  → run "rootcellar show --help" to see what there is\n',
  ],
  [
    'a missing option',
    ['fetch', 'latest'],
    2,
    'rootcellar: Cannot read the command line: required option "--to <FOLDER>" not specified\n  → run "rootcellar fetch --help" to see what there is\n',
  ],
  [
    'a missing option of a command of two words',
    ['key', 'add'],
    2,
    'rootcellar: Cannot read the command line: required option "--new-password-file <FILE>" not specified\n  → run "rootcellar key add --help" to see what there is\n',
  ],
  [
    'half a command',
    ['config'],
    2,
    'rootcellar: Cannot run "config": it needs a second word\n  → run "rootcellar config --help" to see which\n',
  ],
  [
    'a count that is none',
    ['forget', '--keep-last', '0'],
    2,
    'rootcellar: Cannot use --keep-last: "0" is not a whole number from 1\n  → write for example --keep-last 7\n',
  ],
  [
    'a duration without its unit',
    ['forget', '--keep-within', '30'],
    2,
    'rootcellar: Cannot use --keep-within: "30" is not a duration with its unit, such as 6h or 30d\n  → write for example --keep-within 30d\n',
  ],
  [
    'an unknown shell',
    ['completion', 'tcsh'],
    2,
    'rootcellar: Cannot print a completion script: "tcsh" is not one of bash, zsh, fish\n  → name one of them\n',
  ],
  [
    'no archive named',
    ['list'],
    2,
    'rootcellar: Cannot begin: the setting archive is not set\n  → give --archive, set ROOTCELLAR_ARCHIVE, or write it into the configuration file\n',
  ],
  [
    'a password file that is not there',
    ['init', '--archive', '/tmp/never', '--password-file', '/tmp/never-password'],
    2,
    'rootcellar: Cannot read the file /tmp/never-password of the setting passwordFile: there is no such file\n  → name a file that holds the secret and that this user may read\n',
  ],
  [
    'no archive there',
    ['list', '--archive', '/tmp/never'],
    10,
    'rootcellar: Cannot open the archive /tmp/never: there is none\n  → check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"\n',
  ],
];

for (const [what, words, exitCode, sentence] of refusals) {
  test(`runProgram() refuses ${what} in one sentence`, async () => {
    assert.deepEqual(await run(words), { exitCode, output: '', errorOutput: sentence });
  });
}

for (const command of [['init'], ['list'], ['status'], ['prune']]) {
  test(`runProgram() refuses ${command.join(' ')} without a password in one sentence that names both ways out`, async () => {
    const { exitCode, errorOutput } = await run([...command, '--archive', '/tmp/never'], { environment: {} });

    assert.equal(
      errorOutput,
      'rootcellar: Cannot begin: the setting passwordFile is not set, and the layout repository encrypts all it keeps with a password\n' +
        '  → name a file that holds one with --password-file or ROOTCELLAR_PASSWORD_FILE ("openssl rand -base64 32" makes a good one), ' +
        'or set ROOTCELLAR_LAYOUT (--layout) to plain, which encrypts nothing\n',
    );
    assert.equal(exitCode, 2);
  });
}

describe('an archive of another layout', () => {
  test('plain, under the default: every command says to set the layout, and no repository is made beside it', async () => {
    const archive = await archiveWithTwo('is-plain', { ROOTCELLAR_LAYOUT: 'plain' });
    const files = await readdir(archive, { recursive: true });
    const hint = '  → set ROOTCELLAR_LAYOUT (--layout) to plain, or name another place\n';

    for (const [command, attempt] of [
      ['init', 'make a repository in'],
      ['list', 'open'],
      ['prune', 'open'],
    ] as const) {
      assert.deepEqual(await run([command, '--archive', archive]), {
        exitCode: 1,
        output: '',
        errorOutput: `rootcellar: Cannot ${attempt} ${archive}: it holds an archive of layout "plain"\n${hint}`,
      });
    }
    assert.deepEqual(await readdir(archive, { recursive: true }), files);
  });

  test('repository, under plain: the same the other way round', async () => {
    const archive = await archiveWithTwo('is-repository');
    const files = await readdir(archive, { recursive: true });
    const hint = '  → set ROOTCELLAR_LAYOUT (--layout) to repository and name its password file, or name another place\n';

    for (const [command, attempt] of [
      ['init', 'make a plain archive in'],
      ['list', 'open'],
      ['prune', 'open'],
    ] as const) {
      assert.deepEqual(await run([command, '--layout', 'plain', '--archive', archive]), {
        exitCode: 1,
        output: '',
        errorOutput: `rootcellar: Cannot ${attempt} ${archive}: it holds an archive of layout "repository"\n${hint}`,
      });
    }
    assert.deepEqual(await readdir(archive, { recursive: true }), files);
  });

  test('what "aws s3 sync" left, of a backend called config too: no repository is made beside it', async () => {
    const archive = path.join(folder, 'synced');
    await mkdir(path.join(archive, 'config'), { recursive: true });
    await writeFile(path.join(archive, 'config/backup.info'), 'backend_dn=ds-cfg-backend-id=config,cn=Backends,cn=config\n');
    const says = (attempt: string) =>
      `rootcellar: Cannot ${attempt} ${archive}: it holds what "aws s3 sync" left, which only the layout plain reads\n` +
      '  → set ROOTCELLAR_LAYOUT (--layout) to plain, or name another place\n';

    assert.deepEqual(await run(['init', '--archive', archive]), { exitCode: 1, output: '', errorOutput: says('make a repository in') });
    assert.deepEqual(await run(['list', '--archive', archive]), { exitCode: 1, output: '', errorOutput: says('open') });
    assert.equal((await run(['init', '--layout', 'plain', '--archive', archive])).exitCode, 0);
  });
});

test('runProgram() refuses to make an archive again with another password', async () => {
  const archive = await archiveWithTwo('other-password');
  const other = path.join(folder, 'other-password-file');
  await writeFile(other, 'another');

  const { exitCode, errorOutput } = await run(['init', '--archive', archive, '--password-file', other]);

  assert.equal(exitCode, 12);
  assert.equal(
    errorOutput,
    `rootcellar: Cannot open the archive ${archive}: the password fits none of its 1 key\n  → check the file that ROOTCELLAR_PASSWORD_FILE (--password-file) names\n`,
  );
});

test('runProgram() tells an error as one JSON line with --json', async () => {
  const { errorOutput } = await run(['list', '--json', '--archive', '/tmp/never']);

  assert.deepEqual(JSON.parse(errorOutput), {
    event: 'error',
    code: 'E_ARCHIVE_MISSING',
    message: 'Cannot open the archive /tmp/never: there is none',
    hint: 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
    exitCode: 10,
  });
});

test('runProgram() says what is unexpected, and where it came from only with --debug', async () => {
  const broken = { now: () => assert.fail('no time'), sleep: () => Promise.resolve() };
  const words = ['status', '--archive', await archiveWithTwo('odd')];

  const plain = await run(words, { clock: broken });
  const debug = await run([...words, '--debug'], { clock: broken });

  assert.equal(plain.exitCode, 1);
  assert.equal(
    plain.errorOutput,
    'rootcellar: Something unexpected happened: no time\n  → run it again with --debug, and report what it prints: this is a fault of rootcellar\n',
  );
  assert.match(debug.errorOutput, /\n +at /);
});

test('runProgram() ends with 130 when it is told to stop', async () => {
  const archive = await archiveWithTwo('stopped');

  const ended = await run(['verify', '--read-data', '--quiet', '--archive', archive], {
    signal: AbortSignal.abort(interrupted('The command')),
  });

  assert.deepEqual(ended, { exitCode: 130, output: '', errorOutput: 'rootcellar: The command was interrupted\n' });
});

test('runProgram() does not follow its own words into a configuration that is a broken link', async () => {
  const link = path.join(folder, 'dangling.yaml');
  await symlink('/nowhere', link);

  const { exitCode, errorOutput } = await run(['list', '--config', link]);

  assert.equal(exitCode, 2);
  assert.equal(
    errorOutput,
    `rootcellar: Cannot read the configuration file ${link} named by --config: there is no such file\n  → name a file that this user may read\n`,
  );
});
