import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { StoredReport } from '../../src/archive/archive.ts';
import { manifestName, type Manifest } from '../../src/domain/manifest.ts';
import type { RebuildReport } from '../../src/drill/rebuild.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { freePorts } from '../harness/free-port.ts';
import { realClock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { type DrillScene, processesOf, setDrillScene } from './drill-scene.ts';

suite('rebuild', { timeout: 1_800_000 }, () => {
  let scene: DrillScene;
  let words: readonly string[];
  before(async () => {
    scene = await setDrillScene();
    const passwordFile = path.join(scene.folder, 'root-password');
    await writeFile(passwordFile, 'New-root-0nly-knows-Zp4', { mode: 0o600 });
    const [ldap = 0, ldaps = 0, admin = 0] = await freePorts(3);
    const ports = ['--ldap-port', ldap, '--ldaps-port', ldaps, '--admin-port', admin].map(String);
    words = ['rebuild', '--root-password-file', passwordFile, ...ports, '--listen-address', '127.0.0.1'];
  });
  after(async () => scene[Symbol.asyncDispose]());

  const folderOf = (name: string): string => path.join(scene.folder, name);

  test('what a killed rebuild left in its folder goes when it is run again, and the server is there', async () => {
    const to = folderOf('again');
    const killed = scene.spawn([...words, '--to', to]);
    await killed.prints(/· restore backend/);
    killed.kill('SIGKILL');
    await killed.ended;
    const [left = 0] = await processesOf(to);
    assert.ok(left > 0, 'its server runs on');

    const { stdout } = await scene.run([...words, '--to', to, '--json'], 0);

    const { report, rebuilt } = JSON.parse(stdout) as RebuildReport;
    try {
      assert.deepEqual(await processesOf(to), [rebuilt.processId]);
      assert.deepEqual([report.outcome, report.kind], ['proven', 'restore']);
      const reports = await reportsOf(scene.environment);
      assert.deepEqual(
        reports.map(({ kind, outcome }) => [kind, outcome]),
        [['restore', 'proven']],
      );
    } finally {
      process.kill(rebuilt.processId, 'SIGKILL');
    }
  });

  test('told to stop it leaves neither server nor files', async () => {
    const to = folderOf('stopped');
    const stopped = scene.spawn([...words, '--to', to]);
    await stopped.prints(/· start the server/);
    stopped.kill('SIGTERM');
    const { exitCode, stderr } = await stopped.ended;

    assert.equal(exitCode, 130, stderr);
    assert.ok(stderr.includes(`rootcellar: The rebuild was interrupted: nothing of it is left in ${to}\n`), stderr);
    assert.deepEqual(await processesOf(to), []);
    await assert.rejects(readdir(to));
  });

  test('a port that is taken is told, and nothing is left', async () => {
    const to = folderOf('taken');
    const other = createServer().listen(Number(words[words.indexOf('--ldaps-port') + 1]), '127.0.0.1');
    await once(other, 'listening');
    try {
      const { stderr } = await scene.run([...words, '--to', to], 1);

      assert.match(stderr, /^rootcellar: Cannot make the server: port \d+ of 127\.0\.0\.1 cannot be listened on: .*EADDRINUSE/m);
      assert.doesNotMatch(stderr, /fetch/);
      assert.deepEqual(await processesOf(to), []);
      await assert.rejects(readdir(to));
    } finally {
      other.close();
    }
  });

  test('a snapshot whose own export has another entry than its backup is not proven: the server is stopped, its files stay, and which entry differs is told', async () => {
    const environment = { ROOTCELLAR_ARCHIVE: await archiveThatLies() };
    const to = folderOf('unproven');

    const { stdout } = await scene.run([...words, '--to', to], 20, environment);

    const sentence = '1 entry differs below dc=example,dc=com: uid=user.7,ou=People,dc=example,dc=com is different';
    assert.match(stdout, /^Rebuild of snapshot \w{12} of ds-0: not proven in /);
    assert.ok(stdout.includes(`: ${sentence}\n`), stdout);
    assert.match(stdout, /^The server was stopped\. It lies in \S+\/unproven\/server; do not use it before you know what is wrong\.$/m);
    assert.deepEqual(await processesOf(to), []);
    assert.ok((await readdir(path.join(to, 'server'))).includes('db'));
    const [kept] = await reportsOf({ ...scene.environment, ...environment });
    assert.deepEqual([kept?.outcome, kept?.report?.reason], ['unproven', sentence]);
  });

  async function reportsOf(environment: Readonly<Record<string, string>>): Promise<readonly StoredReport[]> {
    const { stdout } = await scene.run(['show', 'latest', '--json'], 0, environment);
    return (JSON.parse(stdout) as { readonly reports: readonly StoredReport[] }).reports;
  }

  /** A copy of the archive with one more snapshot: as the first, but in its export somebody has another surname. */
  async function archiveThatLies(): Promise<string> {
    const [archive, set] = [folderOf('lying'), folderOf('lying-set')];
    await cp(scene.archive, archive, { recursive: true });
    await scene.run(['fetch', 'latest', '--to', set], 0);
    const manifest = JSON.parse(await readFile(path.join(set, manifestName), 'utf8')) as Manifest;
    const name = 'export/userRoot.ldif';
    const ldif = await readFile(path.join(set, name), 'utf8');
    const altered = ldif.replace(/(dn: uid=user\.7,.*?\nsn: )\S+/s, '$1Somebodyelse');
    assert.notEqual(altered, ldif);
    await writeFile(path.join(set, name), altered);
    const lying: Manifest = {
      ...manifest,
      backupId: '20991123104646Z',
      time: '2099-11-23T10:46:46.000Z',
      files: manifest.files.map((file) => (file.path === name ? { path: name, bytes: Buffer.byteLength(altered) } : file)),
      backends: manifest.backends.map((backend) =>
        backend.id === 'userRoot' && backend.export !== undefined
          ? { ...backend, export: { ...backend.export, digest: `1-${'0'.repeat(64)}` } }
          : backend,
      ),
    };
    const opened = repositoryArchive(new LocalFolderStore({ folder: archive, clock: realClock }), {
      clock: realClock,
      password: archivePassword,
    });
    await opened.open();
    await opened.save(set, lying);
    await opened.close();
    return archive;
  }
});
