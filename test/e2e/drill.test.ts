import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecoveryReport } from '../../src/domain/recovery-report.ts';
import { Client } from 'ldapts';
import type { StoredReport } from '../../src/archive/archive.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { resticAt } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { smallVolume } from '../harness/small-volume.ts';
import { alterByte, placeOf } from './alter-byte.ts';
import { type DrillScene, processesBelow, secondBaseDn, setDrillScene } from './drill-scene.ts';

const assertionsThatHold = `
- name: everybody is there
  base: ou=People,dc=example,dc=com
  scope: one
  filter: (objectClass=person)
  expect: { count: 50 }
- name: the golden badge
  base: dc=example,dc=com
  filter: (exBadge=gold)
  expect:
    count: { min: 1, max: 5 }
    entries:
      - dn: UID=user.0, ou=People, dc=example, dc=com
        attributes: { exBadge: gold, uid: [user.0], seeAlso: [] }
- name: partners
  base: ${secondBaseDn}
  expect: { count: { min: 3 } }
`;

const assertionsThatDoNot = `
- name: many more
  base: ou=People,dc=example,dc=com
  filter: (uid=*)
  expect: { count: { min: 1000 } }
- name: silver
  base: dc=example,dc=com
  filter: (uid=user.0)
  expect:
    entries:
      - dn: uid=user.0,ou=People,dc=example,dc=com
        attributes: { exBadge: silver, seeAlso: x }
      - dn: uid=nobody,ou=People,dc=example,dc=com
- name: groups
  base: ou=Groups,dc=example,dc=com
  expect: { count: 0 }
- name: no such place
  base: ou=Nowhere,dc=example,dc=com
  expect: { count: 0 }
`;

suite('drill', { timeout: 1_800_000 }, () => {
  let scene: DrillScene;
  before(async () => void (scene = await setDrillScene()));
  after(async () => scene[Symbol.asyncDispose]());

  const nothingIsLeft = async (): Promise<void> => {
    assert.deepEqual(await readdir(scene.drills), []);
    assert.deepEqual(await processesBelow(scene.drills), []);
  };
  const reports = async (environment = {}): Promise<readonly StoredReport[]> =>
    (JSON.parse((await scene.run(['show', 'latest', '--json'], 0, environment)).stdout) as { readonly reports: readonly StoredReport[] })
      .reports;
  const written = async (name: string, text: string): Promise<string> => {
    const file = path.join(await mkdtemp(path.join(scene.folder, 'files-')), name);
    await writeFile(file, text);
    return file;
  };

  test('a snapshot comes back on a server of its own, entry by entry, without one that runs; it listens on loopback only, and another drill leaves it alone', async () => {
    const file = await written('assertions.yaml', assertionsThatHold);
    const drill = scene.spawn(['drill', '--assertions', file, '--json']);
    await drill.prints(/"step":"restore backend/);
    const processes = await processesBelow(scene.drills);
    const listening = (await Promise.all(processes.map(listeningAddresses))).flat();
    const words = await Promise.all(processes.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8')));
    const [folder = ''] = await readdir(scene.drills);
    const password = await readFile(path.join(scene.drills, folder, 'root-password'), 'utf8');
    await scene.run(['drill', '--installation', '/nowhere'], 1);

    const { exitCode, stdout, stderr } = await drill.ended;

    assert.equal(exitCode, 0, stderr);
    const report = JSON.parse(stdout) as RecoveryReport;
    assert.equal(listening.length, 3);
    assert.deepEqual(
      listening.filter((address) => !isLoopback(address)),
      [],
    );
    assert.ok(password.length > 20 && !words.join().includes(password) && !`${stdout}${stderr}`.includes(password));
    assert.deepEqual([report.outcome, report.kind, report.server], ['proven', 'drill', 'ds-0']);
    assert.deepEqual(
      report.proofs.map(({ baseDn, by, state, foundEntries, differences }) => [baseDn, by, state, foundEntries, differences]),
      [
        [secondBaseDn, 'entries', 'equal', 3, 0],
        ['dc=example,dc=com', 'entries', 'equal', 53, 0],
      ],
    );
    assert.deepEqual(
      report.assertions?.map(({ name, isMet }) => [name, isMet]),
      [
        ['everybody is there', true],
        ['the golden badge', true],
        ['partners', true],
      ],
    );
    const steps = report.steps.map(({ name }) => name);
    for (const name of [
      'fetch',
      'set up the server',
      'put the schema in place',
      'start the server',
      'restore backend "userRoot"',
      'tear it down',
    ]) {
      assert.ok(steps.includes(name), `${name} is a step, with its time`);
    }
    const sum = report.steps.reduce((all, { name, milliseconds }) => all + (name === 'tear it down' ? 0 : milliseconds), 0);
    assert.ok(report.milliseconds >= sum && report.milliseconds < sum * 2 + 2000, 'the time in all is that of the steps');
    const [failed, kept] = await reports();
    assert.deepEqual(kept?.report, report);
    // Of the other one, which could not run.
    assert.deepEqual([failed?.outcome, failed?.report?.reason], ['failed', 'Cannot make a server from /nowhere: there is nothing']);
    const [listed] = JSON.parse((await scene.run(['list', '--json'], 0)).stdout) as readonly { readonly provenAt?: string }[];
    assert.equal(listed?.provenAt, report.time);
    await nothingIsLeft();
  });

  test('assertions that are not met end with 20, each with what was found; the product may be a zip archive, and the server may be kept', async () => {
    const file = await written('assertions.yaml', assertionsThatDoNot);
    const zip = path.join(scene.folder, 'opendj.zip');
    await runProgram('jar', ['--create', '--no-manifest', '--file', zip, '-C', path.dirname(scene.installation), 'opendj']);

    const { stdout } = await scene.run(['drill', '--assertions', file, '--installation', zip, '--keep'], 20);

    assert.match(stdout, /^Drill of snapshot \w{12} of ds-0: not proven in .*: 3 of 4 assertions are not met, the first: many more: /);
    const lines = stdout.split('\n').filter((line) => line.includes('✗'));
    assert.deepEqual(lines, [
      '  ✗ many more: 50 entries were found instead of at least 1000',
      '  ✗ silver: exBadge of uid=user.0,ou=People,dc=example,dc=com is "gold" instead of "silver"; ' +
        'seeAlso of uid=user.0,ou=People,dc=example,dc=com is absent instead of "x"; uid=nobody,ou=People,dc=example,dc=com was not found',
      '  ✗ groups: 1 entry was found instead of 0',
    ]);
    const [kept] = await reports();
    assert.deepEqual([kept?.outcome, kept?.report?.assertions?.map(({ isMet }) => isMet)], ['unproven', [false, false, false, true]]);
    await assertKept(stdout);
    await nothingIsLeft();
  });

  test('a damaged snapshot ends with 20, and no server is made of it', async () => {
    const archive = path.join(scene.folder, 'damaged');
    await cp(scene.archive, archive, { recursive: true });
    const restic = await resticAt({ repository: archive, password: archivePassword });
    const { pack, range } = await placeOf(restic, archive, '/userRoot', /^backup-userRoot-/);
    await alterByte(pack, range);

    const { stderr } = await scene.run(['drill'], 20, { ROOTCELLAR_ARCHIVE: archive });

    assert.match(stderr, /^rootcellar: .*userRoot.*$/m);
    assert.doesNotMatch(stderr, /set up the server/);
    const [kept] = await reports({ ROOTCELLAR_ARCHIVE: archive });
    assert.deepEqual([kept?.outcome, kept?.kind], ['failed', 'drill']);
    assert.ok(stderr.includes(kept?.report?.reason ?? 'a reason'));
    await nothingIsLeft();
  });

  /** The server that was kept can be reached as it was said, no other drill removes it, and it goes as it was said. */
  async function assertKept(stdout: string): Promise<void> {
    const said = /left running as process (\d+): (\S+), account "(.*)", password in (\S+), certificate (\S+)\.$/m.exec(stdout);
    const [, processId = '', url = '', account = '', passwordFile = '', caFile = ''] = said ?? [];
    const [, folder = ''] = /^When you are done: kill \d+, then remove (\S+)\.$/m.exec(stdout) ?? [];
    assert.deepEqual(await processesBelow(scene.drills), [Number(processId)]);
    try {
      await scene.run(['drill', '--installation', '/nowhere'], 1);
      const client = new Client({ url, tlsOptions: { ca: await readFile(caFile) } });
      await client.bind(account, await readFile(passwordFile, 'utf8'));
      const { searchEntries } = await client.search('dc=example,dc=com', { filter: '(exBadge=gold)' });
      await client.unbind();
      assert.equal(searchEntries.length, 1);
    } finally {
      process.kill(Number(processId), 'SIGKILL');
    }
    // It is no child of ours: its end can only be looked for.
    while ((await processesBelow(scene.drills)).length > 0) await delay(20);
    await rm(folder, { recursive: true, maxRetries: 5 });
  }

  for (const [name, make, state] of [
    ['that is not there', async () => '/nowhere', 'Cannot make a server from /nowhere: there is nothing'],
    [
      'that is no zip',
      async () => written('product.zip', 'text'),
      /^Cannot make a server from \S+: it is no zip archive that can be read: /,
    ],
    ['of a folder that is none', async () => scene.folder, /^Cannot make a server from \S+: the folder has no program "setup"$/],
    [
      'of a server that was set up',
      () => someInstallation({ isSetUp: true }),
      /^Cannot make a server from \S+: the folder is that of a server which was set up already$/,
    ],
    [
      'older than the backup',
      () => someInstallation({}),
      /^Cannot restore a backup of OpenDJ 5\.0\.3 into OpenDJ 4\.10\.1 of \S+: it is older than the backup$/,
    ],
  ] as const) {
    test(`an installation ${name} is a drill that failed, and is told in a sentence`, async () => {
      const { stderr } = await scene.run(['drill', '--installation', await make()], 1);

      const [, sentence = ''] = /^rootcellar: (.*)$/m.exec(stderr) ?? [];
      if (typeof state === 'string') assert.equal(sentence, state);
      else assert.match(sentence, state);
      const [kept] = await reports();
      assert.deepEqual([kept?.outcome, kept?.report?.reason], ['failed', sentence]);
      await nothingIsLeft();
    });
  }

  test('without Java, and where set-up fails, the drill failed, with the words of the program', async () => {
    const noJava = await scene.run(['drill'], 1, { JAVA_HOME: '/nowhere' });
    const noSetup = await scene.run(['drill', '--installation', await someInstallation({ version: '5.0.3' })], 1);

    assert.match(noJava.stderr, /^rootcellar: Cannot make a certificate for the new server: \/nowhere\/bin\/keytool cannot be run$/m);
    assert.match(noSetup.stderr, /^rootcellar: Cannot set up a server: setup ended with exit code 5 and says "no licence"$/m);
    const [kept] = await reports();
    assert.equal(kept?.report?.reason, 'Cannot set up a server: setup ended with exit code 5 and says "no licence"');
    await nothingIsLeft();
  });

  test('a volume that is too small is told before anything is fetched', async () => {
    await using volume = await smallVolume(64 * 1024);

    const { stderr } = await scene.run(['drill'], 1, { ROOTCELLAR_DRILL_FOLDER: volume.path });

    assert.match(stderr, /^rootcellar: Cannot make a server in \S+: with the set it needs about \d+ MiB, and 64\.0 MiB are free$/m);
    assert.doesNotMatch(stderr, /fetch/);
    assert.deepEqual(await readdir(volume.path), []);
  });

  for (const [when, line] of [
    ['while the server is set up', /· set up the server/],
    ['while the server starts', /· start the server/],
    ['while the server restores', /· restore backend "userRoot"/],
  ] as const) {
    test(`told to stop ${when} it ends its server, removes its folder and says so`, async () => {
      const before = await reports();
      const drill = scene.spawn(['drill']);
      await drill.prints(line);
      drill.kill('SIGTERM');
      const { exitCode, stderr } = await drill.ended;

      assert.equal(exitCode, 130, stderr);
      assert.match(stderr, /^rootcellar: The drill was interrupted: its server is ended and its folder removed$/m);
      assert.deepEqual(await reports(), before, 'nothing was recorded');
      await nothingIsLeft();
    });
  }

  test('what a killed drill left, its server too, the next one removes', async () => {
    const drill = scene.spawn(['drill']);
    await drill.prints(/· restore backend "userRoot"/);
    drill.kill('SIGKILL');
    await drill.ended;
    assert.equal((await processesBelow(scene.drills)).length, 1, 'the server runs on');
    const [left = ''] = await readdir(scene.drills);

    const { stderr } = await scene.run(['drill', '--installation', '/nowhere'], 1);

    assert.match(stderr, new RegExp(`^! removed what a drill left that was killed: ${left}$`, 'm'));
    await nothingIsLeft();
  });

  test('without an installation, or with assertions that cannot be read, it ends with 2', async () => {
    const none = await scene.run(['drill'], 2, { ROOTCELLAR_DRILL_INSTALLATION: '' });
    const wrong = await scene.run(
      ['drill', '--assertions', await written('wrong.yaml', '- name: one\n  base: dc=a\n  expect: { cuont: 3 }\n')],
      2,
    );

    assert.match(none.stderr, /^rootcellar: Cannot drill: it is not said from which installation to make a server$/m);
    assert.match(
      wrong.stderr,
      /^rootcellar: Cannot use the assertions \S+wrong\.yaml:3: expect of item 1 has "cuont", which means nothing here$/m,
    );
  });

  /** Enough of an installation to be looked at. */
  async function someInstallation({
    isSetUp = false,
    version = '4.10.1',
  }: {
    readonly isSetUp?: boolean;
    readonly version?: string;
  }): Promise<string> {
    const folder = await mkdtemp(path.join(scene.folder, 'installation-'));
    await mkdir(path.join(folder, 'template/config'), { recursive: true });
    await writeFile(path.join(folder, 'setup'), '#!/bin/sh\necho no licence\nexit 5\n', { mode: 0o755 });
    await writeFile(path.join(folder, 'template/config/buildinfo'), `${version}.1514d3b97572e09f1fc8527113987fe8d698eeb3`);
    if (isSetUp) await mkdir(path.join(folder, 'config'));
    return folder;
  }
});

/** The local addresses of the TCP sockets on which a process listens, as /proc/net/tcp and tcp6 write them (proc(5)): `0100007F:1F90`. */
async function listeningAddresses(processId: number): Promise<readonly string[]> {
  const names = await readdir(`/proc/${processId}/fd`);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${processId}/fd/${name}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${processId}/net/${table}`, 'utf8')));
  return tables
    .flatMap((table) => table.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, local = '', , state = '', , , , , , inode = '']) => (state === '0A' && inodes.has(inode) ? [local] : []));
}

/** 127.0.0.1, plain or mapped into IPv6. */
function isLoopback(address: string): boolean {
  return /^(0100007F|0000000000000000FFFF00000100007F):/.test(address);
}
