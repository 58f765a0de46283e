import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { StoredAudit } from '../../src/archive/stored-audit.ts';
import { newAuditId } from '../../src/domain/audit-entry.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { realClock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';

const oldEntries = 300;

suite('the page of the audit', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await startConsoleScene();
    const store = await openS3Store({ bucket: 'backups', prefix: 'directory', endpoint: scene.s3.endpoint, region: scene.s3.region });
    const archive = repositoryArchive(store, { clock: realClock, password: archivePassword });
    const stored = new StoredAudit(store, () => archive.notes(), 'directory');
    const january = Date.UTC(2026, 0, 1);
    await Promise.all(
      Array.from({ length: oldEntries }, async (_, at) => {
        const time = new Date(january + at * 60_000);
        const who = { name: `person ${at % 3}`, role: 'viewer', via: 'oidc' };
        await stored.save({
          id: newAuditId(time, 0.5),
          time: time.toISOString(),
          agent: 'ds-0',
          who,
          action: 'sign in',
          outcome: 'allowed',
        });
      }),
    );
    await store.close();
    await assert.rejects(
      scene.ask('/api/v1/commands', { role: 'operator', body: { words: ['restore', 'latest', '--yes'], isKept: true } }),
      /E_AGENT_ROLE/,
    );
    const words = ['entry', 'find', '--from', scene.snapshots[0] ?? '', '--where', '(uid=user.7)'];
    const answer = await fetch(`${scene.url}/api/v1/commands`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene.tokens.restorer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ words }),
    });
    assert.match(await answer.text(), /"kind":"end"/);
  });
  after(() => scene[Symbol.asyncDispose]());

  test('tells who did what and what was refused, the newest first; who asks for more gets the older ones', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/audit');
    const rows = page.getByRole('region', { name: 'What was done' }).locator('tbody tr[aria-rowindex]');
    await rows.first().waitFor();
    const told = await rows.allTextContents();
    assert.match(told[0] ?? '', /operator operator\s*signed in.*done/, 'the sign-in of who looks is the newest');
    const at = (pattern: RegExp): number => told.findIndex((text) => pattern.test(text));
    const [found, refused, old] = [/restorer.*looked for entries.*uid=user\.7/, /operator.*refused/, /person 2.*signed in/].map(at);
    assert.ok(found !== undefined && refused !== undefined && old !== undefined);
    assert.ok(found > 0 && refused > found && old > refused, told.slice(0, 8).join('\n'));
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'audit');

    const count = page.getByRole('status');
    await count.getByText('200 read; there are older ones.').waitFor();
    await page.getByRole('button', { name: 'Read older ones' }).click();
    await count.getByText(/^3\d\d read; there are no older ones\.$/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Read older ones' }).count(), 0);
    assert.ok((await rows.count()) < 100, 'only the rows in view are in the page');

    await page.getByLabel('Who').selectOption('person 1');
    await count.getByText(new RegExp(`^${oldEntries / 3} of 3\\d\\d that were read`)).waitFor();
    assert.ok((await rows.allTextContents()).every((text) => text.includes('person 1')));
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Outcome').selectOption({ label: 'refused' });
    await count.getByText(/^1 of /).waitFor();
    await page.getByRole('button', { name: /^More of: operator/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(/restorer/)
      .first()
      .waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('combobox', { name: /^What/ }).selectOption({ label: 'looked for entries' });
    await count.getByText(/^0 of /).waitFor();
  });

  test('an archive that does not answer is told in a sentence, and what was read stays', async () => {
    await using browser = await startBrowser();
    browser.allow(/status of 5\d\d/);
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/audit');
    await page
      .getByRole('status')
      .getByText(/^200 read/)
      .waitFor();
    process.kill(scene.s3.pid, 'SIGKILL');
    await page.getByRole('button', { name: 'Read older ones' }).click();
    await page.getByRole('alert').getByText(/E_/).first().waitFor({ timeout: 90_000 });
    await page
      .getByRole('status')
      .getByText(/^200 read/)
      .waitFor();
  });
});
