import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Manifest } from '../../src/domain/manifest.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { opendjRelease } from '../harness/parts.ts';
import { type PingDirectoryDouble, startPingDirectoryDouble } from '../harness/pingdirectory-double/pingdirectory-double.ts';
import { type RootcellarResult, runRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

type Environment = Readonly<Record<string, string>>;

interface Report {
  readonly snapshots: readonly {
    readonly verdict: string;
    readonly keys: readonly { readonly id: string; readonly isInSet: boolean; readonly isOnServer: boolean | null }[];
    readonly export: { readonly path: string; readonly sha256: string } | null;
    readonly isPinRight: boolean | null;
  }[];
}

async function run(words: readonly string[], env: Environment, expected = 0): Promise<RootcellarResult> {
  const result = await runRootcellar(words, { env });
  assert.equal(result.exitCode, expected, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
  return result;
}

const reportOf = async (env: Environment, expected = 0): Promise<Report> =>
  JSON.parse((await run(['keys', 'report', '--json'], env, expected)).stdout) as Report;

async function place(name: string, more: Environment) {
  const home = await temporaryFolder(name);
  const staging = path.join(home.path, 'staging');
  await mkdir(staging);
  const env = {
    ROOTCELLAR_ARCHIVE: path.join(home.path, 'archive'),
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_STAGING_FOLDER: staging,
    ROOTCELLAR_SERVER_NAME: 'prod',
    ...more,
  };
  await run(['init'], env);
  return { env, staging, [Symbol.asyncDispose]: () => home.remove() };
}

suite('the keys of OpenDJ', () => {
  let directory: OpendjServer;
  let other: OpendjServer;
  before(async () => {
    [directory, other] = await Promise.all([startOpendj(), startOpendj()]);
  });
  after(() => Promise.all([directory, other].map((server) => server[Symbol.asyncDispose]())));

  const settings = ({ ldapsUrl, bindDn, passwordFile: bindPasswordFile, caFile }: OpendjServer): Environment => ({
    ROOTCELLAR_SERVER_URL: ldapsUrl,
    ROOTCELLAR_SERVER_BIND_DN: bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: bindPasswordFile,
    ROOTCELLAR_SERVER_CA_FILE: caFile,
  });
  const tool = (name: string, words: readonly string[]) => {
    const { host, adminPort, bindDn, passwordFile: bindPasswordFile } = directory;
    const connection = ['--hostname', host, '--port', `${adminPort}`, '--bindDN', bindDn, '--bindPasswordFile', bindPasswordFile];
    return directory.tool(name, [...words, ...connection, '--trustAll', '--noPropertiesFile']);
  };

  for (const layout of ['repository', 'plain']) {
    test(`backup refuses to have OpenDJ encrypt, in the layout ${layout}, and does nothing`, async () => {
      await using here = await place('trap', { ...settings(directory), ROOTCELLAR_LAYOUT: layout, ROOTCELLAR_BACKUP_ENCRYPT: 'true' });

      const { stderr } = await run(['backup'], here.env, 2);

      assert.equal(
        stderr,
        'rootcellar: Cannot have OpenDJ encrypt its backup: the key would lie only in the configuration of this one server, and without it no other server can restore\n' +
          '  → set backup.encrypt to false: the layout repository encrypts all that it keeps, and in the layout plain the bucket can (s3.encryption)\n',
      );
      assert.deepEqual(await readdir(here.staging), []);
      assert.equal((await run(['list', '--json'], here.env)).stdout.trim(), '[]');
    });
  }

  test('a backup with nothing encrypted needs no key', async () => {
    await using here = await place('no-keys', settings(directory));
    await run(['backup'], here.env);

    const { stdout } = await run(['keys', 'report'], here.env);

    assert.match(stdout, /^[0-9a-f]{12} of prod, [-0-9 :]+ UTC: needs no key of the server\nAsked: ldaps:/);
  });

  test('what a confidential backend needs is told at the backup, and a server without the keys is refused before anything is touched', async () => {
    await tool('dsconfig', ['set-backend-prop', '--no-prompt', '--backend-name', 'userRoot', '--set', 'confidentiality-enabled:true']);
    const client = await directory.connect();
    await client.add(`uid=later,ou=People,${directory.baseDn}`, { objectClass: ['top', 'inetOrgPerson'], sn: 'Later', cn: 'Later' });
    await client.unbind();
    await using here = await place('confidential', settings(directory));

    const { stderr } = await run(['backup'], here.env);

    assert.match(stderr, /userRoot: the entries are encrypted with keys that are in no backup \(confidentiality is enabled\)/);
    const [report] = (await reportOf(here.env)).snapshots;
    assert.equal(report?.verdict, 'there');
    assert.ok(report.keys.length > 0 && report.keys.every(({ isInSet, isOnServer }) => !isInSet && isOnServer === true));
    const elsewhere = { ...here.env, ...settings(other), ROOTCELLAR_SERVER_NAME: 'other' };
    const refused = await run(['restore', 'latest', '--server', 'prod', '--yes'], elsewhere, 1);
    assert.match(
      refused.stderr,
      /Cannot restore userRoot: neither the server nor the set has the keys? [-0-9a-f, ]+ that it is encrypted with\n/,
    );
    assert.deepEqual(
      (await readdir(here.staging)).filter((name) => name === 'other'),
      [],
    );
    assert.equal(
      (await run(['keys', 'report', '--server', 'prod'], elsewhere, 20)).stdout.match(/: nowhere$/gm)?.length,
      report.keys.length,
    );
    const drill = { ROOTCELLAR_DRILL_INSTALLATION: await opendjRelease(), ROOTCELLAR_DRILL_FOLDER: path.join(here.staging, 'drills') };
    const drilled = await run(['drill', 'latest'], { ...here.env, ...drill }, 1);
    assert.match(drilled.stderr, /neither the server nor the set has the keys? [-0-9a-f, ]+ that it is encrypted with\n/);
    await run(['restore', 'latest', '--yes'], here.env);
    const again = await directory.connect();
    const { searchEntries } = await again.search(`uid=later,ou=People,${directory.baseDn}`, { scope: 'base' });
    await again.unbind();
    assert.equal(searchEntries[0]?.['cn'], 'Later');
  });
});

suite('the encryption settings of PingDirectory', () => {
  let double: PingDirectoryDouble;
  let settings: Environment;
  before(async () => {
    double = await startPingDirectoryDouble();
    await writeFile(path.join(double.home, 'pin'), 'a pin');
    await writeFile(path.join(double.home, 'wrong-pin'), 'another');
    settings = {
      ROOTCELLAR_SERVER_URL: double.ldapsUrl,
      ROOTCELLAR_SERVER_BIND_DN: double.bindDn,
      ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: path.join(double.home, 'password'),
      ROOTCELLAR_SERVER_CA_FILE: double.caFile,
      ROOTCELLAR_SERVER_HOME: double.home,
      ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: path.join(double.home, 'pin'),
      ROOTCELLAR_BACKUP_BACKENDS: 'userRoot',
    };
  });
  after(() => double[Symbol.asyncDispose]());
  const ids = ['4D86C7922F71BB57B8B5695D2993059A26B8FC01', 'F635E109A8549651025D01D9A6A90F7C9017C66D'];
  /** Has the server lose its definitions, as a new one has not those of another. */
  const asNewServer = () => writeFile(path.join(double.home, 'encryption-settings.db'), 'AAAA0000 BBBB0000 true\n');
  const asItWas = () => rm(path.join(double.home, 'encryption-settings.db'));

  for (const layout of ['repository', 'plain']) {
    test(`each backup has the export, proven to open, in the layout ${layout}; the report says where each definition is`, async () => {
      await using here = await place('settings', { ...settings, ROOTCELLAR_LAYOUT: layout });

      const { stderr } = await run(['backup'], here.env);

      assert.match(stderr, /open the export of the encryption settings again/);
      const [report] = (await reportOf(here.env)).snapshots;
      assert.deepEqual(
        report?.keys.map(({ id, isInSet, isOnServer }) => [id, isInSet, isOnServer]),
        ids.map((id) => [id, true, true]),
      );
      assert.deepEqual([report.verdict, report.isPinRight, report.export?.path], ['there', true, 'encryption-settings.export']);
      assert.match(report.export?.sha256 ?? '', /^[0-9a-f]{64}$/);
      const shown = (await run(['show', 'latest', '--json'], here.env)).stdout;
      const { manifest } = JSON.parse(shown) as { readonly manifest: Manifest };
      assert.deepEqual(manifest.source?.keyIds, ids);
      assert.equal(
        Buffer.from(manifest.backends[0]?.compatibility ?? '', 'base64')
          .subarray(256)
          .toString(),
        'dc=example,dc=com',
      );
      assert.ok(manifest.encryptionPin !== undefined && !shown.includes('a pin'));
    });
  }

  test('a restore onto a new server imports the definitions; the wrong pin is found in the plan', async () => {
    await using here = await place('pin', settings);
    await run(['backup'], here.env);
    await asNewServer();

    const wrong = { ...here.env, ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: path.join(double.home, 'wrong-pin') };
    for (const words of [['--plan'], ['--yes']]) {
      const { stderr } = await run(['restore', 'latest', ...words], wrong, 1);
      assert.match(
        stderr,
        /Cannot open the encryption settings of the set: the pin in server\.encryptionPinFile is not the one that sealed them\n/,
      );
    }
    assert.equal((await reportOf(wrong, 3)).snapshots[0]?.isPinRight, false);
    assert.equal(await readFile(path.join(double.home, 'encryption-settings.db'), 'utf8'), 'AAAA0000 BBBB0000 true\n');
    await run(['restore', 'latest', '--yes'], here.env);

    const [report] = (await reportOf(here.env)).snapshots;
    assert.ok(report?.keys.every(({ isOnServer }) => isOnServer === true));
    await asItWas();
  });

  test('a server that has all the definitions is restored without the pin', async () => {
    await using here = await place('no-pin', settings);
    await run(['backup'], here.env);
    const { ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: _, ...without } = here.env as Record<string, string>;

    const { stdout } = await run(['restore', 'latest', '--plan'], without);

    assert.match(
      stdout,
      /the set's export of encryption settings is not imported, as server\.encryptionPinFile is not set; the server has all that is in it/,
    );
    assert.doesNotMatch(stdout, /add the encryption settings/);
  });

  test('a backup whose encryption settings cannot be exported is refused, unless a setting leaves them out', async () => {
    const { ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: _, ...without } = settings;
    await using here = await place('leave-out', without);

    const { stderr } = await run(['backup'], here.env, 1);
    assert.match(
      stderr,
      /Cannot export the encryption settings: there is no file with a pin to seal them\n {2}→ set server\.encryptionPinFile/,
    );
    const left = { ...here.env, ROOTCELLAR_BACKUP_ENCRYPTION_SETTINGS: 'leave-out' };
    const warned = await run(['backup'], left);

    assert.match(warned.stderr, /the set has no export of the server's encryption settings \(backup\.encryptionSettings is leave-out\)/);
    assert.equal((await reportOf(left)).snapshots[0]?.verdict, 'there');
    await asNewServer();
    assert.equal((await reportOf(left, 20)).snapshots[0]?.verdict, 'missing');
    const refused = await run(['restore', 'latest', '--yes'], left, 1);
    assert.match(
      refused.stderr,
      /Cannot restore userRoot: neither the server nor the set has the keys [A-F0-9, ]+ that it is encrypted with\n/,
    );
    await asItWas();
  });
});
