import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change, type Client } from 'ldapts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { startLdapGate } from '../harness/ldap-gate.ts';
import { apply, entryOf, replaceValues, valuesOf, visit } from './entries-visit.ts';

// One directory, archive and agent, which each test leaves as it found them.
suite('the pages of entries', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  let client: Client;
  let person: (number: number) => string;
  before(async () => {
    scene = await startConsoleScene();
    client = await scene.directory.connect();
    person = (number) => `uid=user.${number},ou=People,${scene.directory.baseDn}`;
  });
  after(async () => {
    await client.unbind();
    await scene[Symbol.asyncDispose]();
  });

  const entryPage = (dn: string, from: string): string => `/entries/entry?${new URLSearchParams({ dn, from }).toString()}`;
  const snapshot = (at: number): string => scene.snapshots.at(at) ?? '';

  test('a search finds a person in all snapshots, by text, filter and name, and tells in which it was seen', async () => {
    await using visitor = await visit(scene, 'restorer', '/entries');
    const { page } = visitor;

    await page.getByRole('textbox', { name: 'Name or text' }).fill('USER.7@');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: '1 entry found' }).waitFor();
    const row = page.getByRole('row').filter({ hasText: scene.dns.deleted });
    assert.match(await row.innerText(), /in 2 of 4/);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'entries-search');

    await page.getByRole('radio', { name: 'LDAP filter' }).check();
    await page.getByRole('textbox', { name: 'LDAP filter' }).fill('(&(objectClass=person)(uid=user.2*))');
    await page.getByRole('combobox', { name: 'At most' }).selectOption('100');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('There are more: the search ended at 100 entries.').waitFor();
    // The address has it all: it can be shared.
    assert.match(page.url(), /kind=filter.*limit=100/);
    assert.ok((await page.getByRole('row').count()) < 60, 'of the rows only those in view are in the page');

    await page.getByRole('radio', { name: 'DN' }).check();
    await page.getByRole('textbox', { name: /^DN/ }).fill(scene.dns.renamed.from);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: '1 entry found' }).waitFor();
  });

  test('a filter that is wrong is refused with its place under a mark', async () => {
    await using visitor = await visit(scene, 'restorer', '/entries?kind=filter&wanted=%28%26%28uid%3Da%29%28cn%3Db');
    const alert = visitor.page.getByRole('alert');
    await alert.waitFor();

    assert.match(await alert.innerText(), /Cannot read the filter: position 15: a "\)" is missing/);
    assert.equal(await alert.locator('pre').textContent(), `(&(uid=a)(cn=b\n${' '.repeat(14)}^`);
    await assertAccessible(visitor.page);
  });

  test('a search is stopped by a click, and when its page goes', async () => {
    await using visitor = await visit(scene, 'restorer', '/entries');
    const { page } = visitor;
    // The agent does not hear of it until then, so that the search is not over before it is canceled.
    const held = Promise.withResolvers<void>();
    await page.route('**/api/v1/commands', async (route) => {
      await held.promise;
      await route.continue().catch(() => undefined);
    });
    const search = page.getByRole('button', { name: 'Search' });
    await page.getByRole('textbox', { name: 'Name or text' }).fill('user');
    for (const leave of [page.getByRole('button', { name: 'Cancel' }), page.getByRole('link', { name: 'Compare' })]) {
      const asked = page.waitForRequest('**/api/v1/commands');
      await search.click();
      await asked;
      const stopped = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/v1/commands'));
      await leave.click();
      assert.equal((await stopped).failure()?.errorText, 'net::ERR_ABORTED');
    }
    held.resolve();
    await page.getByRole('heading', { name: 'Compare', level: 1 }).waitFor();
  });

  test('the history of a person who was renamed is told under both names, with what was removed and added', async () => {
    const { from, to } = scene.dns.renamed;
    await using visitor = await visit(scene, 'restorer', entryPage(from, snapshot(0)));
    const { page } = visitor;
    const history = page.getByRole('region', { name: 'History' });
    const renamed = history.getByRole('listitem').filter({ hasText: 'As it was before' });

    const text = await renamed.innerText();
    assert.match(text, /renamed/);
    assert.ok(text.includes(`from ${from} to ${to}`), text);
    assert.match(text, /Between the snapshots of .* and .*; the entry says: .* by cn=Directory Manager/);
    assert.match(text, /− removed\s+user\.9\s+\+ added\s+renamed\.9/);
    assert.match(await history.innerText(), /2 moments in 4 snapshots/);
    // Beside now it has the other name.
    const beside = page.getByRole('region', { name: 'Then and beside it' });
    await beside.getByText('only now').waitFor();
    assert.ok((await beside.innerText()).includes(to));
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'entries-entry');
  });

  test('a password that changed is told as hidden, and its values nowhere', async () => {
    await using visitor = await visit(scene, 'restorer', entryPage(scene.dns.changed, snapshot(0)));
    const { page } = visitor;
    const row = page.getByRole('region', { name: 'Then and beside it' }).getByRole('row').filter({ hasText: 'userPassword' }).first();

    assert.match(await row.innerText(), /− only then\s+a value, hidden\s+\+ only now\s+a value, hidden/);
    await page.getByText(/All as it is now: /).click();
    await page.getByText(/4 moments in 4 snapshots/).waitFor();
    assert.match(
      await page.getByRole('region', { name: 'History' }).innerText(),
      /telephoneNumber\s+− removed\s+\+49 30 3333\s+\+ added\s+\+49 30 4444/,
    );
    await onPhone(page);
  });

  test('a snapshot compared with now names what differs, and its attributes', async () => {
    await using visitor = await visit(scene, 'restorer', '/entries/compare');
    const { page } = visitor;
    await page.getByRole('combobox', { name: 'Before' }).selectOption(snapshot(0));
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Entries that differ' }).waitFor({ timeout: 60_000 });

    assert.match(await page.getByRole('region', { name: 'What differs' }).innerText(), /1\s+removed\s+3\s+changed\s+1\s+renamed/);
    const row = (dn: string): Promise<string> =>
      page
        .getByRole('row')
        .filter({ has: page.getByRole('link', { name: dn, exact: true }) })
        .innerText();
    assert.match(await row(scene.dns.changedSince), /changed.*mail/s);
    assert.match(await row(scene.dns.renamed.to), /renamed.*user\.9,.*→/s);
    assert.match(await row(scene.dns.deleted), /removed/);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'entries-compare');
    await page.getByRole('link', { name: scene.dns.changedSince, exact: true }).click();
    await page.getByText('changed.since@example.com').first().waitFor();
  });

  test('two snapshots compared, of a branch: chosen entries of it are what is brought back', async () => {
    const query = new URLSearchParams({ before: snapshot(1), after: snapshot(2), base: `ou=Groups,${scene.directory.baseDn}` });
    await using visitor = await visit(scene, 'restorer', `/entries/compare?${query.toString()}`);
    const { page } = visitor;
    await page.getByRole('checkbox', { name: `Bring back ${scene.dns.admins}` }).check();
    await page.getByRole('button', { name: 'Bring back 1 chosen' }).click();
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await page.getByText('The same by hand').waitFor();

    const plan = page.getByRole('region', { name: 'What would be done' });
    assert.match(await plan.innerText(), /1\s+change\b/);
    await page.getByText('As LDIF, without secrets').click();
    const ldif = (await page.getByRole('region', { name: 'The plan as LDIF' }).textContent()) ?? '';
    for (const dn of scene.dns.droppedMembers) assert.ok(ldif.includes(`member: ${dn}\n`), ldif);
  });

  test('a deleted person is brought back by clicks with the groups, and gone again when that is undone', async () => {
    const { admins, editors } = scene.dns;
    const dn = person(2);
    const was = await entryOf(client, dn);
    const members = { admins: await valuesOf(client, admins, 'member'), editors: await valuesOf(client, editors, 'uniqueMember') };
    await client.del(dn);
    await dropMember(client, admins, 'member', dn);
    await dropMember(client, editors, 'uniqueMember', dn);
    await using visitor = await visit(scene, 'restorer', `/entries?wanted=${encodeURIComponent('user.2@')}`);
    const { page } = visitor;

    await page.getByRole('checkbox', { name: `Bring back ${dn}` }).check();
    await page.getByRole('button', { name: 'Bring back 1 chosen' }).click();
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    const plan = page.getByRole('region', { name: 'What would be done' });
    await plan.getByText('The same by hand').waitFor();
    assert.match(await plan.innerText(), /1\s+add\s+2\s+change/);
    for (const [name, attribute] of [
      [admins, 'member'],
      [editors, 'uniqueMember'],
    ] as const)
      assert.match(await plan.getByRole('row').filter({ hasText: name }).innerText(), new RegExp(`names what is put back: ${attribute}`));
    await plan.getByText('As LDIF, without secrets').click();
    assert.match((await page.getByRole('region', { name: 'The plan as LDIF' }).textContent()) ?? '', /# userPassword: \(hidden\)/);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'entries-plan');
    assert.equal(await entryOf(client, dn), undefined, 'a plan changes nothing');

    await apply(page, 'Bring back what was chosen');
    await page.getByText('3 changes').first().waitFor();
    assert.match(
      await page.getByRole('region', { name: 'What came of it' }).innerText(),
      /done and proven.*read back and as planned: 3 entries/s,
    );
    assert.deepEqual(await entryOf(client, dn), was);
    assert.deepEqual(await valuesOf(client, admins, 'member'), members.admins);
    assert.deepEqual(await valuesOf(client, editors, 'uniqueMember'), members.editors);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'entries-done');
    // In a pod the agent may write nowhere else.
    const undoFiles = await readdir(path.join(scene.environment['ROOTCELLAR_STAGING_FOLDER'] ?? '', '.undo'));
    assert.match(undoFiles.join(' '), /^rootcellar-undo-\d{8}T\d{9}Z\.ldif$/);

    // Later, from the list of what was done.
    await page.getByRole('link', { name: 'Changes made', exact: true }).click();
    await page
      .getByRole('link', { name: /entry restore.*user\.2,/ })
      .first()
      .click();
    await page.getByRole('link', { name: 'Take it back' }).click();
    await page.getByText('The same by hand').waitFor();
    await apply(page, 'Take them back');
    await page.getByText('done and proven').waitFor();
    assert.equal(await entryOf(client, dn), undefined);
    assert.ok(!(await valuesOf(client, admins, 'member'))?.includes(dn));
    assert.ok(!(await valuesOf(client, editors, 'uniqueMember'))?.includes(dn));

    await page.getByRole('link', { name: 'Take it back' }).click();
    await page.getByText('The same by hand').waitFor();
    await apply(page, 'Take them back');
    await page.getByText('done and proven').waitFor();
    assert.deepEqual(await entryOf(client, dn), was);
    assert.deepEqual(await valuesOf(client, admins, 'member'), members.admins);
  });

  test('one attribute of an entry is brought back, and the others stay', async () => {
    const dn = person(40);
    const [mail, sn] = [await valuesOf(client, dn, 'mail'), await valuesOf(client, dn, 'sn')];
    await replaceValues(client, dn, 'mail', ['spoilt@example.com']);
    await replaceValues(client, dn, 'sn', ['Spoilt']);
    await using visitor = await visit(scene, 'restorer', entryPage(dn, snapshot(-1)));
    const { page } = visitor;

    await page.getByRole('checkbox', { name: 'mail' }).check();
    await page.getByRole('button', { name: 'Bring back mail' }).click();
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await page.getByText('The same by hand').waitFor();
    await apply(page, 'Bring back what was chosen');
    await page.getByText('done and proven').waitFor();

    assert.deepEqual(await valuesOf(client, dn, 'mail'), mail);
    assert.deepEqual(await valuesOf(client, dn, 'sn'), ['Spoilt']);
    await replaceValues(client, dn, 'sn', sn ?? []);
  });

  test('what is in the way is shown as a conflict, and left alone', async () => {
    const dn = scene.dns.changed;
    await replaceValues(client, dn, 'telephoneNumber', ['+49 30 5555']);
    const query = new URLSearchParams({ before: snapshot(2), after: snapshot(3) });
    await using visitor = await visit(scene, 'restorer', `/entries/revert?${query.toString()}`);
    const { page } = visitor;
    const conflicts = page.getByRole('region', { name: 'Conflicts' });
    await conflicts.waitFor();

    assert.match(await conflicts.innerText(), /1 conflict\s+Left alone: telephoneNumber of uid=user\.3,/);
    await assertAccessible(page);
    await onPhone(page);

    // Of an entry that is gone, single attributes cannot come back.
    await page.goto(`${scene.url}${entryPage(scene.dns.deleted, snapshot(0))}`);
    await page.getByRole('button', { name: /^Bring back/ }).click();
    await page.getByRole('textbox', { name: 'Only these attributes' }).fill('mail');
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await conflicts.waitFor();
    assert.match(await conflicts.innerText(), /it can only be put back whole/);
    assert.ok(await page.getByRole('button', { name: 'Bring back what was chosen' }).isDisabled());
    await replaceValues(client, dn, 'telephoneNumber', ['+49 30 4444']);
  });

  test('a name that the snapshot has not is refused with the nearest ones', async () => {
    await using visitor = await visit(scene, 'restorer', entryPage(person(999), snapshot(0)));
    const alerts = visitor.page.getByRole('alert');
    await alerts.nth(1).waitFor();

    assert.match(
      await alerts.first().innerText(),
      /Cannot find "uid=user\.999,.*no entry has this name\s+To do: did you mean "uid=user\.\d+,ou=People/s,
    );
  });

  test('a viewer is refused by the page, and by the agent', async () => {
    await using visitor = await visit(scene, 'viewer', '/entries');
    const { page } = visitor;
    assert.match(
      await page.getByRole('alert').innerText(),
      /Cannot show entries of the directory to you: that needs the role restorer, and yours is viewer/,
    );
    assert.equal(await page.getByRole('link', { name: 'Entries' }).count(), 0);
    await assertAccessible(page);
    const find = { role: 'viewer', body: { words: ['--json', 'entry', 'find', '--text', 'user'] } } as const;
    await assert.rejects(scene.ask('/api/v1/commands', find), /answers 403: .*restorer/);
  });

  test('a server that goes away while changes are made is told in a sentence, with the way back', async () => {
    await using gate = await startLdapGate({ ldapPort: scene.directory.ldapPort });
    await scene.stopAgent();
    await scene.startAgent({ ROOTCELLAR_SERVER_URL: gate.url, ROOTCELLAR_SERVER_CA_FILE: gate.caFile });
    const spoilt = Array.from({ length: 100 }, (_, at) => person(100 + at));
    for (const dn of spoilt) await replaceValues(client, dn, 'description', ['spoilt']);
    await using visitor = await visit(scene, 'restorer', '/entries/bring-back');
    const { page } = visitor;
    await page.getByRole('combobox', { name: 'As it was in' }).selectOption(snapshot(-1));
    await page.getByText('Also what a filter finds in the snapshot').click();
    await page.getByRole('textbox', { name: /LDAP filter/ }).fill('(uid=user.1*)');
    await page.getByRole('button', { name: 'Show what would be done' }).click();
    await page.getByText('The same by hand').waitFor();
    const held = gate.holdRequest(/uid=user\.150,ou=People,dc=example,dc=com0/);
    await apply(page, 'Bring back what was chosen', 'Make 100 changes');
    await held.arrived;
    gate.cut();
    held.release();

    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /Cannot .*\d+ of 100 changes were made.*To do: run the same command again.*E_CHANGES_CUT_OFF/s);
    await assertAccessible(page);
    await screenshot(page, 'entries-cut-off');
    await page.getByRole('link', { name: 'Take back what was made' }).click();
    await page.getByText('The same by hand').waitFor();
    await apply(page, 'Take them back');
    await page.getByText('done and proven').waitFor();
    for (const dn of spoilt) assert.deepEqual(await valuesOf(client, dn, 'description'), ['spoilt'], dn);

    // With nobody there at all.
    await scene.directory.stop();
    await page.goto(`${scene.url}${entryPage(person(1), snapshot(0))}`);
    await page.getByRole('alert').first().waitFor({ timeout: 60_000 });
    assert.match(await page.getByRole('alert').first().innerText(), /Cannot .*E_SERVER_UNREACHABLE/s);
    await page.getByText(/moments? in 4 snapshots/).waitFor();
    await scene.directory.restart();
  });
});

async function dropMember(client: Client, group: string, type: string, dn: string): Promise<void> {
  await client.modify(group, new Change({ operation: 'delete', modification: new Attribute({ type, values: [dn] }) }));
}
