import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Client } from 'ldapts';
import { differing, nothing, setByOpendj } from '../e2e/entries-scene.ts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import type { Page } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { readEntryDigests, type EntryDigests } from '../harness/directory-entries.ts';
import { differingFromSnapshot } from './entries-of-snapshot.ts';
import { apply, replaceValues, valuesOf, visit } from './entries-visit.ts';

const personClasses = ['top', 'person', 'organizationalPerson', 'inetOrgPerson'];

// One directory, archive and agent, which each test leaves as it found them.
suite('a part of the directory goes back by clicks', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  let client: Client;
  let people: string;
  before(async () => {
    scene = await startConsoleScene();
    client = await scene.directory.connect();
    people = `ou=People,${scene.directory.baseDn}`;
  });
  after(async () => {
    await client.unbind();
    await scene[Symbol.asyncDispose]();
  });

  const snapshot = (at: number): string => scene.snapshots.at(at) ?? '';
  const all = (): Promise<EntryDigests> => readEntryDigests(client, scene.directory.baseDn, { leftOut: setByOpendj });
  const low = (dns: readonly string[]): readonly string[] => dns.map((dn) => dn.toLowerCase()).toSorted();

  test('by what changed between two snapshots, and comes again when that is undone', async () => {
    const { deleted, renamed, changed, changedSince } = scene.dns;
    const was = await all();
    const query = new URLSearchParams({ before: snapshot(1), after: snapshot(2), base: people });
    await using visitor = await visit(scene, 'restorer', `/entries/compare?${query.toString()}`);
    const { page } = visitor;
    await page.getByRole('link', { name: 'Undo all these changes' }).click();
    await page.getByRole('heading', { name: 'Undo changes of a time', level: 1 }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Only at and below' }).inputValue(), people);
    const plan = page.getByRole('region', { name: 'What would be done' });
    await plan.getByText('The same by hand').waitFor();
    assert.match(await plan.innerText(), /1\s+add\s+1\s+rename/);
    assert.match(
      await plan.getByRole('region', { name: 'Conflicts' }).innerText(),
      /1 conflict\s+Left alone: telephoneNumber of uid=user\.3,/,
    );

    await page.getByRole('combobox', { name: 'What has changed again since' }).selectOption('take it back too');
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await page.waitForURL(/onConflict=force/);
    await plan.getByText('Put back all the same: telephoneNumber').waitFor();
    assert.match(await plan.innerText(), /1\s+add\s+1\s+change\s+1\s+rename/);
    const ldif = await ldifOf(page);
    for (const [dn, change] of [
      [deleted, /changetype: add[^]*\n# userPassword: \(hidden\)\n[^]*\nuid: user\.7\n/],
      [changed, /changetype: modify[^]*telephoneNumber: \+49 30 2222\n/],
      [renamed.to, /changetype: mod(r)?dn\nnewrdn: uid=user\.9\n/],
    ] as const)
      assert.match(recordOf(ldif, dn), change);
    await assertAccessible(page);
    await onPhone(page);
    assert.deepEqual(differing(was, await all()), nothing, 'a plan changes nothing');

    await apply(page, 'Undo these changes', 'Make 3 changes');
    await page.getByText('done and proven').waitFor();
    assert.deepEqual(await differingFromSnapshot(scene, client, snapshot(1), people), low([changedSince]), 'what came later stays');
    assert.deepEqual(differing(was, await all()), {
      // A branch has the number of what is below it.
      changed: low([changed, people]),
      missing: low([renamed.to]),
      added: low([deleted, renamed.from]),
    });
    await assertAccessible(page);
    await onPhone(page);

    await takeBack(page, /of which 1 deletes an entry/);
    assert.deepEqual(differing(was, await all()), nothing);
  });

  test('to a snapshot, with all that was added since deleted, and comes again when that is undone', async () => {
    const { changedSince } = scene.dns;
    const mailSince = (await valuesOf(client, changedSince, 'mail')) ?? [];
    const found = await all();
    const added = await harm();
    const was = await all();
    await using visitor = await visit(scene, 'restorer', '/entries/bring-back');
    const { page } = visitor;
    const deleting = page.getByRole('checkbox', { name: 'Delete what was added below them since' });
    await page.getByRole('textbox', { name: 'Add by its DN' }).fill(people);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('combobox', { name: 'As it was in' }).selectOption(snapshot(-1));
    assert.ok(await deleting.isDisabled(), 'of single entries nothing was added');
    await page.getByRole('checkbox', { name: 'All below them' }).check();
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    const plan = page.getByRole('region', { name: 'What would be done' });
    await plan.getByText('The same by hand').waitFor();
    assert.match(await plan.innerText(), /1\s+add\s+2\s+change\s+2\s+rename/);
    const stays = await plan.getByRole('region', { name: '2 entries were added since, and stay' }).innerText();
    for (const dn of added) assert.ok(stays.includes(dn), stays);

    await deleting.check();
    await plan.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await plan.getByText('The same by hand').waitFor();
    assert.match(await plan.innerText(), /1\s+add\s+2\s+change\s+2\s+rename\s+2\s+delete/);
    assert.doesNotMatch(await plan.innerText(), /and stay/);
    assert.match(await plan.innerText(), /entry restore .*--subtree --delete-added/);
    const ldif = await ldifOf(page);
    for (const dn of added) assert.match(recordOf(ldif, dn), /changetype: delete/);
    await assertAccessible(page);
    await onPhone(page);
    assert.deepEqual(differing(was, await all()), nothing, 'a plan changes nothing');

    await page.getByRole('button', { name: 'Bring back what was chosen', exact: true }).click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /7 changes, of which 2 delete an entry/);
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Make 7 changes' }).click();
    await page.getByText('done and proven').waitFor();
    assert.deepEqual(await differingFromSnapshot(scene, client, snapshot(-1), people), []);
    assert.deepEqual(differing(found, await all()), { changed: low([changedSince]), missing: [], added: [] }, 'beside it nothing changed');
    await assertAccessible(page);
    await onPhone(page);

    await takeBack(page, /of which 1 deletes an entry/);
    assert.deepEqual(differing(was, await all()), nothing);
    await takeBack(page, /of which 2 delete an entry/);
    assert.deepEqual(await differingFromSnapshot(scene, client, snapshot(-1), people), []);
    await replaceValues(client, changedSince, 'mail', mailSince);
    assert.deepEqual(differing(found, await all()), nothing);
  });

  test('by deleting what a script added between the two newest backups, where it is still as it was added', async () => {
    const branch = `ou=Script,${people}`;
    const [below, beside] = [`uid=script.1,${branch}`, `uid=script.2,${people}`];
    const found = await all();
    await client.add(branch, { objectClass: ['top', 'organizationalUnit'], ou: 'Script' });
    for (const dn of [below, beside])
      await client.add(dn, { objectClass: personClasses, uid: dn.slice(4, 12), cn: 'Script', sn: 'Script' });
    await using visitor = await visit(scene, 'restorer', '/runs?run=backup');
    const { page } = visitor;
    await page.getByRole('dialog').getByRole('button', { name: 'Run backup' }).click();
    await page.getByRole('region', { name: 'What came of it' }).waitFor();
    await replaceValues(client, beside, 'description', ['kept by hand']);
    const was = await all();
    await page.goto(`${scene.url}/entries/revert`);
    await page.getByRole('textbox', { name: 'Only at and below' }).fill(people);
    await page.getByRole('textbox', { name: 'Only what matches' }).fill('(|(uid=script.*)(ou=Script))');
    const onConflict = page.getByRole('combobox', { name: 'What has changed again since' });
    await onConflict.selectOption('do nothing at all');
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    const refusal = page.getByRole('alert');
    await refusal.waitFor();
    assert.match(await refusal.innerText(), /Cannot undo the changes: .*uid=script\.2,.*nothing was changed.*E_ENTRY_CONFLICT/s);
    assert.equal(await page.getByRole('button', { name: 'Undo these changes' }).count(), 0);
    await assertAccessible(page);
    await onPhone(page);

    await onConflict.selectOption('leave it alone, and tell me');
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    const plan = page.getByRole('region', { name: 'What would be done' });
    await plan.getByText('The same by hand').waitFor();
    assert.match(await plan.innerText(), /^What would be done\s+Plan anew\s+2\s+delete\s/);
    assert.match(await plan.getByRole('region', { name: 'Conflicts' }).innerText(), /1 conflict\s+Left alone: uid=script\.2,/);
    const ldif = await ldifOf(page);
    assert.ok(ldif.indexOf(`dn: ${below}\n`) < ldif.indexOf(`dn: ${branch}\n`), 'what is below goes first');
    await apply(page, 'Undo these changes', 'Make 2 changes');
    await page.getByText('done and proven').waitFor();
    assert.deepEqual(differing(found, await all()), { changed: low([people]), missing: [], added: low([beside]) });

    await takeBack(page, /The running server is changed: 2 changes\. /);
    assert.deepEqual(differing(was, await all()), nothing);
    for (const dn of [beside, below, branch]) await client.del(dn);
    assert.deepEqual(differing(found, await all()), nothing);
  });

  /** One person less, one renamed, one changed, one moved into a branch that is new and has another new one; returns the DNs of what is new. */
  async function harm(): Promise<readonly string[]> {
    const person = (number: number): string => `uid=user.${number},${people}`;
    const branch = `ou=New,${people}`;
    const newcomer = `uid=added.1,${branch}`;
    await client.del(person(50));
    await client.modifyDN(person(51), `uid=renamed.51,${people}`);
    await replaceValues(client, person(52), 'mail', ['spoilt@example.com']);
    await client.add(branch, { objectClass: ['top', 'organizationalUnit'], ou: 'New' });
    await client.add(newcomer, { objectClass: personClasses, uid: 'added.1', cn: 'Added', sn: 'One', userPassword: 'another password' });
    await client.modifyDN(person(53), `uid=user.53,${branch}`);
    return [branch, newcomer];
  }
});

/** Undoes what the page tells as done, and waits until that is done and proven. */
async function takeBack(page: Page, asked: RegExp): Promise<void> {
  await page.getByRole('link', { name: 'Take it back' }).click();
  await page.getByRole('heading', { name: 'Take back changes' }).waitFor();
  await page.getByText('The same by hand').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Take them back', exact: true }).click();
  const dialog = page.getByRole('dialog');
  assert.match(await dialog.innerText(), asked);
  await dialog.getByRole('button', { name: /^Make / }).click();
  await page.waitForURL(/\/entries\/changes\?id=/);
  await page.getByText('done and proven').waitFor();
}

async function ldifOf(page: Page): Promise<string> {
  await page.getByText('As LDIF, without secrets').click();
  return (await page.getByRole('region', { name: 'The plan as LDIF' }).textContent()) ?? '';
}

function recordOf(ldif: string, dn: string): string {
  return ldif.split('\n\n').find((record) => record.includes(`dn: ${dn}\n`)) ?? assert.fail(`no record of ${dn} in\n${ldif}`);
}
