import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { runInProcess as run } from '../../test/harness/run-in-process.ts';
import { interrupted } from '../foundation/failure.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-cli-'));
});
after(() => rm(folder, { recursive: true }));

async function archiveWithTwo(name: string): Promise<string> {
  const archive = path.join(folder, name);
  const set = path.join(folder, `${name}-set`);
  await mkdir(set);
  await writeFile(path.join(set, 'data'), 'some bytes');
  const words = ['--quiet', '--archive', archive, '--server-name', 'prod'];
  assert.equal((await run(['init', ...words])).exitCode, 0);
  const clock = new FakeClock('2026-11-22T10:46:46Z');
  assert.equal((await run(['archive', set, ...words], { clock })).exitCode, 0);
  assert.equal((await run(['archive', set, ...words])).exitCode, 0);
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
      await run(['--keep-local', '3', 'config', 'show', '--set']),
      await run(['config', 'show', '--set', '--keep-local', '3']),
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
    const archive = await archiveWithTwo('hurt');
    await writeFile(path.join(archive, 'prod/20261122104646Z/data'), 'SOME BYTES');

    const quick = await run(['verify', '--archive', archive, '--quiet']);
    const whole = await run(['verify', '--read-data', '--archive', archive, '--quiet']);

    assert.equal(quick.exitCode, 0);
    assert.equal(whole.exitCode, 20);
    assert.match(whole.output, /^Damaged: 1 of 2 snapshots; every byte was read.\n[0-9a-f]{12} of prod\n {2}✗ .*data hashes to /);
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
    'the layout repository without a password',
    ['init', '--archive', '/tmp/never', '--layout', 'repository'],
    2,
    'rootcellar: Cannot begin: the setting passwordFile is not set\n  → give --password-file, set ROOTCELLAR_PASSWORD_FILE, or write it into the configuration file\n',
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
