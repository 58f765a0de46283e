import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';

const agentAway = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/;

suite('the runs', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await startConsoleScene({ settings: { ROOTCELLAR_RETENTION_KEEP_LAST: '20' } });
  });
  after(() => scene[Symbol.asyncDispose]());

  function ended(page: Page) {
    return page.getByRole('region', { name: 'Runs that have ended, the newest first' });
  }

  async function runNow(page: Page, job: string): Promise<void> {
    await page.getByRole('button', { name: 'Run now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Run a job now' });
    await dialog.getByLabel(job, { exact: true }).check();
    await dialog.getByRole('button', { name: `Run ${job}` }).click();
    await page.getByRole('heading', { name: `Run of ${job}` }).waitFor();
  }

  test('are a list, newest first, that is looked through by job and by outcome', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer', '/runs');

    await ended(page).waitFor();
    const rows = await ended(page).getByRole('row').allInnerTexts();
    assert.equal(rows.length, 1 + 6);
    assert.match(rows[1] ?? '', /backup\s+succeeded\s+.*snapshot [0-9a-f]{12}, [\d.]+ MiB/s);
    assert.match(rows[2] ?? '', /backup\s+failed\s+.*Cannot/s);
    await page.getByLabel('Job').selectOption('backup');
    await page.getByLabel('Outcome').selectOption('failure');
    await page.waitForURL(/\/runs\?job=backup&outcome=failure$/);
    await ended(page).getByRole('row').nth(2).waitFor({ state: 'detached' });
    await ended(page).getByRole('row').nth(1).waitFor();
    assert.equal(await ended(page).getByRole('row').count(), 1 + 1);
    await assertAccessible(page);
    await onPhone(page);
    await page.getByLabel('Outcome').selectOption('skipped');
    await page.getByText('There are none.').waitFor();
  });

  test('have each a page, on which a failure says why and what to do', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer', '/runs?outcome=failure');
    await ended(page).getByRole('link').first().click();

    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(
      await alert.innerText(),
      /^Cannot [\s\S]*To do: [\s\S]*E_SERVER_UNREACHABLE: rootcellar explain E_SERVER_UNREACHABLE says more\.$/,
    );
    assert.match(await page.getByRole('region', { name: 'Facts' }).innerText(), /failed/);
    await assertAccessible(page);
    await onPhone(page);
  });

  test('of which nothing is known are said to be so', async () => {
    await using browser = await startBrowser();
    browser.allow(/404/);
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer', '/runs/20200101T000000000Z-aaaaaa');

    assert.match(await page.getByRole('alert').innerText(), /20200101T000000000Z-aaaaaa/);
  });

  test('are begun by clicks, and are seen live to their end with what came of them', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs');
    await page.getByRole('button', { name: 'Run now' }).click();
    await page
      .getByRole('dialog')
      .getByText(/checks every file, and archives them/)
      .waitFor();
    await assertAccessible(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await runNow(page, 'backup');

    const steps = page.getByRole('region', { name: 'Steps' }).getByRole('listitem');
    await steps.filter({ hasText: 'back up backend "userRoot"' }).first().waitFor();
    assert.match(await page.getByRole('region', { name: 'Facts' }).innerText(), /under way|succeeded/);
    const result = page.getByRole('region', { name: 'What came of it' });
    await result.waitFor();
    assert.match(await page.getByRole('region', { name: 'Facts' }).innerText(), /succeeded[\s\S]*a request by .*operator/);
    assert.match(
      await result.innerText(),
      /Snapshot\s+[0-9a-f]{12} of ds-0[\s\S]*complete[\s\S]*Size\s+[\d.]+ MiB[\s\S]*New\s+[\d.]+ [KM]iB[\s\S]*Entries\s+\d+/,
    );
    assert.equal(await page.getByRole('region', { name: 'Steps' }).getByText('(under way)').count(), 0);
    assert.match(await page.getByRole('region', { name: 'The last lines of the run' }).innerText(), /archived as snapshot/);
    assert.match((await result.getByRole('link').first().getAttribute('href')) ?? '', /^\/archive\/[0-9a-f]{64}$/);
    await assertAccessible(page);
    await screenshot(page, 'run');
  });

  test('take the choices of the dialog: a verify that reads every byte', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs?run=verify');
    const dialog = page.getByRole('dialog', { name: 'Run a job now' });
    await dialog.getByLabel('read and hash a part').check();
    await dialog.getByRole('textbox', { name: 'Part' }).fill('all of it');
    assert.equal(await dialog.getByRole('button', { name: 'Run verify' }).isDisabled(), true);
    await dialog.getByLabel(/read and hash every byte/).check();
    await dialog.getByRole('button', { name: 'Run verify' }).click();

    await page.getByText('every byte was read').waitFor();
    assert.match(await page.getByRole('region', { name: 'Facts' }).innerText(), /verify --read-data/);
    assert.match(await page.getByRole('region', { name: 'What came of it' }).innerText(), /whole\s+5 snapshots; every byte was read/);
    await assertAccessible(page);
  });

  test('that delete show what would go before they can be begun', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs?run=forget');
    const dialog = page.getByRole('dialog', { name: 'Run a job now' });
    await dialog.getByText(/No snapshot would go; 5 would stay/).waitFor();
    await dialog.getByLabel('prune', { exact: true }).check();
    await dialog.getByText(/would be removed/).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await dialog.getByRole('button', { name: 'Run prune' }).click();

    await page.getByRole('heading', { name: 'Run of prune' }).waitFor();
    await page
      .getByRole('region', { name: 'What came of it' })
      .getByText(/removed\./)
      .waitFor();
  });

  test('are found again by who left them, live on the overview, and a drill ends with its proof', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs');
    await runNow(page, 'drill');
    await page.getByRole('region', { name: 'Steps' }).getByRole('listitem').first().waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();

    const now = page.getByRole('region', { name: 'Now' });
    await now.getByRole('listitem').first().waitFor();
    await assertAccessible(page);
    await now.getByRole('link', { name: 'drill' }).click();
    const result = page.getByRole('region', { name: 'What came of it' });
    // About twenty seconds where nothing else runs.
    await result.waitFor({ timeout: 240_000 });
    assert.match(await result.innerText(), /proven[\s\S]*dc=example,dc=com[\s\S]*every entry\s+the same/);
    assert.equal(await page.getByText('(under way)').count(), 0);
    await assertAccessible(page);
    await onPhone(page);
  });

  test('are canceled by clicks', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs');
    await runNow(page, 'drill');
    await page.getByRole('region', { name: 'Steps' }).getByRole('listitem').first().waitFor();

    await page.getByRole('button', { name: 'Cancel' }).click();
    const question = page.getByRole('dialog', { name: 'Cancel this drill?' });
    await assertAccessible(page);
    await question.getByRole('button', { name: 'Cancel it' }).click();

    await page.getByRole('region', { name: 'Facts' }).getByText('canceled').waitFor({ timeout: 60_000 });
    assert.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0);
  });

  test('cannot be begun by a viewer: no button, and the API refuses', async () => {
    await using browser = await startBrowser();
    browser.allow(/403/);
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer', '/runs?run=backup');
    await ended(page).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Run now' }).count(), 0);
    assert.equal(await page.getByRole('dialog').count(), 0);

    const answer = await page.evaluate(`(async () => {
      const { csrfToken } = await (await fetch('/api/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-rootcellar-csrf': csrfToken };
      const answer = await fetch('/api/v1/runs', { method: 'POST', headers, body: JSON.stringify({ job: 'backup' }) });
      return [answer.status, (await answer.json()).code];
    })()`);
    assert.deepEqual(answer, [403, 'E_AGENT_ROLE']);
  });

  test('that are watched while the agent is killed say so, and what became of them when it is back', async () => {
    const settings = { ROOTCELLAR_AGENT_CONSOLE_ANONYMOUS: 'operator' };
    await scene.stopAgent();
    await scene.startAgent(settings);
    await using browser = await startBrowser();
    browser.allow(agentAway);
    browser.allow(/404/);
    const { page } = browser;
    await page.goto(`${scene.url}/runs`);
    await runNow(page, 'drill');
    await page.getByRole('region', { name: 'Steps' }).getByRole('listitem').first().waitFor();

    await scene.killAgent();
    await page.getByText('The agent does not answer at the moment.').waitFor();
    await scene.startAgent(settings);

    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /nothing is known of this run: it was cut off before its end/);
    assert.ok((await page.getByRole('region', { name: 'Steps' }).getByRole('listitem').count()) > 0, 'what was told stays');
    assert.equal(await page.getByText('The agent does not answer at the moment.').count(), 0);
    await assertAccessible(page);
    await page.getByRole('link', { name: 'To all runs' }).click();
    await ended(page).waitFor();
    await scene.stopAgent();
    await scene.startAgent();
  });

  test('stand below the commands that the agent keeps, each with its steps and its document', async () => {
    const { id } = await scene.ask<{ id: string }>('/api/v1/commands', {
      role: 'operator',
      body: { words: ['verify', 'latest'], isKept: true },
    });
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/runs');
    const card = page.getByRole('region', { name: 'Commands' });
    await card.getByText('succeeded').waitFor();
    await assertAccessible(page);
    await screenshot(page, 'runs');
    await card.getByRole('link', { name: /^verify.* latest$/ }).click();

    await page.getByRole('heading', { name: 'Command: verify' }).waitFor();
    await page.waitForURL(new RegExp(`/runs/command/${id}$`));
    assert.match(await page.getByRole('region', { name: 'What came of it' }).innerText(), /"isWhole": true/);
    assert.match(await page.getByRole('region', { name: 'Facts' }).innerText(), /succeeded[\s\S]*with exit code 0/);
    await assertAccessible(page);
    await onPhone(page);
  });

  test('leave room for a command that is canceled by clicks', async () => {
    const { id } = await scene.ask<{ id: string }>('/api/v1/commands', { role: 'operator', body: { words: ['drill'], isKept: true } });
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', `/runs/command/${id}`);
    await page.getByRole('region', { name: 'Steps' }).getByRole('listitem').first().waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog', { name: 'Cancel drill?' }).getByRole('button', { name: 'Cancel it' }).click();

    await page.getByRole('region', { name: 'Facts' }).getByText('canceled').waitFor({ timeout: 60_000 });
  });
});
