import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Attribute, Change } from 'ldapts';
import type { SavedSnapshot } from '../../src/archive/archive.ts';
import type { EntryProof } from '../../src/domain/recovery-report.ts';
import type { EntryChanges } from '../../src/restore/compare-with-now.ts';
import { compareEntries, type EntryDigests } from '../harness/directory-entries.ts';
import { spawnRootcellar } from '../harness/rootcellar.ts';
import { alterByte } from './alter-byte.ts';
import { assertSameEntries, bucket, changeDirectory, entriesOf, type Operator, type Scene, setScene } from './main-job-scene.ts';

// The database files of the newest snapshot are damaged, and what it has of the entries is its export.
suite('a restore from the export of a snapshot', { timeout: 1_200_000 }, () => {
  let scene: Scene;
  let operator: Operator;
  let entries: EntryDigests;
  let saved: SavedSnapshot;
  before(async () => {
    scene = await setScene(300);
    operator = await scene.operator('exports', undefined, { ROOTCELLAR_LAYOUT: 'plain', ROOTCELLAR_BACKUP_EXPORT: 'true' });
    await operator.run(['init']);
    await changeDirectory(scene.directory);
    await setPhotos(scene);
    entries = await entriesOf(scene.directory);
    saved = await operator.json<SavedSnapshot>(['backup']);
    await alterByte(path.join(scene.s3.folder, bucket, 'exports/ds-0', saved.backupId, `userRoot/backup-userRoot-${saved.backupId}`));
    await changeDirectory(scene.directory);
  });
  after(async () => scene[Symbol.asyncDispose]());

  const restore = (): string[] => ['restore', saved.id, '--from-export', '--yes'];

  test('its plan says what comes from where and what is lost, and changes nothing', async () => {
    const now = await entriesOf(scene.directory);

    const { stdout } = await operator.run(['restore', saved.id, '--from-export', '--plan']);

    assert.match(
      stdout,
      /from the LDIF export of its entries; its backup is not looked at\n {6}what was written since \S+ \S+ UTC is lost\n/,
    );
    assert.match(
      stdout,
      /1\. fetch .*\n {2}2\. read every entry of each export\n {2}3\. replace backend userRoot: \d+ entries now, \d+ in the export\n/,
    );
    assertSameEntries(await entriesOf(scene.directory), now);
  });

  test('its plan says on request which entries go, change and come back', async () => {
    const { missing, added, changed } = compareEntries(await entriesOf(scene.directory), entries);
    const words = ['restore', saved.id, '--from-export', '--plan', '--compare'];

    const { stdout } = await operator.run(words);
    const { plan } = await operator.json<{ readonly plan: { readonly changes: readonly EntryChanges[] } }>(words);

    const [found, ...others] = plan.changes;
    assert.ok(found !== undefined && others.length === 0);
    const named = (change: string) => found.examples.filter((one) => one.change === change).map(({ dn }) => dn.toLowerCase());
    assert.deepEqual([found.backend, found.baseDn], ['userRoot', scene.directory.baseDn]);
    // What the directory shows has besides these what it works out: of which groups somebody is a member.
    assert.deepEqual(found.counts, { lost: missing.length, broughtBack: added.length, changed: 11 });
    assert.deepEqual([named('lost').toSorted(), named('brought-back').toSorted()], [missing.toSorted(), added.toSorted()]);
    assert.ok(named('changed').length === 11 && named('changed').every((dn) => changed.includes(dn)));
    assert.ok(stdout.includes(': 3 entries go, 11 become what they were, 6 come back\n'), stdout);
    assert.deepEqual(await readdir(path.join(operator.staging, 'ds-0')).catch(() => []), []);
  });

  test('where the backup is damaged every entry comes back, with all that the server keeps of it', async () => {
    await operator.run(['restore', saved.id, '--yes'], 20);

    const { proofs } = await operator.json<{ readonly proofs: readonly EntryProof[] }>(restore());

    assert.deepEqual(
      proofs.map(({ by, state, differences, foundEntries }) => [by, state, differences, foundEntries]),
      [['entries', 'equal', 0, entries.size]],
    );
    assert.equal(proofs[0]?.foundDigest, proofs[0]?.expectedDigest);
    assertSameEntries(await entriesOf(scene.directory), entries);
    const [listed] = await operator.json<readonly { readonly provenAt?: string }[]>(['list']);
    assert.equal(listed?.provenAt, undefined);
  });

  test('killed in the middle it comes to the same end when it is run again', async () => {
    await changeDirectory(scene.directory);
    const running = spawnRootcellar(restore(), { env: operator.environment, cwd: operator.folder });
    await untilImporting(scene, running.ended);
    running.kill('SIGKILL');
    await running.ended;

    await operator.run(restore());

    assertSameEntries(await entriesOf(scene.directory), entries);
  });

  test('where the server dies in the middle it fails, and comes to the same end when it is run again', async () => {
    await changeDirectory(scene.directory);
    const running = spawnRootcellar(restore(), { env: operator.environment, cwd: operator.folder });
    await untilImporting(scene, running.ended);
    await scene.directory.kill();
    await scene.directory.restart();
    const { exitCode, stderr } = await running.ended;

    await operator.run(restore());

    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /Cannot import the export of backend "userRoot": /);
    assertSameEntries(await entriesOf(scene.directory), entries);
  });

  test('a snapshot without an export is refused, and nothing is changed', async () => {
    const poor = await scene.operator('no-export', undefined, { ROOTCELLAR_BACKUP_EXPORT: 'false' });
    await poor.run(['init']);
    const { backupId } = await poor.json<SavedSnapshot>(['backup']);
    const now = await entriesOf(scene.directory);

    const { stderr } = await poor.run(['restore', 'latest', '--from-export', '--yes'], 1);
    const { stdout } = await poor.run(['restore', 'latest', '--plan', '--compare']);

    assert.equal(
      stderr.slice(stderr.indexOf('rootcellar: ')).split('\n')[0],
      `rootcellar: Cannot restore ds-0/${backupId} from its export: it has none of userRoot`,
    );
    assert.match(stdout, / {8}of userRoot dc=example,dc=com nobody can tell what, as the set has no export of it\n/);
    assertSameEntries(await entriesOf(scene.directory), now);
  });
});

/** Bytes that are no text. */
async function setPhotos({ directory }: Scene): Promise<void> {
  const client = await directory.connect();
  for (let number = 100; number < 105; number += 1) {
    const modification = new Attribute({ type: 'jpegPhoto', values: [randomBytes(3000)] });
    await client.modify(`uid=user.${number},ou=People,${directory.baseDn}`, new Change({ operation: 'replace', modification }));
  }
  await client.unbind();
}

/** Resolves when the server is at an import; rejects when the run ends before. */
async function untilImporting({ directory }: Scene, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  const client = await directory.connect();
  const filter = '(&(objectClass=ds-task-import)(ds-task-state=RUNNING))';
  for (;;) {
    const { searchEntries } = await client.search('cn=Scheduled Tasks,cn=tasks', { scope: 'sub', filter, attributes: ['1.1'] });
    if (searchEntries.length > 0) break;
    assert.ok(!isOver, 'it ended before it imported');
    await delay(5);
  }
  await client.unbind();
}
