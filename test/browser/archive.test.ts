import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser, type Page } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';

interface Listed {
  readonly id: string;
  readonly time: string;
  readonly pinned?: { readonly by: string; readonly reason?: string; readonly until?: string };
}

suite('the archive in the console', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await startConsoleScene();
  });
  after(() => scene[Symbol.asyncDispose]());

  const listed = (): Promise<readonly Listed[]> => scene.ask<readonly Listed[]>('/api/v1/snapshots');
  const dayOf = (time: string): number => Date.parse(time.slice(0, 10)) / 86_400_000;
  const shortOf = (id: string): string => id.slice(0, 12);
  const rowsOf = (page: Page) => page.locator('.virtual-frame tbody tr:not(.virtual-gap)');

  test('shows the newest day of a calendar that arrows, Page Up and the address lead through', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [newest, , , oldest] = await listed();
    assert.ok(newest !== undefined && oldest !== undefined);
    await scene.openSignedIn(page, 'viewer', '/archive');
    const chosen = page.locator('[aria-selected="true"] button');
    await chosen.waitFor();
    assert.match(await chosen.innerText(), new RegExp(`${dayName(newest.time)}(, today)?: 1 snapshot, complete`));
    await page.getByRole('link', { name: shortOf(newest.id) }).waitFor();
    await chosen.focus();
    // The newest is hours old, and may be of yesterday.
    for (let day = dayOf(oldest.time); day < dayOf(newest.time); day += 1) await page.keyboard.press('ArrowLeft');
    await page.getByRole('link', { name: shortOf(oldest.id) }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.innerText.split(":")[0]'), dayName(oldest.time));
    assert.equal(new URL(page.url()).searchParams.get('day'), oldest.time.slice(0, 10));
    await page.keyboard.press('PageUp');
    await page.getByText('No snapshot of this day').waitFor();
    await assertAccessible(page);
    await page.goBack();
    await page.goForward();
    await page.getByText('No snapshot of this day').waitFor();
    await page.getByRole('button', { name: 'Month after' }).click();
    await page.getByRole('link', { name: shortOf(oldest.id) }).waitFor();
    await onPhone(page);
    await screenshot(page, 'archive');
  });

  test('shows a table that is sorted by its headings and filtered by the address, and offers a viewer nothing to change', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const ids = (await listed()).map(({ id }) => shortOf(id));
    await scene.openSignedIn(page, 'viewer', '/archive?view=table');
    const shown = async (): Promise<readonly string[]> => rowsOf(page).locator('a').allInnerTexts();
    await page.getByRole('link', { name: ids[0] ?? '' }).waitFor();
    assert.deepEqual(await shown(), ids);
    await page.getByRole('button', { name: 'Time' }).click();
    await page.locator('th[aria-sort="ascending"]').waitFor();
    assert.deepEqual(await shown(), ids.toReversed());
    await page.getByLabel('Words').fill(ids[1] ?? '');
    await page.getByRole('status').getByText('1 of 4 snapshots').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('text'), ids[1]);
    await page.reload();
    await page.getByRole('status').getByText('1 of 4 snapshots').waitFor();
    assert.deepEqual(await shown(), [ids[1]]);
    await page.getByLabel('State').selectOption('damaged');
    await page.getByText('No snapshot fits').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('status').getByText('4 snapshots,').waitFor();
    for (const id of ids.slice(0, 2)) await page.getByLabel(`Choose ${id}`).check();
    await page.getByText('2 chosen').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Forget' }).count(), 0);
    await assertAccessible(page);
    await screenshot(page, 'archive-table');
    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Compare two snapshots' }).waitFor();
  });

  test('tells of one snapshot where it came from, what it holds, and its manifest, without buttons for a viewer', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [, second] = await listed();
    assert.ok(second !== undefined);
    await scene.openSignedIn(page, 'viewer', `/archive/${shortOf(second.id)}`);
    await page.getByText(second.id).waitFor();
    await page.getByRole('region', { name: 'Backends' }).getByText('dc=example,dc=com').first().waitFor();
    await page.getByText('What it alone holds', { exact: true }).waitFor();
    await rowsOf(page).getByText('export/userRoot.ldif', { exact: true }).waitFor();
    for (const name of ['Verify', 'Drill', 'Pin', 'Forget']) assert.equal(await page.getByRole('button', { name }).count(), 0, name);
    assert.equal(await page.getByRole('link', { name: 'which entries changed' }).count(), 0);
    await page.getByText('Show it as JSON').click();
    const text = await page.locator('.archive-manifest').innerText();
    assert.match(text, /"backupId"/);
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'archive-snapshot');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const { stdout } = await scene.run('show', second.id, '--json');
    const { manifest } = JSON.parse(stdout) as { readonly manifest: unknown };
    assert.deepEqual(JSON.parse(await readFile(await (await download).path(), 'utf8')), manifest);
  });

  test('compares a snapshot with the one before it by one click', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [newest, before] = await listed();
    assert.ok(newest !== undefined && before !== undefined);
    await scene.openSignedIn(page, 'restorer', `/archive/${newest.id}`);
    await page.getByRole('link', { name: 'what differs' }).click();
    await rowsOf(page).getByText('export/userRoot.ldif', { exact: true }).waitFor();
    const { stdout } = await scene.run('diff', before.id, newest.id, '--json');
    const { changes } = JSON.parse(stdout) as { readonly changes: readonly unknown[] };
    assert.equal(await rowsOf(page).count(), changes.length);
    await page.getByRole('link', { name: 'Which entries of the directory changed between them' }).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'archive-compare');
    await page.getByRole('button', { name: 'Swap' }).click();
    await page.waitForURL((url) => url.searchParams.get('before') === newest.id);
    await page
      .getByRole('link', { name: shortOf(newest.id) })
      .first()
      .waitFor();
  });

  test('says that there is no such snapshot', async () => {
    await using browser = await startBrowser();
    browser.allow(/404/);
    await scene.openSignedIn(browser.page, 'viewer', '/archive/ffffffffffff');
    await browser.page.getByRole('alert').getByText('E_SNAPSHOT_UNKNOWN').first().waitFor();
    await assertAccessible(browser.page);
  });

  test('verifies a snapshot by clicks, to the end of the run', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [newest] = await listed();
    assert.ok(newest !== undefined);
    await scene.openSignedIn(page, 'operator', `/archive/${newest.id}`);
    await page.getByRole('button', { name: 'Verify …' }).click();
    await page.getByLabel('Every byte').check();
    await assertAccessible(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
    const watch = page.getByRole('region', { name: `Verify ${shortOf(newest.id)}` });
    await watch.getByText('succeeded').waitFor({ timeout: 60_000 });
    const href = await watch.getByRole('link').getAttribute('href');
    const run = await scene.ask<{
      readonly words: readonly string[];
      readonly result?: { readonly isWhole: boolean; readonly isDataRead: boolean };
    }>(`/api/v1${href}`);
    assert.deepEqual(run.words.slice(0, 1), ['verify']);
    assert.ok(run.words.includes(newest.id) && run.words.includes('--read-data'), run.words.join(' '));
    assert.deepEqual([run.result?.isWhole, run.result?.isDataRead], [true, true]);
    // The run that was just seen to end is what the page now knows of it.
    await page.getByText(/, all bytes$/).waitFor();
  });

  test('drills with a snapshot by clicks, and shows the proof that came of it', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [newest] = await listed();
    assert.ok(newest !== undefined);
    await scene.openSignedIn(page, 'operator', `/archive/${newest.id}`);
    await page.getByText('Nobody has tried yet').waitFor();
    await page.getByRole('button', { name: 'Drill …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Begin the drill' }).click();
    const watch = page.getByRole('region', { name: `Drill of ${shortOf(newest.id)}` });
    await watch.getByText('succeeded').waitFor({ timeout: 180_000 });
    const reports = page.getByRole('region', { name: 'Did it come back?' });
    await reports.getByText('proven', { exact: true }).waitFor({ timeout: 30_000 });
    await reports.getByText(/dc=example,dc=com at .*every entry compared: equal/).waitFor();
    await assertAccessible(page);
    await screenshot(page, 'archive-proof');
  });

  test('pins a snapshot with a reason and an end, which cannot be forgotten until it is unpinned', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [, , third] = await listed();
    assert.ok(third !== undefined);
    await scene.openSignedIn(page, 'operator', `/archive/${third.id}`);
    await page.getByRole('button', { name: 'Pin …', exact: true }).click();
    await page.getByLabel('Reason').fill('before the "merger"; --yes');
    await page.getByLabel('Until').fill('2030-01-31T12:00');
    await page.getByRole('dialog').getByRole('button', { name: 'Pin' }).click();
    await page.getByRole('button', { name: 'Unpin …' }).waitFor({ timeout: 60_000 });
    await page.getByText('before the "merger"; --yes').first().waitFor();
    const pinned = (await listed()).find(({ id }) => id === third.id)?.pinned;
    assert.match(pinned?.by ?? '', /^operator at ./, 'it is pinned by whoever clicked');
    assert.deepEqual([pinned?.reason, pinned?.until], ['before the "merger"; --yes', '2030-01-31T12:00:00.000Z']);
    await page.getByRole('button', { name: 'Forget …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('unpin it first').waitFor();
    assert.ok(await dialog.getByRole('button', { name: 'Forget' }).isDisabled());
    await assertAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Unpin …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unpin' }).click();
    await page.getByRole('button', { name: 'Pin …', exact: true }).waitFor({ timeout: 60_000 });
    assert.equal((await listed()).find(({ id }) => id === third.id)?.pinned, undefined);
  });

  test('refuses to forget the newest good snapshot before anything is asked', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [newest] = await listed();
    assert.ok(newest !== undefined);
    await scene.openSignedIn(page, 'operator', `/archive/${newest.id}`);
    await page.getByText('What it alone holds', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Forget …' }).click();
    await page.getByRole('dialog').getByText('is the newest good snapshot').waitFor();
    assert.ok(await page.getByRole('dialog').getByRole('button', { name: 'Forget' }).isDisabled());
  });

  test('forgets the chosen snapshots by clicks: the plan, the typed words, and then they are gone', async () => {
    await using browser = await startBrowser();
    const { page } = browser;
    const [first, second, third, fourth] = await listed();
    assert.ok(first !== undefined && second !== undefined && third !== undefined && fourth !== undefined);
    await scene.openSignedIn(page, 'operator', '/archive?view=table');
    for (const { id } of [third, fourth]) await page.getByLabel(`Choose ${shortOf(id)}`).check();
    await page.getByRole('button', { name: 'Forget …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('nothing brings them back').waitFor({ timeout: 60_000 });
    for (const { id } of [third, fourth]) await dialog.getByText(shortOf(id)).waitFor();
    await dialog.getByText('What stays: 2 of ds-0.').waitFor();
    await dialog.getByText(/The next prune gives .* back/).waitFor({ timeout: 60_000 });
    await assertAccessible(page);
    await screenshot(page, 'archive-forget');
    const button = dialog.getByRole('button', { name: 'Forget' });
    await dialog.getByLabel('Type').fill('forget 3');
    assert.ok(await button.isDisabled());
    await dialog.getByLabel('Type').fill('forget 2');
    await button.click();
    await page.getByRole('region', { name: 'Forget 2 snapshots' }).getByText('succeeded').waitFor({ timeout: 60_000 });
    await page.getByRole('status').getByText('2 snapshots,').waitFor({ timeout: 60_000 });
    assert.deepEqual(
      (await listed()).map(({ id }) => id),
      [first.id, second.id],
    );
    const { stdout } = await scene.run('list', '--json');
    assert.equal((JSON.parse(stdout) as unknown[]).length, 2);
  });
});

/** As the calendar names it in the browser of the tests: English (GB), in UTC. */
function dayName(time: string): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' }).format(new Date(time));
}
