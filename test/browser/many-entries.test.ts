import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { requestsOf, scrollToPart, watchLongTasks } from '../harness/browser/page-watch.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleAgent, type ConsoleAgent } from '../harness/console-agent.ts';
import { archiveOfEntries } from '../harness/many-entries.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';

const people = 1_000_000;
const patience = { timeout: 120_000 };

suite('the search of the console through a million entries', { timeout: 1_200_000 }, () => {
  let home: TemporaryFolder;
  let agent: ConsoleAgent;
  before(async () => {
    home = await temporaryFolder('many-entries');
    agent = await startConsoleAgent(home.path, await archiveOfEntries(home.path, people));
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    await home.remove();
  });

  test('finds as many as were asked for, says that there are more, and shows them with a few rows in the page', async (t) => {
    await using browser = await startBrowser();
    const { page } = browser;
    const asked = requestsOf(page);
    await agent.openSignedIn(page, 'restorer', '/entries');
    await page.getByRole('textbox', { name: 'Name or text' }).fill('person');
    await page.getByRole('combobox', { name: 'At most' }).selectOption('10000');
    const longTasks = await watchLongTasks(page);
    const begun = performance.now();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('There are more: the search ended at 10,000 entries.').waitFor(patience);
    const took = performance.now() - begun;

    const frame = page.locator('.virtual-frame').first();
    const rows: number[] = [];
    for (let place = 0; place <= 10; place += 1) {
      await frame.evaluate(scrollToPart, place / 10);
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      rows.push(await frame.locator('tbody tr').count());
    }
    t.diagnostic(
      `shown after ${Math.round(took)} ms; rows in the page: ${rows.join(', ')}; long tasks: ${(await longTasks()).join(', ')} ms`,
    );
    assert.ok(Math.max(...rows) <= 80 && Math.min(...rows) >= 10, `${rows.join()} rows`);
    assert.equal(asked.filter((request) => request === 'POST /api/v1/commands').length, 1);
  });

  test('looks at every one of them for a filter, and answers to clicks meanwhile', async (t) => {
    await using browser = await startBrowser();
    const { page } = browser;
    await agent.openSignedIn(page, 'restorer', '/entries');
    await page.getByRole('radio', { name: 'LDAP filter' }).check();
    await page.getByRole('textbox', { name: 'LDAP filter' }).fill(`(sn=Person ${people - 1})`);
    const longTasks = await watchLongTasks(page);
    const begun = performance.now();
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('progressbar').first().waitFor(patience);
    await page.getByLabel('Colours').selectOption('dark');
    await page.locator('html[data-theme="dark"]').waitFor();
    assert.equal(await page.getByRole('progressbar').first().isVisible(), true, 'the search goes on');
    await page.getByRole('heading', { name: '1 entry found' }).waitFor(patience);
    t.diagnostic(`found after ${Math.round(performance.now() - begun)} ms; long tasks: ${(await longTasks()).join(', ')} ms`);

    assert.equal(
      await page
        .getByRole('row')
        .filter({ hasText: `uid=user.${people - 1},ou=People,dc=example,dc=com` })
        .count(),
      1,
    );
  });
});
