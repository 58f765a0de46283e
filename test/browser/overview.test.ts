import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { bringIntoView } from '../harness/browser/bring-into-view.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';

/** Of a network on which the agent has gone, and of answers that a test provokes. */
const agentAway = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING/;

suite('the overview', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await startConsoleScene({ settings: { ROOTCELLAR_RETENTION_KEEP_LAST: '2', ROOTCELLAR_RETENTION_MINIMUM_PROVEN: '0' } });
  });
  after(() => scene[Symbol.asyncDispose]());

  async function answerOf(page: Page): Promise<string> {
    return page.getByRole('region', { name: 'Am I safe?' }).innerText();
  }

  async function restarted(change: Readonly<Record<string, string>>): Promise<void> {
    await scene.stopAgent();
    await scene.startAgent(change);
  }

  test('says that one is protected, how old the last good backup is and when one was verified', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer');

    await page.getByText('Protected', { exact: true }).first().waitFor();
    const answer = await answerOf(page);
    assert.match(answer, /Last good backup\s+3 h( \d+ min)? ago/);
    assert.match(answer, /Last verified\s+1 d \d+ h ago/);
    const servers = await page.getByRole('region', { name: 'Servers' }).innerText();
    assert.match(servers, /ds-0\s+Protected/);
    assert.ok(servers.includes(scene.snapshots.at(-1)?.slice(0, 12) ?? 'none'), servers);
    assert.equal(await page.getByRole('link', { name: 'Back up now' }).count(), 0, 'a viewer makes no backup');
    await assertAccessible(page);
    await onPhone(page);
  });

  test('is seen whole at once in light and in dark', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator');
    await page.getByText('Last good backup').first().waitFor();
    await bringIntoView(page.getByRole('region', { name: 'Runs and snapshots', exact: true }));
    await page.getByText(/runs, \d+ failed/).waitFor();
    await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();

    await assertAccessible(page);
    await screenshot(page, 'overview');
  });

  test('tells when each job runs next, and how it ended last', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator');

    const backup = page.getByRole('region', { name: 'Next runs' }).getByRole('row', { name: /^backup/ });
    assert.match(await backup.innerText(), /in \d+ h.*0 \d+ \* \* \*.*succeeded/s);
    const forget = page.getByRole('region', { name: 'Next runs' }).getByRole('row', { name: /^forget/ });
    assert.match(await forget.innerText(), /not by itself/);
    await page.getByRole('link', { name: 'Back up now' }).click();
    await page.getByRole('dialog', { name: 'Run a job now' }).waitFor();
  });

  test('draws a week of runs and snapshots in which the failure stands out, and has the same as a table', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer');
    const card = page.getByRole('region', { name: 'Runs and snapshots', exact: true });
    await bringIntoView(card);

    await card.getByText(/6 runs, 1 failed, and 4 snapshots/).waitFor();
    await card.locator('.overview-timeline-mark .overview-form-bad').waitFor();
    assert.equal(await card.locator('.overview-timeline-mark .overview-form-bad').count(), 1);
    assert.match((await card.locator('.overview-timeline-mark:has(.overview-form-bad) title').textContent()) ?? '', /^backup, failed: /);
    await card.getByText('The same as a table').click();
    const rows = await card
      .getByRole('region', { name: /newest first/ })
      .getByRole('row')
      .allInnerTexts();
    assert.equal(rows.length, 1 + 6 + 4);
    assert.equal(rows.filter((row) => /backup\s+failed/.test(row)).length, 1);
    await card.getByLabel('90 days').check();
    await page.waitForURL(/days=90/);
    await card.getByText(/In the last 90 days 6 runs/).waitFor();
    await card.locator('.overview-timeline-mark:has(.overview-form-bad)').click();
    await page.getByRole('heading', { name: 'Run of backup' }).waitFor();
  });

  test('plots how the snapshots grow, with a table beside, and loads the plots only when they come into view', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const scripts: string[] = [];
    page.on('request', (request) => void scripts.push(new URL(request.url()).pathname));
    await scene.openSignedIn(page, 'viewer');
    const card = page.getByRole('region', { name: 'Growth', exact: true });
    await card.getByText('Size of a snapshot').first().waitFor();
    assert.deepEqual(
      scripts.filter((path) => /\/plot-/.test(path)),
      [],
    );

    await bringIntoView(card);
    await card.locator('canvas').first().waitFor();
    await card
      .locator('figcaption')
      .filter({ hasText: /^Held for each byte stored 1\.\d times/ })
      .waitFor();
    const legend = await card.locator('.u-legend').first().textContent();
    assert.match(legend ?? '', /^When.* 20\d\d, \d\d:\d\d.*ds-0.*[\d.]+ MiB/, 'the newest values, as long as nothing is pointed at');
    assert.ok(scripts.some((path) => /\/plot-.*\.js$/.test(path)));
    await card.getByText('The same as a table').click();
    const rows = await card
      .getByRole('region', { name: /Growth/ })
      .getByRole('row')
      .allInnerTexts();
    assert.equal(rows.length, 1 + 4);
    assert.match(rows[1] ?? '', /ds-0\s+[\d.]+ MiB/);
    await assertAccessible(page);
    await screenshot(page, 'overview-growth', { isWindow: true });
  });

  test('shows what the retention rule would do, and asks for it once, when the card comes into view', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    let plans = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/plans/forget')) plans += 1;
    });
    await scene.openSignedIn(page, 'viewer');
    await page.getByText('Protected', { exact: true }).first().waitFor();
    assert.equal(plans, 0);

    const card = page.getByRole('region', { name: 'Retention, as it will act' });
    await bringIntoView(card);
    await card.getByText(/keeps 2 and lets 2 go/).waitFor();
    await card.getByText('Each snapshot, and why it stays').click();
    const rows = await card.getByRole('row').allInnerTexts();
    assert.match(rows[1] ?? '', /stays: last/);
    assert.match(rows[4] ?? '', /goes/);
    await page.getByRole('region', { name: 'Locks and pins' }).getByText('No snapshot is pinned.').waitFor();
    // Two further looks at the status have passed.
    for (const _ of [1, 2]) await page.waitForResponse(/\/api\/v1\/status$/);
    assert.equal(plans, 1);
    await assertAccessible(page);
  });

  test('goes on showing what was told last, with its age, while the agent cannot be reached, and goes on by itself', async () => {
    await using browser = await startBrowser();
    browser.allow(/ERR_INTERNET_DISCONNECTED/);
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer');
    await page.getByText('Protected', { exact: true }).first().waitFor();

    await page.context().setOffline(true);
    const told = page.getByText(/What is shown was told/);
    await told.first().waitFor();
    assert.match(await answerOf(page), /Protected/);
    await page.context().setOffline(false);
    while ((await told.count()) > 0) await page.waitForResponse(/\/api\/v1\/(status|overview)$/);
    assert.match(await answerOf(page), /Protected/);
  });

  test('does the same when the agent is killed and started again', async () => {
    const settings = { ROOTCELLAR_AGENT_CONSOLE_ANONYMOUS: 'viewer' };
    await restarted(settings);
    await using browser = await startBrowser();
    browser.allow(agentAway);
    const { page } = browser;
    await page.goto(scene.url);
    await page.getByText('Protected', { exact: true }).first().waitFor();

    await scene.killAgent();
    const told = page.getByText(/What is shown was told/);
    await told.first().waitFor();
    assert.match(await answerOf(page), /Protected/);
    await scene.startAgent(settings);
    while ((await told.count()) > 0) await page.waitForResponse(/\/api\/v1\/(status|overview)$/);
    await page.getByText('Protected', { exact: true }).first().waitFor();
    // The new agent has given its pages another token; the page learns it when it sends one that is known no longer.
    browser.allow(/403/);
    const plan = page.getByRole('region', { name: 'Retention, as it will act' });
    await bringIntoView(plan);
    await plan.getByText(/keeps 2 and lets 2 go/).waitFor();
  });

  test('says that one is at risk when the last backup failed, and what to do', async () => {
    await restarted({ ROOTCELLAR_SERVER_URL: 'ldaps://127.0.0.1:9' });
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'operator');
    await page.getByText('Protected', { exact: true }).first().waitFor();

    await scene.ask('/api/v1/runs', { role: 'operator', body: { job: 'backup' } });

    // Without a click: the page hears that a run has ended.
    await page.getByText('At risk', { exact: true }).first().waitFor();
    const answer = await answerOf(page);
    assert.match(answer, /The last backup failed: Cannot/);
    assert.match(answer, /To do: /);
    assert.match(answer, /rootcellar explain E_SERVER_UNREACHABLE/);
    await assertAccessible(page);
    await onPhone(page);
  });

  test('says that it fails when the last good backup is too old', async () => {
    await restarted({ ROOTCELLAR_STATUS_MAX_AGE: '2h' });
    await using browser = await startBrowser();
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer');

    await page.getByText('Failing', { exact: true }).first().waitFor();
    const answer = await answerOf(page);
    assert.match(answer, /The last good backup of ds-0 is 3 .* old/);
    await assertAccessible(page);
  });

  test('says that it is not known while the archive cannot be read', async () => {
    await restarted({ ROOTCELLAR_ARCHIVE: 's3://backups/nowhere' });
    await using browser = await startBrowser();
    browser.allow(/status of (4|5)\d\d/);
    const { page } = browser;
    await scene.openSignedIn(page, 'viewer');

    await page.getByText('Not known yet', { exact: true }).first().waitFor();
    const answer = await answerOf(page);
    assert.match(answer, /Last good backup\s+(none|not known)/);
    await assertAccessible(page);
  });
});
