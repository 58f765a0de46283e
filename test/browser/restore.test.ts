import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Client } from 'ldapts';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { keptEvents } from '../harness/stream-events.ts';
import { compareEntries, readEntryDigests, type EntryDigests } from '../harness/directory-entries.ts';

suite('a restore by clicks', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  let client: Client;
  /** Every entry, as it was when the newest snapshot was made. */
  let good: EntryDigests;
  let snapshot: string;

  before(async () => {
    // A server that is held is not given up while a slow machine looks at the page.
    scene = await startConsoleScene({ settings: { ROOTCELLAR_SERVER_TIMEOUT: '10m' } });
    snapshot = await backUp();
    client = await scene.directory.connect();
    good = await readEntryDigests(client, scene.directory.baseDn);
  });
  after(async () => {
    await client.unbind();
    await scene[Symbol.asyncDispose]();
  });

  /** By the agent, which then knows of it; resolves with the snapshot's full ID. */
  async function backUp(): Promise<string> {
    const { id } = await scene.ask<{ id: string }>('/api/v1/commands', { body: { words: ['backup'], isKept: true } });
    const headers = { authorization: `Bearer ${scene.tokens.restorer}` };
    for await (const event of keptEvents(await fetch(`${scene.url}/api/v1/commands/${id}/events`, { headers }))) {
      if (event.kind !== 'end') continue;
      assert.equal(event.command.exitCode, 0, JSON.stringify(event.command.failure));
      return (event.command.result as { id: string }).id;
    }
    throw new Error('the backup did not end');
  }

  /** Fifty people and a group are gone, and one entry that must go has come. */
  async function destroy(): Promise<void> {
    const { baseDn } = scene.directory;
    for (let number = 100; number < 150; number += 1) await client.del(`uid=user.${number},ou=People,${baseDn}`);
    await client.del(scene.dns.editors);
    await client.add(`ou=Rubbish,${baseDn}`, { objectClass: ['top', 'organizationalUnit'], ou: 'Rubbish' });
  }

  /** Nothing is left but the base entry, whatever was there. */
  async function destroyAll(): Promise<void> {
    const { searchEntries } = await client.search(scene.directory.baseDn, { scope: 'sub', attributes: ['1.1'] });
    const dns = searchEntries.map(({ dn }) => dn).filter((dn) => dn !== scene.directory.baseDn);
    // Those farthest below first.
    for (const dn of dns.toSorted((one, other) => other.split(',').length - one.split(',').length)) await client.del(dn);
  }

  async function assertAllIsBack(): Promise<void> {
    await client.unbind();
    client = await scene.directory.connect();
    const found = compareEntries(good, await readEntryDigests(client, scene.directory.baseDn));
    assert.deepEqual(found, { equal: good.size, changed: [], missing: [], added: [] });
  }

  const short = (): string => snapshot.slice(0, 12);

  async function toPlan(page: Page): Promise<void> {
    await page.getByRole('link', { name: /The server, or a whole branch/ }).click();
    await page
      .getByRole('button', { name: `Take ${short()}` })
      .first()
      .click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
  }

  async function confirm(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Restore …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(scene.directory.ldapsUrl);
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.waitForURL(/\/restore\/[^/?]+$/);
  }

  /** The page says so of every entry, and the server has them. */
  async function assertProven(page: Page): Promise<void> {
    const proof = page.getByRole('row').filter({ hasText: scene.directory.baseDn });
    assert.deepEqual(await proof.getByRole('cell').allTextContents(), [
      'ds-0',
      scene.directory.baseDn,
      `${good.size}`,
      `${good.size}`,
      'every entry',
      'the same',
    ]);
    await assertAccessible(page);
    await onPhone(page);
    await assertAllIsBack();
  }

  test('brings every entry back, shows each step, can be left in the middle and come back to, and is proven', async () => {
    await destroy();
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'restorer', '/restore');
    await page.getByText('None yet.').waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-what-happened');

    await page.getByRole('link', { name: /The server, or a whole branch/ }).click();
    await page
      .getByRole('button', { name: `Take ${short()}` })
      .first()
      .waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-which-state');

    await page
      .getByRole('button', { name: `Take ${short()}` })
      .first()
      .click();
    await page.getByRole('button', { name: 'Show the plan' }).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-what');

    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText(`Replace backend userRoot: ${good.size - 50} entries now, ${good.size} in the backup`).waitFor();
    await page.getByText(/not known yet: no restore or drill is on record/).waitFor();
    await page.getByRole('button', { name: 'Compare with what is there now' }).click();
    const changes = page.getByRole('region', { name: 'What exactly would be lost?' }).getByText(/ goes, /);
    await changes.waitFor({ timeout: 60_000 });
    assert.equal(await changes.textContent(), `userRoot ${scene.directory.baseDn}: 1 entry goes, 0 become what they were, 51 come back.`);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-plan');

    await page.getByRole('button', { name: 'Restore …' }).click();
    const dialog = page.getByRole('dialog');
    const restore = dialog.getByRole('button', { name: 'Restore', exact: true });
    for (const wrong of ['', 'ds-0', scene.directory.ldapsUrl.toUpperCase(), `${scene.directory.ldapsUrl} `]) {
      await dialog.getByRole('textbox').fill(wrong);
      assert.equal(await restore.isDisabled(), true, `"${wrong}" is not the name of the server`);
    }
    await dialog.getByRole('textbox').press('Enter');
    const { commands: ran } = await scene.ask<{ commands: { name: string }[] }>('/api/v1/commands');
    assert.deepEqual(
      ran.map(({ name }) => name),
      ['backup'],
    );
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-confirm');

    await dialog.getByRole('textbox').fill(scene.directory.ldapsUrl);
    await restore.click();
    await page.getByRole('heading', { level: 1, name: 'Restoring …' }).waitFor();
    const stages = page.getByRole('list', { name: 'The plan' }).locator('> li');
    await stages.and(page.locator('[aria-current=step]')).waitFor();
    // The server answers nothing for a while, so that there is a middle.
    process.kill(scene.directory.pid, 'SIGSTOP');
    try {
      assert.match((await stages.first().textContent()) ?? '', /^Fetch the snapshot and check every byte of it \((done|under way)\)/);
      assert.match((await stages.last().textContent()) ?? '', /^Prove that the server has what the backup has \(not begun\)/);
      await page.getByText('You can leave this page').waitFor();
      await assertAccessible(page);
      await onPhone(page);
      await screenshot(page, 'restore-under-way');
      await page.getByRole('link', { name: 'Audit' }).click();
      await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
      await page.getByRole('link', { name: 'Restore', exact: true }).click();
      await page.getByText(/A restore is under way, begun by/).waitFor();
    } finally {
      process.kill(scene.directory.pid, 'SIGCONT');
    }
    await page.getByRole('link', { name: 'Look at it' }).click();
    await page.getByRole('heading', { level: 1, name: 'Restored' }).waitFor({ timeout: 90_000 });
    await page.getByRole('region', { name: 'It is back, and proven' }).waitFor();
    await assertProven(page);
    await screenshot(page, 'restore-proven');
    const { commands } = await scene.ask<{ commands: { words: string[] }[] }>('/api/v1/commands');
    assert.ok(commands[0]?.words.includes(snapshot), `what was restored is named by its full ID: ${commands[0]?.words.join(' ')}`);

    await page.getByRole('link', { name: 'Restore', exact: true }).click();
    await page
      .getByRole('listitem')
      .filter({ hasText: `restore of ${short()}` })
      .getByText('proven')
      .waitFor();
  });

  test('a server that is all empty gets every entry from the export: chosen, shown in the plan, changed and chosen again, and proven', async () => {
    await destroyAll();
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'restorer', '/restore');
    await page.getByRole('link', { name: /The server, or a whole branch/ }).click();
    await page
      .getByRole('button', { name: `Take ${short()}` })
      .first()
      .click();
    const fromExport = page.getByRole('radio', { name: 'The export: the entries as text (LDIF)' });
    const fromBackup = page.getByRole('radio', { name: "The backup: the server's own database files" });
    await fromBackup.and(page.locator(':checked')).waitFor();
    await fromExport.check();
    await page.getByRole('button', { name: 'Show the plan' }).click();

    const plan = page.getByRole('region', { name: 'What happens, in this order' });
    await plan.getByText(`Replace backend userRoot: 1 entry now, ${good.size} in the export`).waitFor({ timeout: 60_000 });
    await plan.getByText('Read every entry of each export').waitFor();
    await page.getByText('the export of its entries; its backup is not looked at').waitFor();
    await assertAccessible(page);
    await onPhone(page);

    // Whoever is not sure looks at the other plan, and comes back.
    await page.getByRole('link', { name: 'Change what is restored' }).click();
    await fromExport.and(page.locator(':checked')).waitFor();
    await fromBackup.check();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await plan.getByText(`Replace backend userRoot: 1 entry now, ${good.size} in the backup`).waitFor({ timeout: 60_000 });
    await page.goBack();
    await page.goBack();
    await plan.getByText(`${good.size} in the export`).waitFor({ timeout: 60_000 });

    await page.getByRole('button', { name: 'Restore …' }).click();
    await page.getByRole('dialog').getByText(`replaced by the export of the backup ${short()}`).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
    await confirm(page);
    await page.getByRole('region', { name: 'It is back, and proven' }).waitFor({ timeout: 120_000 });
    const stages = page.getByRole('list', { name: 'The plan' }).locator('> li');
    const told = await stages.allTextContents();
    assert.ok(
      told.some((text) => text.startsWith('Read every entry of each export')),
      told.join('\n'),
    );
    assert.ok(
      told.every((text) => text.endsWith('(done)')),
      told.join('\n'),
    );
    await assertProven(page);
    const { commands } = await scene.ask<{ commands: { words: string[] }[] }>('/api/v1/commands');
    const words = commands[0]?.words ?? [];
    assert.ok(words[0] === 'restore' && words.includes('--from-export') && words.includes(snapshot), words.join(' '));
  });

  test('an operator sees the plan, and is told who may go on; the agent itself refuses too', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/restore');
    await toPlan(page);
    await page.getByText('You may look at the plan, and not carry it out.').waitFor();
    assert.equal(await page.getByRole('button', { name: /^Restore/ }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /^Compare/ }).count(), 0);
    await assertAccessible(page);
    await assert.rejects(
      scene.ask('/api/v1/commands', { role: 'operator', body: { words: ['restore', snapshot, '--yes'], isKept: true } }),
      /answers 403: .*E_AGENT_ROLE/s,
    );
    const address = page.url();

    const other = await browser.openOther();
    await scene.openSignedIn(other, 'restorer', address.slice(scene.url.length));
    await other.getByRole('button', { name: 'Restore …' }).waitFor();
  });

  test('a server that is away is told in a sentence, before and in the middle; once it is back, the same way leads on', async () => {
    await using browser = await startBrowser();
    // The answer of the plan is the failure that is shown.
    browser.allow(/status of 500/);
    const { page } = browser;
    await scene.openSignedIn(page, 'restorer', '/restore');
    await scene.directory.stop();
    await toPlan(page);
    await page
      .getByRole('alert')
      .getByText(/E_SERVER_UNREACHABLE/)
      .first()
      .waitFor({ timeout: 60_000 });
    await page.getByText('Nothing was changed.', { exact: true }).waitFor();
    await assertAccessible(page);
    await scene.directory.restart();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Restore …' }).waitFor({ timeout: 60_000 });

    process.kill(scene.directory.pid, 'SIGSTOP');
    await confirm(page);
    await scene.directory.kill();
    await page.getByRole('heading', { level: 1, name: 'The restore did not come to its end' }).waitFor({ timeout: 90_000 });
    await page
      .getByRole('alert')
      .getByText(/^To do: /)
      .first()
      .waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-failed');
    await scene.directory.restart();

    await page.getByRole('link', { name: 'Look at the plan of the same restore again' }).click();
    await confirm(page);
    await page.getByRole('region', { name: 'It is back, and proven' }).waitFor({ timeout: 90_000 });
    await assertAllIsBack();
  });

  test('an agent that goes away while somebody watches is told, and asked again by itself', async () => {
    await using browser = await startBrowser();
    browser.allow(/a request failed|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|status of 40[14]/);
    const { page } = browser;
    await scene.openSignedIn(page, 'restorer', '/restore');
    await toPlan(page);
    await page.getByRole('button', { name: 'Restore …' }).waitFor({ timeout: 60_000 });
    process.kill(scene.directory.pid, 'SIGSTOP');
    try {
      await confirm(page);
      await page.getByRole('heading', { level: 1, name: 'Restoring …' }).waitFor();
      await scene.killAgent();
      await page.getByText('The agent does not answer at the moment.').waitFor();
    } finally {
      process.kill(scene.directory.pid, 'SIGCONT');
    }
    await scene.startAgent();
    // Its sessions were the old agent's own.
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor({ timeout: 60_000 });
    await page.getByRole('textbox', { name: /^Token/ }).fill(scene.tokens.restorer);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText(/An agent keeps what it ran for a day/).waitFor();
    await assertAccessible(page);
  });
});
