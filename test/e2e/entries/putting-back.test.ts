import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
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

// One server and one archive, which each test leaves as it found them.
suite('putting entries back', () => {
  let scene: EntriesScene;
  let operator: Operator;
  let number = 0;
  before(async () => {
    scene = await setEntriesScene();
    operator = await scene.operator('putting-back');
    await operator.run(['init']);
    await operator.run(['backup']);
  });
  after(async () => scene[Symbol.asyncDispose]());

  const undoFile = (): string => path.join(operator.folder, `undo-${(number += 1)}.ldif`);
  const changing = (words: readonly string[], exitCode = 0): Promise<ChangesReport> =>
    operator.json<ChangesReport>(['entry', ...words], exitCode);

  test('nothing is to be done on a server that is as it was', async () => {
    const { dns } = scene;
    const report = await changing(['restore', scene.directory.baseDn, '--subtree', '--from', 'latest', '--plan']);
    assert.deepEqual([report.changes, report.conflicts, report.notPreserved], [[], [], []]);
    assert.ok(report.unchanged > 300, dns.people);
  });

  test('deleted entries of every kind come back with all they had, in their groups too, and the undo file takes them away again', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries(setByOpendj);
    await deleteSubtree(client, dns.regions);
    await dropMembers(client, dns.admins, 'member', [dns.escaped, dns.accented]);
    await dropMembers(client, dns.editors, 'uniqueMember', [dns.manyParts]);
    const harmed = await scene.entries(setByOpendj);
    const file = undoFile();
    const report = await changing(['restore', dns.regions, '--subtree', '--from', 'latest', '--undo-file', file, '--yes']);
    assert.deepEqual(
      [report.result?.refused, report.result?.unproven, report.counts],
      [[], [], { add: 11, modify: 2, rename: 0, delete: 0 }],
    );
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await changing(['undo', file, '--undo-file', undoFile(), '--yes']);
    assert.deepEqual(differing(harmed, await scene.entries(setByOpendj)), nothing);
    await changing(['restore', dns.regions, '--subtree', '--from', 'latest', '--undo-file', undoFile(), '--yes']);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
  });

  test('mangled people get their values back, a dropped group its members, and nothing else moves', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries(setByOpendj);
    await manglePeople(scene, 300);
    await client.del(dns.large);
    const file = undoFile();
    const report = await changing([
      'restore',
      dns.large,
      '--where',
      '(sn=*)',
      '--base',
      dns.people,
      '--from',
      'latest',
      '--undo-file',
      file,
      '--yes',
    ]);
    assert.deepEqual([report.counts, report.result?.refused], [{ add: 1, modify: 300, rename: 0, delete: 0 }, []]);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
  });

  test('a branch that was moved and renamed goes back with all below it', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries(setByOpendj);
    await client.modifyDN(dns.europe, `ou=Elsewhere Europe,${dns.groups}`);
    const report = await changing(['restore', dns.europe, '--from', 'latest', '--undo-file', undoFile(), '--yes']);
    assert.deepEqual(report.changes.map(({ change, reason }) => [change, reason])[0], ['rename', 'renamed since']);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
  });

  test('named attributes alone go back', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries(setByOpendj);
    const dn = `uid=user.7,${dns.people}`;
    const sn = await replaced(client, dn);
    const report = await changing([
      'restore',
      dn,
      '--attributes',
      'telephoneNumber',
      '--from',
      'latest',
      '--undo-file',
      undoFile(),
      '--yes',
    ]);
    assert.deepEqual(
      report.changes.map(({ reason }) => reason),
      ['changed since: telephoneNumber'],
    );
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)).changed, [dn.toLowerCase()]);
    await replaceValues(client, dn, 'sn', sn);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
  });

  test('a plan can be kept as LDIF, which hides passwords, and changes nothing', async () => {
    const { client, dns } = scene;
    await client.del(`uid=user.9,${dns.people}`);
    const harmed = await scene.entries(setByOpendj);
    const file = path.join(operator.folder, 'plan.ldif');
    const report = await changing(['restore', `uid=user.9,${dns.people}`, '--from', 'latest', '--plan', '--plan-file', file]);
    assert.equal(report.isDone, false);
    const text = await readFile(file, 'utf8');
    assert.match(text, /^version: 1\n# put back "uid=user\.9,.*\n# passwords and other secrets are hidden/);
    assert.match(text, /# deleted since\ndn: uid=user\.9,/);
    assert.match(text, /^# userPassword: \(hidden\)$/m);
    assert.deepEqual(differing(harmed, await scene.entries(setByOpendj)), nothing);
    await changing(['restore', `uid=user.9,${dns.people}`, '--from', 'latest', '--undo-file', undoFile(), '--yes']);
  });

  test('the changes of a window go back, what came later stays, and what has changed again is told', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries(setByOpendj);
    await manglePeople(scene, 20);
    await client.del(`uid=user.30,${dns.people}`);
    await client.add(`uid=added,${dns.people}`, { objectClass: ['top', 'inetOrgPerson'], uid: 'added', cn: 'Added', sn: 'Added' });
    await client.modifyDN(`uid=user.31,${dns.people}`, `uid=renamed.31,${dns.people}`);
    await dropMembers(client, dns.admins, 'member', [`uid=user.7,${dns.people}`]);
    await operator.run(['backup']);
    await replaceValues(client, `uid=user.0,${dns.people}`, 'sn', ['Later']);
    await replaceValues(client, `uid=user.1,${dns.people}`, 'title', ['Later']);
    const window = ['revert', '--between', 'latest~1', 'latest'];

    const stopped = await operator.run(['entry', ...window, '--on-conflict', 'stop', '--yes'], 1);
    assert.match(stopped.stderr, /Cannot undo the changes: sn of "uid=user\.0,.*": it has changed again since; nothing was changed/);
    const report = await changing([...window, '--undo-file', undoFile(), '--yes'], 3);
    assert.deepEqual(report.counts, { add: 1, modify: 21, rename: 1, delete: 1 });
    assert.deepEqual(
      report.conflicts.map(({ attribute, because }) => [attribute, because]),
      [['sn', 'it has changed again since']],
    );
    const left = differing(begin, await scene.entries(setByOpendj));
    assert.deepEqual(left, { ...nothing, changed: [0, 1].map((each) => `uid=user.${each},${dns.people}`.toLowerCase()) });

    await changing([...window, '--on-conflict', 'force', '--undo-file', undoFile(), '--yes']);
    await replaceValues(client, `uid=user.1,${dns.people}`, 'title', []);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
  });

  test('wrong words are told in one sentence', async () => {
    for (const [words, sentence] of [
      [['restore', '--from', 'latest'], 'Cannot put entries back: it is not said which'],
      [['restore', 'dc=x', '--delete-added', '--from', 'latest'], 'Cannot delete what was added: that is told of a subtree alone'],
      [['restore', 'nobody', '--from', 'latest'], 'Cannot read a DN: position 7: a "=" is expected'],
      [['revert', 'latest'], 'Cannot undo changes: 1 snapshots are named, and two are needed'],
      [['revert', 'latest', 'latest~1'], 'Cannot undo the changes between two snapshots: the first is not the earlier one'],
      [['revert', 'latest~1', 'latest', '--on-conflict', 'maybe'], 'Cannot treat conflicts by "maybe": there is no such choice'],
    ] as const) {
      const { stderr } = await operator.run(['entry', ...words], 2);
      assert.ok(stderr.includes(sentence), stderr);
    }
  });
});

async function replaced(client: EntriesScene['client'], dn: string): Promise<readonly string[]> {
  const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['sn'] });
  await replaceValues(client, dn, 'sn', ['Other']);
  await replaceValues(client, dn, 'telephoneNumber', ['+1 0']);
  return [searchEntries[0]?.['sn'] ?? []].flat().map(String);
}
