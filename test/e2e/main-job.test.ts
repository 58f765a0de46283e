import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Damage, SavedSnapshot } from '../../src/archive/archive.ts';
import type { Manifest } from '../../src/domain/manifest.ts';
import { resticAt } from '../harness/restic.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { alterByte, placeOf } from './alter-byte.ts';
import {
  assertSameEntries,
  bucket,
  changeDirectory,
  contentOf,
  entriesOf,
  type ListedSnapshot,
  type Operator,
  type Scene,
  setScene,
} from './main-job-scene.ts';

// Real parts: OpenDJ over verified LDAPS, versitygw over verified TLS, the program as a process of its own, and the stock restic as witness.
// The layout is what an operator gets who sets none.
suite('the main job', () => {
  let scene: Scene;
  before(async () => void (scene = await setScene(300)));
  after(async () => scene[Symbol.asyncDispose]());

  test('a changed directory is restored to the very entries of the backup', async () => {
    const { directory } = scene;
    const operator = await madeArchive(scene, 'restored');
    const entries = await entriesOf(directory);
    const backup = await operator.json<SavedSnapshot>(['backup']);
    await changeDirectory(directory);
    const changed = await entriesOf(directory);
    const second = await operator.json<SavedSnapshot>(['backup']);
    // What the sets have in common is stored once, and compressed.
    assert.deepEqual([backup.newBytes, second.newBytes < second.bytes], [backup.bytes, true]);
    assert.ok(backup.storedBytes < backup.bytes / 2);
    const packs = await filesIn(path.join(scene.s3.folder, bucket, 'restored/data'));
    const sizes = await Promise.all(packs.map(async (pack) => (await stat(pack)).size));
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      backup.storedBytes + second.storedBytes,
    );

    const restored = await operator.run(['restore', backup.id, '--yes']);
    assert.match(restored.stdout, /✓ .*: userRoot dc=example,dc=com: 303 entries, each as it should be/);
    assertSameEntries(await entriesOf(directory), entries);

    await operator.run(['restore', 'latest', '--yes']);
    assertSameEntries(await entriesOf(directory), changed);
    assert.deepEqual(await filesIn(operator.staging), []);
    await operator.run(['verify', '--read-data']);
    await (
      await scene.restic('restored')
    )('check', '--read-data');
  });

  test('restore without --yes and without a terminal changes nothing', async () => {
    const { directory } = scene;
    const operator = await madeArchive(scene, 'asked');
    await operator.run(['backup']);
    await changeDirectory(directory);
    const entries = await entriesOf(directory);

    await operator.run(['restore', 'latest', '--plan']);
    await operator.run(['restore', 'latest'], 2);

    assertSameEntries(await entriesOf(directory), entries);
  });

  test('list --json is one array, newest first, with its promised fields', async () => {
    const operator = await madeArchive(scene, 'listed');
    const begin = Date.now();
    await operator.run(['backup']);
    await operator.run(['backup', '--backend', 'userRoot']);

    const snapshots = await operator.json<ListedSnapshot[]>(['list']);

    const [newest, oldest] = snapshots;
    assert.equal(snapshots.length, 2);
    assert.deepEqual([newest?.backends, oldest?.backends], [['userRoot'], ['schema', 'userRoot']]);
    assert.ok((newest?.time ?? '') > (oldest?.time ?? ''));
    for (const snapshot of snapshots) {
      assert.match(snapshot.id, /^[0-9a-f]{64}$/);
      assert.match(snapshot.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      assert.ok(Date.parse(snapshot.time) >= begin - 1000 && Date.parse(snapshot.time) <= Date.now());
      assert.deepEqual([snapshot.server, snapshot.state], ['ds-0', 'complete']);
      assert.ok(snapshot.bytes > 100_000);
    }
  });

  test('a set holds what a rebuild needs: user backends with their counts, the schema, and the configuration as LDIF', async () => {
    const operator = await madeArchive(scene, 'shown');
    await operator.run(['backup']);
    const entries = await entriesOf(scene.directory);

    const { manifest } = await operator.json<{ readonly manifest: Manifest }>(['show', 'latest']);

    assert.deepEqual(
      manifest.backends.map(({ id, role }) => [id, role]),
      [
        ['schema', 'schema'],
        ['userRoot', 'user'],
      ],
    );
    assert.deepEqual(manifest.backends[1]?.baseDns, [{ dn: 'dc=example,dc=com', entries: entries.size }]);
    assert.deepEqual([manifest.source?.product, manifest.source?.version], ['OpenDJ', '5.0.3']);
    assert.ok(manifest.files.every((file) => /^[0-9a-f]{64}$/.test(file.sha256 ?? file.pieces?.sha256 ?? '')));
    // OpenDJ 5.0.3 makes no backup of its configuration: "None of the Directory Server backends are configured with … config".
    assert.equal(manifest.configuration, 'config.ldif');
    await operator.run(['fetch', 'latest', '--to', path.join(operator.folder, 'whole')]);
    const configuration = await readFile(path.join(operator.folder, 'whole', 'config.ldif'), 'utf8');
    const entriesAndValues = ['dn: cn=config', 'dn: ds-cfg-backend-id=userRoot,cn=Backends,cn=config', 'ds-cfg-base-dn: dc=example,dc=com'];
    const lines = new Set(configuration.split('\n'));
    assert.deepEqual(
      entriesAndValues.filter((line) => !lines.has(line)),
      [],
    );
  });

  test('fetch writes the bytes that the server wrote', async () => {
    const operator = await madeArchive(scene, 'fetched');
    await operator.run(['backup', '--keep-local', '1']);
    const to = path.join(operator.folder, 'fetched');

    await operator.run(['fetch', 'latest', '--to', to]);

    const [kept] = (await readdir(path.join(operator.staging, 'ds-0'))).filter((name) => !name.includes('.'));
    const written = await contentOf(path.join(operator.staging, 'ds-0', kept ?? ''));
    assert.ok([...written.keys()].some((name) => name.startsWith('userRoot/backup-userRoot-')));
    assert.deepEqual(await contentOf(to), written);
  });

  test('verify --read-data finds one altered byte, and restore refuses it before it touches the server', async () => {
    const operator = await madeArchive(scene, 'verified');
    const { id } = await operator.json<{ readonly id: string }>(['backup']);
    await operator.run(['verify', '--read-data']);
    const { pack, range } = await userRootIn('verified');
    await alterByte(pack, range);

    const { snapshots } = await operator.json<{ readonly snapshots: readonly { readonly damages: readonly Damage[] }[] }>(
      ['verify', '--read-data'],
      20,
    );
    const before = await entriesOf(scene.directory);
    await operator.run(['restore', id, '--yes'], 20);

    // The pack is named for each file in it, the piece for the one that it is of.
    assert.deepEqual(
      snapshots.flatMap(({ damages }) =>
        damages.filter(({ finding }) => finding.startsWith('needs blob')).map((damage) => damage.path.replace(/\d{14}Z$/, 'ID')),
      ),
      ['userRoot/backup-userRoot-ID'],
    );
    assertSameEntries(await entriesOf(scene.directory), before);
  });

  test('forget drops nothing without --yes, and with it all but the newest', async () => {
    const operator = await madeArchive(scene, 'forgotten');
    for (let run = 0; run < 3; run += 1) await operator.run(['backup', '--backend', 'schema']);
    const listed = await operator.json<ListedSnapshot[]>(['list']);

    const dry = await operator.run(['forget', '--keep-last', '1']);
    assert.match(dry.stdout, /Nothing was changed\. With --yes 2 snapshots \(.*\) would be forgotten\./);
    assert.deepEqual(await operator.json<ListedSnapshot[]>(['list']), listed);

    await operator.run(['forget', '--keep-last', '1', '--yes']);
    assert.deepEqual(await operator.json<ListedSnapshot[]>(['list']), listed.slice(0, 1));
    assert.match((await operator.run(['prune', '--yes'])).stdout, /^Pruned/);
    await operator.run(['verify', '--read-data']);
  });

  test('status ends with 1 before the first backup, 0 after it, and 1 when it is too old', async () => {
    const operator = await madeArchive(scene, 'monitored');

    await operator.run(['status'], 1);
    await operator.run(['backup', '--backend', 'schema']);
    const well = await operator.json<{ readonly isProtected: boolean }>(['status']);
    const late = await operator.run(['status', '--status-max-age', '1ms'], 1);

    assert.equal(well.isProtected, true);
    assert.match(late.stdout, /^✗ ds-0: late; the last good backup, [0-9a-f]{12}, was made .* ago .*, more than 1 ms\.$/m);
  });

  test('doctor finds all well, and leaves nothing behind', async () => {
    const operator = await madeArchive(scene, 'examined');
    const before = await filesIn(path.join(scene.s3.folder, bucket, 'examined'));

    const { findings } = await operator.json<{ readonly findings: readonly { readonly check: string; readonly state: string }[] }>([
      'doctor',
    ]);

    assert.ok(findings.length >= 15);
    assert.deepEqual(
      findings.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.deepEqual(await filesIn(path.join(scene.s3.folder, bucket, 'examined')), before);
    assert.deepEqual(await filesIn(operator.staging), []);
  });

  test('archive takes any folder, and fetch gives the same bytes', async () => {
    const operator = await madeArchive(scene, 'foldered');
    const folder = path.join(operator.folder, 'any');
    await mkdir(path.join(folder, 'deep/er'), { recursive: true });
    await writeFile(path.join(folder, 'empty'), '');
    await writeFile(path.join(folder, 'deep/er/ümläut and space'), 'text\n');
    // More than one pack.
    await writeFile(path.join(folder, 'deep/large'), randomBytes(20 * 1024 * 1024 + 7));

    await operator.run(['archive', folder]);
    await operator.run(['fetch', 'latest', '--to', path.join(operator.folder, 'again')]);

    assert.deepEqual(await contentOf(path.join(operator.folder, 'again')), await contentOf(folder));
  });

  test('keepLocal keeps the newest sets, and a restore of one of them fetches nothing', async () => {
    const operator = await madeArchive(scene, 'kept');
    for (let run = 0; run < 3; run += 1) await operator.run(['backup', '--keep-local', '2']);
    const entries = await entriesOf(scene.directory);
    const names = (await operator.json<{ readonly backupId: string }[]>(['list'])).map(({ backupId }) => backupId);
    await changeDirectory(scene.directory);

    assert.deepEqual(
      (await readdir(path.join(operator.staging, 'ds-0'))).filter((name) => !name.includes('.')),
      names.slice(0, 2).toSorted(),
    );
    // Whatever it would fetch it could not.
    const { pack, range } = await userRootIn('kept');
    await alterByte(pack, range);
    await operator.run(['restore', 'latest', '--yes']);
    assertSameEntries(await entriesOf(scene.directory), entries);
  });

  test('the same works with a folder as archive', async () => {
    const { directory } = scene;
    const operator = await scene.operator('local', path.join((await scene.operator('volume')).folder, 'archive'));
    await operator.run(['init']);
    await operator.run(['backup']);
    const entries = await entriesOf(directory);
    await changeDirectory(directory);

    await operator.run(['verify', '--read-data']);
    await operator.run(['restore', 'latest', '--yes']);

    assertSameEntries(await entriesOf(directory), entries);
    await (
      await resticAt({ repository: operator.archive, password: archivePassword })
    )('check', '--read-data');
  });

  test('init can be run again; a backup where there was no init is refused with 10', async () => {
    const operator = await scene.operator('made-twice');

    await operator.run(['backup'], 10);
    await operator.run(['init']);
    const again = await operator.json<{ readonly isNew: boolean }>(['init']);

    assert.equal(again.isNew, false);
  });

  /** Where the bucket has the newest backup of userRoot. */
  async function userRootIn(name: string): ReturnType<typeof placeOf> {
    return placeOf(await scene.restic(name), path.join(scene.s3.folder, bucket, name), 'userRoot', /^backup-userRoot-/);
  }
});

async function madeArchive(scene: Scene, name: string): Promise<Operator> {
  const operator = await scene.operator(name);
  await operator.run(['init']);
  return operator;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
