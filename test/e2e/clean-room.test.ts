import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { Client } from 'ldapts';
import type { RebuildReport } from '../../src/drill/rebuild.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { digestOfAll, readEntryDigests, type EntryDigests } from '../harness/directory-entries.ts';
import { freePorts } from '../harness/free-port.ts';
import { opendjRelease } from '../harness/parts.ts';
import { resticBinary } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { furnish, secondBaseDn } from './drill-scene.ts';
import { assertSameEntries, type Operator, type Scene, setScene } from './main-job-scene.ts';

const guide = path.join(import.meta.dirname, '../../docs/guide/clean-room-recovery.md');
const baseDns = ['dc=example,dc=com', secondBaseDn];
const rootPassword = 'New-root-0nly-knows-Zp4';

// Real parts: OpenDJ, versitygw over TLS, the stock restic, the page's own shell commands, and the program as a process of its own.
suite('recovery on a new machine', { timeout: 1_800_000 }, () => {
  test('the commands of the guide bring the directory back with restic and the server’s own programs, and rebuild does with ours', async () => {
    await using scene = await setScene(50);
    await using home = await temporaryFolder('clean-room');
    const operator = await scene.operator('clean-room');
    const before = await backUp(scene, operator);
    // The machines and their server are gone; the bucket is left.
    await scene.directory.kill();
    const passwordFile = path.join(home.path, 'root-password');
    await writeFile(passwordFile, rootPassword, { mode: 0o600 });
    const installation = path.join(home.path, 'opendj.zip');
    await runProgram('jar', ['--create', '--no-manifest', '--file', installation, '-C', path.dirname(await opendjRelease()), 'opendj']);

    await byGuide(scene, { home: home.path, passwordFile, installation, before });
    await byRebuild(operator, { home: home.path, passwordFile, installation, before });
  });
});

interface NewMachine {
  readonly home: string;
  readonly passwordFile: string;
  readonly installation: string;
  readonly before: readonly EntryDigests[];
}

async function backUp({ directory }: Scene, operator: Operator): Promise<readonly EntryDigests[]> {
  const client = await directory.connect();
  try {
    await furnish(client, directory.baseDn);
    await operator.run(['init']);
    await operator.run(['backup']);
    return await entriesBelow(client);
  } finally {
    await client.unbind();
  }
}

async function byGuide(scene: Scene, { home, passwordFile, installation, before }: NewMachine): Promise<void> {
  const work = path.join(home, 'by-guide');
  await mkdir(work);
  const archivePasswordFile = path.join(home, 'archive-password');
  await writeFile(archivePasswordFile, archivePassword, { mode: 0o600 });
  const [ldap = 0, ldaps = 0, admin = 0] = await freePorts(3);
  const { s3 } = scene;
  const script = path.join(home, 'guide.sh');
  // Only what this machine must not do for other people's sake is added: listen on loopback alone.
  await writeFile(
    script,
    `set -eux\n${shellBlocks(await readFile(guide, 'utf8'), '## Without rootcellar: OpenDJ')
      .map(onLoopback)
      .join('\n')}`,
  );
  const pidFile = path.join(work, 'opendj/logs/server.pid');
  try {
    const output = await runProgram('bash', [script], {
      folder: home,
      environment: {
        PATH: `${path.dirname(await resticBinary())}:${process.env['PATH']}`,
        HOME: home,
        RESTIC_REPOSITORY: `s3:${s3.endpoint}/backups/clean-room`,
        RESTIC_PASSWORD_FILE: archivePasswordFile,
        RESTIC_CACERT: s3.caFile ?? '',
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        AWS_DEFAULT_REGION: s3.region,
        WORK: work,
        INSTALLATION: installation,
        BACKENDS: 'userRoot partners',
        BASE_DN: 'dc=example,dc=com',
        HOST: 'localhost',
        LDAP_PORT: String(ldap),
        LDAPS_PORT: String(ldaps),
        ADMIN_PORT: String(admin),
        ROOT_PASSWORD_FILE: passwordFile,
        OPENDJ_JAVA_ARGS: '-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
      },
    });
    assert.equal(output.match(/^# No differences were detected/gm)?.length, 2, output);
    await assertIsBack({ url: `ldap://127.0.0.1:${ldap}` }, before);
  } finally {
    await endServer(Number(await readFile(pidFile, 'utf8').catch(() => '0')));
  }
}

async function byRebuild(operator: Operator, { home, passwordFile, installation, before }: NewMachine): Promise<void> {
  const to = path.join(home, 'rebuilt');
  const [ldap = 0, ldaps = 0, admin = 0] = await freePorts(3);
  const ports = ['--ldap-port', ldap, '--ldaps-port', ldaps, '--admin-port', admin].map(String);
  // Of the settings only those of the archive: no server, no staging folder.
  const noServer = Object.fromEntries(
    Object.keys(operator.environment)
      .filter((name) => /_(SERVER|STAGING)_/.test(name))
      .map((name) => [name, '']),
  );
  const words = ['rebuild', '--to', to, '--installation', installation, '--root-password-file', passwordFile, ...ports];
  const { stdout } = await operator.run([...words, '--listen-address', '127.0.0.2', '--host-name', '127.0.0.2', '--json'], 0, noServer);
  const { report, rebuilt, sourceConfiguration } = JSON.parse(stdout) as RebuildReport;
  try {
    assert.deepEqual(
      [report.outcome, report.proofs.map(({ by, differences }) => [by, differences])],
      [
        'proven',
        [
          ['entries', 0],
          ['entries', 0],
        ],
      ],
    );
    await assertIsBack({ url: `ldaps://127.0.0.2:${ldaps}`, caFile: rebuilt.caFile }, before);
    assert.match(await readFile(sourceConfiguration ?? '', 'utf8'), /^dn: cn=config$/m);
    // Nothing that holds entries in clear text is left beside the server, and no owner that a later run could take for dead.
    assert.deepEqual((await readdir(to)).toSorted(), [
      'ca.pem',
      'keystore.p12',
      'keystore.pin',
      'server',
      'server.out',
      'source-config.ldif',
    ]);
    const again = await operator.run(words, 2, noServer);
    assert.match(again.stderr, /^rootcellar: Cannot use \S+rebuilt: it holds \S+$/m);
  } finally {
    await endServer(rebuilt.processId);
  }
}

/** The shell blocks of one section of a page, in their order. */
function shellBlocks(markdown: string, title: string): readonly string[] {
  const section = markdown.slice(markdown.indexOf(`\n${title}\n`)).split(/\n## /)[1] ?? '';
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  assert.ok(blocks.length >= 5, `${title} has its commands`);
  return blocks;
}

function onLoopback(block: string): string {
  const setUp = '"$WORK/opendj/setup"';
  const patch = `sed -i 's/^ds-cfg-listen-address: 0\\.0\\.0\\.0/ds-cfg-listen-address: 127.0.0.1/' "$WORK/opendj/template/config/config.ldif"\n`;
  return block.replace(setUp, `${patch}${setUp}`);
}

async function assertIsBack(
  { url, caFile }: { readonly url: string; readonly caFile?: string },
  before: readonly EntryDigests[],
): Promise<void> {
  const client = new Client({ url, ...(caFile !== undefined && { tlsOptions: { ca: await readFile(caFile) } }) });
  try {
    await client.bind('cn=Directory Manager', rootPassword);
    const after = await entriesBelow(client);
    for (const [index, entries] of before.entries()) {
      const found = after[index] ?? new Map<string, string>();
      assertSameEntries(found, entries);
      assert.equal(digestOfAll(found), digestOfAll(entries));
    }
    // By the index on the attribute of its own schema.
    const { searchEntries } = await client.search(secondBaseDn, { filter: '(exBadge=badge two)' });
    assert.deepEqual(
      searchEntries.map(({ dn }) => dn),
      [`ou=two,${secondBaseDn}`],
    );
  } finally {
    await client.unbind();
  }
}

async function entriesBelow(client: Client): Promise<readonly EntryDigests[]> {
  const found: EntryDigests[] = [];
  for (const baseDn of baseDns) found.push(await readEntryDigests(client, baseDn));
  return found;
}

/** A server that outlives what started it: ended by its own process ID. */
async function endServer(processId: number): Promise<void> {
  if (processId > 0) process.kill(processId, 'SIGKILL');
}
