import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { ensureWeb } from '../../tools/ensure-web.ts';
import { replicaName, setTopologyScene, spoil, touch, type TopologyOperator, type TopologyScene } from '../e2e/topology-scene.ts';
import { newToken } from '../harness/agent-api.ts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { freePort } from '../harness/free-port.ts';
import type { OpendjServer } from '../harness/opendj.ts';

suite('two servers that replicate, by clicks', { timeout: 1_200_000 }, () => {
  const parts = new AsyncDisposableStack();
  const token = newToken();
  let scene: TopologyScene;
  let first: OpendjServer;
  let second: OpendjServer;
  let operator: TopologyOperator;
  let url: string;
  /** What each has that was backed up. */
  let good: string;

  before(async () => {
    scene = parts.use(await setTopologyScene(2));
    [first, second] = scene.servers as [OpendjServer, OpendjServer];
    await ensureWeb();
    operator = await scene.operator('console');
    await operator.run(['backup']);
    [good = ''] = await scene.states();
    url = await startAgent();
  });
  after(() => parts.disposeAsync());

  /** Beside the first server; resolves with where its console is. */
  async function startAgent(): Promise<string> {
    const tokenFile = path.join(operator.staging, '..', 'restorer-token');
    await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
    const address = `127.0.0.1:${await freePort()}`;
    const agent = operator.spawn(['agent'], {
      ROOTCELLAR_LOG_LEVEL: 'info',
      ROOTCELLAR_AGENT_LISTEN: address,
      ROOTCELLAR_AGENT_TOKENS_RESTORER_FILE: tokenFile,
      // Newly installed it would make a backup at once, which a restore waits for.
      ROOTCELLAR_AGENT_SCHEDULE_BACKUP: 'none',
      // A server that is held is not given up while a slow machine looks at the page.
      ROOTCELLAR_SERVER_TIMEOUT: '10m',
    });
    parts.defer(async () => {
      agent.kill('SIGKILL');
      await agent.ended;
    });
    await agent.prints(/the agent listens/);
    return `http://${address}`;
  }

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${url}/restore`);
    await page.getByRole('textbox', { name: /^Token/ }).fill(token);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** From the page Restore to the refusal of one replica alone. */
  async function toRefusal(page: Page): Promise<void> {
    await page.getByRole('link', { name: /The server, or a whole branch/ }).click();
    await page.getByRole('button', { name: /^Take/ }).first().click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('alert').getByText('E_REPLICATED', { exact: true }).waitFor({ timeout: 60_000 });
  }

  /** Answers the last question with the name that it asks for. */
  async function confirm(page: Page, action: string): Promise<void> {
    await page.getByRole('button', { name: `${action} …` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill((await dialog.locator('label code').textContent()) ?? '');
    await dialog.getByRole('button', { name: action, exact: true }).click();
    await page.waitForURL(/\/restore\/(?!roll-back|initialize)[^/?]+$/);
  }

  test('a restore of all is refused for one alone, stopped in the middle, rolled back, and then done when a backup has ended', async () => {
    await spoil(first);
    await scene.topology.waitUntilReplicated();
    const spoilt = await scene.states();
    await using browser = await startBrowser();
    browser.allow(/status of (4|5)\d\d/);
    const { page } = browser;
    await signIn(page);

    await toRefusal(page);
    await page.getByRole('link', { name: /^Only this replica is broken: give it the entries of / }).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await page.getByRole('link', { name: /^All replicas are wrong/ }).click();
    await page.getByRole('region', { name: 'The replicas, in their order' }).waitFor({ timeout: 60_000 });
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-plan-of-replicas');
    const address = page.url();

    await confirm(page, 'Restore');
    const begun = page.getByRole('list', { name: 'The plan' }).locator('> li.step-running, > li.step-done');
    await begun
      .filter({ hasText: /^Have .* refuse what clients write/ })
      .first()
      .waitFor({ timeout: 90_000 });
    // It goes no further while somebody makes up their mind.
    process.kill(first.pid, 'SIGSTOP');
    try {
      await page.getByRole('button', { name: 'Stop the restore …' }).click();
      await page
        .getByRole('dialog')
        .getByText(/it is never cut off in the middle/)
        .waitFor();
      await page.getByRole('button', { name: 'Stop the restore', exact: true }).click();
      await page.getByText('It was asked to stop.').waitFor();
    } finally {
      process.kill(first.pid, 'SIGCONT');
    }
    await page.getByRole('heading', { level: 1, name: 'The restore did not come to its end' }).waitFor({ timeout: 120_000 });
    await page.getByText(/^The restore of .* has not come to its end\.$/).waitFor({ timeout: 60_000 });
    await assertAccessible(page);
    await screenshot(page, 'restore-unfinished');

    // It is what is shown first, whoever comes.
    await page.goto(`${url}/restore`);
    await page.getByRole('link', { name: 'Look at how it would go on' }).waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Look at how it would be undone' }).click();
    await page.getByRole('button', { name: 'Roll back …' }).waitFor({ timeout: 60_000 });
    await assertAccessible(page);
    await onPhone(page);
    await confirm(page, 'Roll back');
    await page.getByRole('region', { name: 'As it was before' }).waitFor({ timeout: 180_000 });
    assert.deepEqual(await scene.states(), spoilt);

    await page.goto(address);
    await page.getByRole('button', { name: 'Restore …' }).waitFor({ timeout: 60_000 });
    const backup = operator.spawn(['backup', '--json']);
    await backup.prints(/"event":"begin"/);
    backup.kill('SIGSTOP');
    await confirm(page, 'Restore');
    await page.getByText(/^waiting: process \d+ on .* is running a backup of server "ds-0"/).waitFor();
    await assertAccessible(page);
    backup.kill('SIGCONT');
    assert.equal((await backup.ended).exitCode, 0);
    await page.getByRole('region', { name: 'It is back, and proven' }).waitFor({ timeout: 240_000 });
    const proofs = page.getByRole('row').filter({ hasText: 'the same' });
    assert.equal(await proofs.count(), 2, 'each replica is proven');
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'restore-of-replicas-proven');
    assert.deepEqual(await scene.states(), [good, good]);
  });

  test('one that has lost its entries gets them from the other: it fails while that one is away, then nothing is lost', async () => {
    const [broken, well] = [replicaName(first), replicaName(second)];
    await touch(second, 30);
    await scene.topology.waitUntilReplicated();
    const [, newest] = await scene.states();
    await first.stop();
    await scene.loseEntries(0);
    await first.restart();
    await assert.rejects(scene.topology.digestOn(first), /'dc=example,dc=com' does not exist/);
    await using browser = await startBrowser();
    browser.allow(/status of (4|5)\d\d/);
    const { page } = browser;
    await signIn(page);

    await toRefusal(page);
    await page.getByRole('link', { name: `Only this replica is broken: give it the entries of ${well}` }).click();
    await page.getByRole('region', { name: `Initialise ${broken} from ${well}` }).waitFor({ timeout: 60_000 });
    await page.getByText(`Is it ${well} that is broken?`).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await page.getByRole('button', { name: 'Initialise …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(well);
    assert.equal(await dialog.getByRole('button', { name: 'Initialise', exact: true }).isDisabled(), true, 'the other is not what changes');
    await dialog.getByRole('button', { name: 'Leave it' }).click();

    // The broken one answers nothing for a while, so that there is a middle; meanwhile the other goes away.
    process.kill(first.pid, 'SIGSTOP');
    try {
      await confirm(page, 'Initialise');
      await page.getByRole('heading', { level: 1, name: 'Initialising the replica …' }).waitFor();
      await page.getByRole('button', { name: 'Stop the initialisation …' }).click();
      await dialog.getByText(/what the servers have begun goes on there/).waitFor();
      await dialog.getByRole('button', { name: 'Leave it' }).click();
      await assertAccessible(page);
      await onPhone(page);
      await page.getByRole('link', { name: 'Restore', exact: true }).click();
      await page.getByText(/An initialisation is under way, begun by/).waitFor();
      await second.kill();
    } finally {
      process.kill(first.pid, 'SIGCONT');
    }
    await page.getByRole('link', { name: 'Look at it' }).click();
    await page.getByRole('heading', { level: 1, name: 'The replica was not initialised' }).waitFor({ timeout: 120_000 });
    await page.getByRole('alert').getByText('E_NO_HEALTHY_REPLICA', { exact: true }).waitFor();
    await assertAccessible(page);
    await onPhone(page);

    await page.getByRole('link', { name: 'Look at the plan of the same initialisation again' }).click();
    await page.getByRole('alert').getByText('E_NO_HEALTHY_REPLICA', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'All replicas are wrong: look at how a backup would be restored into all of them' }).waitFor();
    await page.getByRole('link', { name: 'Take its entries from any other replica that is well' }).click();
    const noneIsWell = page.getByRole('alert').getByText(/no other replica is well/);
    await noneIsWell.waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'To the beginning' }).click();
    await page.getByRole('link', { name: 'One replica is broken, and the others are well' }).click();
    await noneIsWell.waitFor({ timeout: 60_000 });
    await assertAccessible(page);
    await onPhone(page);
    await second.restart();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('region', { name: `Initialise ${broken} from ${well}` }).waitFor({ timeout: 60_000 });
    await confirm(page, 'Initialise');
    const end = page.getByRole('region', { name: `${broken} is well again` });
    await end.waitFor({ timeout: 180_000 });
    await end.getByText(`It has the entries of ${well}, and replicates: every entry of the two was compared.`).waitFor();
    const proofs = await end.getByRole('row').filter({ hasText: first.baseDn }).getByRole('cell').allTextContents();
    assert.deepEqual(proofs, [broken, first.baseDn, '53', '53', 'every entry', 'the same']);
    await assertAccessible(page);
    await onPhone(page);
    assert.deepEqual(await scene.states(), [newest, newest]);

    await page.getByRole('link', { name: 'Restore', exact: true }).click();
    const past = page.getByRole('region', { name: 'Restores and drills before' }).getByRole('listitem');
    await past.filter({ hasText: 'failed initialisation by' }).waitFor({ timeout: 60_000 });
    await past.filter({ hasText: 'done initialisation by' }).waitFor();
  });
});
