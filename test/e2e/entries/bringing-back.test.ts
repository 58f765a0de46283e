import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { normalDn } from '../../../src/domain/dn.ts';
import type { EntryDigests } from '../../harness/directory-entries.ts';
import {
  type ChangesReport,
  deleteSubtree,
  differing,
  dropMembers,
  type EntriesScene,
  manglePeople,
  nothing,
  replaceValues,
  setByOpendj,
  setEntriesScene,
} from '../entries-scene.ts';
import type { Operator } from '../main-job-scene.ts';

// Each test harms the directory, brings it back, and leaves it as the one snapshot of the archive has it: every entry, and every attribute of it, with those
// that the server itself keeps (entryUUID, timestamps, stored passwords).
suite('bringing entries back', () => {
  let scene: EntriesScene;
  let operator: Operator;
  let good: EntryDigests;
  let goodWithoutStamps: EntryDigests;
  before(async () => {
    scene = await setEntriesScene({ takesStoredPasswords: false });
    operator = await scene.operator('back');
    await operator.run(['init']);
    await operator.run(['backup']);
    good = await scene.entries();
    goodWithoutStamps = await scene.entries(setByOpendj);
  });
  after(async () => scene[Symbol.asyncDispose]());
  beforeEach(async () => assert.deepEqual(differing(good, await scene.entries()), nothing, 'the test before left it as it was'));

  const restore = (...words: readonly string[]): Promise<ChangesReport> =>
    operator.json<ChangesReport>(['entry', 'restore', ...words, '--from', 'latest', '--yes']);
  const assertBack = async (): Promise<void> => assert.deepEqual(differing(good, await scene.entries()), nothing);
  /** What a rename leaves behind goes along with the next change that is put back. */
  const putStampsBack = async (...dns: readonly string[]): Promise<void> => {
    for (const dn of dns) await replaceValues(scene.client, dn, 'description', ['for the stamps']);
    await restore(...dns);
  };
  const assertHarmed = async (): Promise<void> => assert.notDeepEqual(differing(good, await scene.entries()), nothing);

  test('a group that was deleted', async () => {
    await scene.client.del(scene.dns.admins);

    const { counts, result, notPreserved } = await restore(scene.dns.admins);

    assert.deepEqual(counts, { add: 1, modify: 0, rename: 0, delete: 0 });
    assert.deepEqual([result?.applied, result?.refused, result?.unproven, notPreserved], [1, [], [], []]);
    await assertBack();
  });

  test('an entry of each kind that was deleted: with a photo, a password, language tags, names that are escaped or of two parts, an alias, a referral', async () => {
    const { client, dns } = scene;
    const wanted = [dns.photo, dns.accented, dns.escaped, dns.hash, dns.manyParts, dns.alias, dns.referral];
    for (const dn of wanted) await deleteSubtree(client, dn);

    const { counts } = await restore(...wanted);

    assert.equal(counts.add, wanted.length);
    await assertBack();
  });

  test('a branch that was deleted, with branches in it, parents first', async () => {
    const gone = await deleteSubtree(scene.client, scene.dns.regions);

    const { counts } = await restore(scene.dns.regions, '--subtree');

    assert.deepEqual(counts, { add: gone.length, modify: 0, rename: 0, delete: 0 });
    await assertBack();
  });

  test('one entry of a branch that is gone, for which its parents are put back too, and no other', async () => {
    const { client, dns } = scene;
    await deleteSubtree(client, dns.regions);

    await restore(dns.photo);

    const { missing } = differing(good, await scene.entries());
    const back = [dns.regions, dns.europe, dns.germany, dns.photo].map(normalDn);
    assert.ok(missing.length > 0 && missing.every((dn) => !back.includes(normalDn(dn))), missing.join('; '));
    await restore(dns.regions, '--subtree');
    await assertBack();
  });

  test('entries that were renamed and moved get their places back, with all below them', async () => {
    const { client, dns } = scene;
    await client.modifyDN(`uid=user.9,${dns.people}`, `uid=other.9,${dns.groups}`);
    await client.modifyDN(dns.europe, `ou=Europa,${dns.groups}`);
    await assertHarmed();

    const wanted = [`uid=user.9,${dns.people}`, dns.europe];
    const { counts, notPreserved } = await restore(...wanted);

    assert.equal(counts.rename, 2);
    assert.deepEqual(
      notPreserved.map(({ attribute, dns: of }) => [attribute, of]),
      ['modifyTimestamp', 'modifiersName'].map((name) => [name, wanted]),
    );
    assert.deepEqual(differing(goodWithoutStamps, await scene.entries(setByOpendj)), nothing);
    await putStampsBack(...wanted);
    await assertBack();
  });

  test('300 people who were mangled, of whom those who were not stay untouched', async () => {
    await manglePeople(scene, 200);

    const { counts, unchanged } = await restore('--where', '(objectClass=inetOrgPerson)', '--base', scene.dns.people);

    assert.deepEqual([counts, unchanged], [{ add: 0, modify: 200, rename: 0, delete: 0 }, 100]);
    await assertBack();
  });

  test('only the attributes that are named', async () => {
    const { client, dns } = scene;
    const dn = `uid=user.3,${dns.people}`;
    await replaceValues(client, dn, 'telephoneNumber', ['1']);
    await replaceValues(client, dn, 'description', ['a wish of their own']);

    await restore(dn, '--attributes', 'telephoneNumber');

    const {
      searchEntries: [entry],
    } = await client.search(dn, { scope: 'base', attributes: ['telephoneNumber', 'description'] });
    assert.notEqual(entry?.['telephoneNumber'], '1');
    assert.equal(entry?.['description'], 'a wish of their own');
    await restore(dn);
    await assertBack();
  });

  test('members that were dropped from a group of 5,000, and nobody who was there', async () => {
    const { client, dns } = scene;
    await dropMembers(
      client,
      dns.large,
      'uniqueMember',
      Array.from({ length: 2000 }, (_, at) => `uid=user.${at * 2},${dns.people}`),
    );

    await restore(dns.large);

    await assertBack();
  });

  test('a person who was deleted is in her groups again, and is named again by who named her', async () => {
    const { client, dns } = scene;
    await deleteSubtree(client, dns.accented);
    await dropMembers(client, dns.admins, 'member', [dns.accented]);
    await replaceValues(client, dns.escaped, 'manager', []);

    const { counts } = await restore(dns.accented);

    assert.deepEqual(counts, { add: 1, modify: 2, rename: 0, delete: 0 });
    // Who names her was changed, now and by this account, and says so.
    assert.deepEqual(differing(goodWithoutStamps, await scene.entries(setByOpendj)), nothing);
    await putStampsBack(dns.admins, dns.escaped);
    await assertBack();
  });

  test('what was added to a branch since stays, unless it is said to go', async () => {
    const { client, dns } = scene;
    const added = `ou=New,${dns.germany}`;
    await client.add(added, { objectClass: ['top', 'organizationalUnit'], ou: 'New' });

    const told = await operator.run(['entry', 'restore', dns.regions, '--subtree', '--from', 'latest', '--plan']);
    const { counts } = await restore(dns.regions, '--subtree', '--delete-added');

    assert.match(told.stdout, /Added since, and stays: 1, as ou=New/);
    assert.equal(counts.delete, 1);
    await assertBack();
  });

  test('a plan changes nothing, and is LDIF that a person can read', async () => {
    const { client, dns } = scene;
    await client.del(dns.admins);
    const harmed = await scene.entries();
    const file = path.join(operator.folder, 'plan.ldif');

    const { isDone, counts } = await operator.json<ChangesReport>([
      'entry',
      'restore',
      dns.admins,
      '--from',
      'latest',
      '--plan',
      '--plan-file',
      file,
    ]);

    assert.deepEqual([isDone, counts.add], [false, 1]);
    assert.match(await readFile(file, 'utf8'), /\ndn: cn=admins,ou=Groups,dc=example,dc=com\nchangetype: add\nobjectClass: /);
    assert.deepEqual(differing(harmed, await scene.entries()), nothing);
    await restore(dns.admins);
    await assertBack();
  });

  test('entry undo takes it back again, exactly', async () => {
    const { client, dns } = scene;
    await client.del(dns.editors);
    await manglePeople(scene, 5);
    await client.modifyDN(dns.accentedBranch, `ou=Moved,${dns.regions}`);
    const harmed = await scene.entries(setByOpendj);
    const { result } = await restore(
      dns.editors,
      dns.accentedBranch,
      ...[0, 1, 2, 3, 4].map((number) => `uid=user.${number},${dns.people}`),
    );
    assert.ok(result?.undoFile !== undefined);

    await operator.run(['entry', 'undo', path.resolve(operator.folder, result.undoFile), '--yes']);

    assert.deepEqual(differing(harmed, await scene.entries(setByOpendj)), nothing);
    await restore(dns.groups, dns.regions, dns.people, '--subtree');
    await putStampsBack(dns.accentedBranch);
    await assertBack();
  });

  test('what is as it was needs nothing', async () => {
    const { stdout } = await operator.run(['entry', 'restore', scene.dns.regions, '--subtree', '--from', 'latest', '--yes']);

    assert.match(stdout, /There is nothing to change/);
    await assertBack();
  });
});

suite('undoing what changed in a window', () => {
  let scene: EntriesScene;
  let operator: Operator;
  before(async () => {
    scene = await setEntriesScene();
    operator = await scene.operator('window');
    await operator.run(['init']);
  });
  after(async () => scene[Symbol.asyncDispose]());

  test('entry revert takes back what matches, leaves alone what has changed again, and names it', async () => {
    const { client, dns } = scene;
    const person = (number: number): string => `uid=user.${number},${dns.people}`;
    await operator.run(['backup']);
    const good = await scene.entries();
    await manglePeople(scene, 300);
    await client.del(dns.admins);
    await client.add(`cn=intruder,${dns.groups}`, { objectClass: ['top', 'groupOfNames'], cn: 'intruder', member: dns.hash });
    await operator.run(['backup']);
    await replaceValues(client, person(5), 'sn', ['mended by hand']);
    await replaceValues(client, dns.editors, 'description', ['came later']);

    const report = await operator.json<ChangesReport>(['entry', 'revert', '--between', 'latest~1', 'latest', '--yes'], 3);

    assert.deepEqual(report.counts, { add: 1, modify: 300, rename: 0, delete: 1 });
    assert.deepEqual(
      report.conflicts.filter(({ attribute }) => attribute === 'sn').map(({ dn, isForced }) => [dn, isForced]),
      [[person(5), false]],
    );
    assert.deepEqual(differing(good, await scene.entries()), {
      changed: [dns.editors, person(5)].map((dn) => dn.toLowerCase()).toSorted(),
      missing: [],
      added: [],
    });

    const {
      searchEntries: [mended],
    } = await client.search(person(5), { scope: 'base', attributes: ['modifiersName', 'modifyTimestamp'] });
    assert.match(String(mended?.['modifiersName']), /^cn=Directory Manager/, 'what was left in part says who changed it last');

    const forced = await operator.json<ChangesReport>([
      'entry',
      'revert',
      '--between',
      'latest~1',
      'latest',
      '--on-conflict',
      'force',
      '--yes',
    ]);

    assert.ok(forced.conflicts.every(({ isForced }) => isForced));
    assert.deepEqual(differing(good, await scene.entries()).changed, [dns.editors.toLowerCase()]);
  });
});

test('a group of 50,000 members comes back, and 20,000 who were dropped of it', async () => {
  await using scene = await setEntriesScene({ members: 50_000 });
  const { client, dns } = scene;
  const operator = await scene.operator('large');
  await operator.run(['init']);
  await operator.run(['backup']);
  const good = await scene.entries();
  const dropped = Array.from({ length: 20_000 }, (_, at) => `uid=user.${at * 2 + 1},${dns.people}`);

  await dropMembers(client, dns.large, 'uniqueMember', dropped);
  await operator.run(['entry', 'restore', dns.large, '--from', 'latest', '--yes']);
  assert.deepEqual(differing(good, await scene.entries()), nothing);
  await client.del(dns.large);
  await operator.run(['entry', 'restore', dns.large, '--from', 'latest', '--yes']);

  assert.deepEqual(differing(good, await scene.entries()), nothing);
});
