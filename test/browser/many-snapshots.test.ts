import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { requestsOf, scrollToPart, watchLongTasks } from '../harness/browser/page-watch.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { untilWhole } from '../harness/browser/until-whole.ts';
import { startConsoleAgent, type ConsoleAgent } from '../harness/console-agent.ts';
import { archiveOfMany } from '../harness/many-snapshots.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';

const [snapshots, runs] = [5000, 500];

suite(`the console on an archive of ${snapshots} snapshots`, { timeout: 1_200_000 }, () => {
  let home: TemporaryFolder;
  let agent: ConsoleAgent;
  before(async () => {
    home = await temporaryFolder('many-snapshots');
    agent = await startConsoleAgent(home.path, await archiveOfMany(home.path, { snapshots, runs }));
  });
  after(async () => {
    await agent[Symbol.asyncDispose]();
    await home.remove();
  });

  test('scrolls through all of them with a few rows in the page, and asks for nothing more', async (t) => {
    await using browser = await startBrowser();
    const { page } = browser;
    const asked = requestsOf(page);
    await agent.openSignedIn(page, 'viewer', '/archive?view=table');
    const frame = page.locator('.virtual-frame').first();
    await frame.locator('tbody tr[aria-rowindex]').first().waitFor({ timeout: 60_000 });
    assert.equal(await frame.locator('table').getAttribute('aria-rowcount'), `${snapshots + 1}`);
    const before = asked.length;
    const longTasks = await watchLongTasks(page);
    const rows = new Set<number>();
    const seen = new Set<string>();
    for (let place = 0; place <= 20; place += 1) {
      await frame.evaluate(scrollToPart, place / 20);
      await page.evaluate(untilCovered);
      rows.add(await frame.locator('tbody tr').count());
      seen.add((await frame.locator('tbody tr[aria-rowindex]').last().getAttribute('aria-rowindex')) ?? '');
    }
    t.diagnostic(`rows in the page: ${[...rows].join(', ')}; long tasks: ${(await longTasks()).join(', ')} ms`);
    assert.ok(Math.max(...rows) <= 80 && Math.min(...rows) >= 10, `${[...rows].join()} rows`);
    assert.equal(seen.size, 21, 'other rows each time');
    assert.ok(seen.has(`${snapshots + 1}`), 'the oldest one at the end');
    assert.ok(Number(await page.evaluate('document.querySelectorAll("*").length')) < 2000);
    assert.deepEqual(asked.slice(before), []);
    assert.ok(before <= 8, `asked for: ${asked.join('\n')}`);
  });

  for (const at of ['/', '/archive', '/runs']) {
    test(`shows ${at} with a bounded page and few requests`, async (t) => {
      await using browser = await startBrowser();
      const asked = requestsOf(browser.page);
      await agent.openSignedIn(browser.page, 'viewer', at);
      await untilWhole(browser.page);
      const nodes = Number(await browser.page.evaluate('document.querySelectorAll("*").length'));
      t.diagnostic(`${nodes} elements, ${asked.length} requests`);
      assert.ok(nodes > 30 && nodes < 4000, `${nodes} elements`);
      assert.ok(asked.length > 0 && asked.length <= 10, asked.join('\n'));
    });
  }
});

/** Runs in the page: waits until rows stand in all that is in view of the table, which a busy machine draws some frames later. */
const untilCovered = `new Promise((covered) => {
  const frame = document.querySelector('.virtual-frame');
  const look = () => {
    const top = frame.getBoundingClientRect().top;
    const head = frame.querySelector('thead').getBoundingClientRect().height;
    const rows = [...frame.querySelectorAll('tbody tr[aria-rowindex]')].map((row) => row.getBoundingClientRect());
    if (rows.length > 0 && rows[0].top <= top + head + 2 && rows.at(-1).bottom >= top + frame.clientHeight - 2) covered();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;
