import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Role } from '../../src/agent/http/command-gate.ts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { screenshot } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { clientId, startOidcProvider } from '../harness/oidc-provider.ts';

const accounts = {
  jane: { password: 'jane-password', claims: { preferred_username: 'jane', email: 'jane@example.com', groups: ['restorers'] } },
  nina: { password: 'nina-password', claims: { preferred_username: 'nina', groups: ['staff'] } },
};

const places: Readonly<Record<Role, readonly string[]>> = {
  viewer: ['Overview', 'Archive', 'Runs'],
  operator: ['Overview', 'Archive', 'Restore', 'Runs', 'Audit'],
  restorer: ['Overview', 'Archive', 'Entries', 'Restore', 'Runs', 'Audit'],
};

suite('signing in', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    scene = await startConsoleScene();
  });
  after(() => scene[Symbol.asyncDispose]());

  async function signIn(page: Page, token: string): Promise<void> {
    await page.getByRole('textbox', { name: /^Token/ }).fill(token);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  async function assertIsSignIn(page: Page): Promise<void> {
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Pages' }).count(), 0);
  }

  test('a wrong token is refused in a sentence, and shows nothing', async () => {
    await using browser = await startBrowser();
    browser.allow(/status of 401/);
    const { page } = browser;
    await page.goto(`${scene.url}/audit`);
    await assertIsSignIn(page);
    assert.equal(
      await page.getByRole('button', { name: 'Sign in', exact: true }).isDisabled(),
      true,
      'without a token there is nothing to send',
    );
    await assertAccessible(page);
    await onPhone(page);
    await screenshot(page, 'sign-in');
    for (const wrong of ['not-a-token-of-anybody', scene.tokens.operator.slice(1), 'x'.repeat(4096)]) {
      await signIn(page, wrong);
      await page
        .getByRole('alert')
        .getByText(/E_AGENT_TOKEN/)
        .first()
        .waitFor();
    }
    await assertIsSignIn(page);
    await assertAccessible(page);

    // Leads on to the page that was asked for.
    await signIn(page, ` ${scene.tokens.operator}\n`);
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
  });

  test('each role has its pages, and a page of another role is refused by the agent', async () => {
    await using browser = await startBrowser();
    browser.allow(/status of 403/);
    for (const role of ['viewer', 'operator', 'restorer'] as const) {
      const page = await browser.openOther();
      await scene.openSignedIn(page, role);
      const links = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
      assert.deepEqual(await links.allTextContents(), places[role]);
      await page.getByText(`as ${role}`, { exact: true }).waitFor();
      if (role !== 'viewer') continue;
      await page.goto(`${scene.url}/audit`);
      await page
        .getByRole('alert')
        .getByText(/E_AGENT_ROLE/)
        .first()
        .waitFor();
    }
  });

  test('who signs out is out, in every tab; a page that was open says so, and goes on after signing in again', async () => {
    await using browser = await startBrowser();
    browser.allow(/status of 401/);
    const { page } = browser;
    await scene.openSignedIn(page, 'operator', '/audit');
    await page.getByRole('status').waitFor();
    const other = await browser.openTab();
    await other.goto(`${scene.url}/runs`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await assertIsSignIn(other);
    assert.equal(await other.evaluate("fetch('/api/v1/audit').then(({ status }) => status)"), 401);

    await page.getByRole('button', { name: 'Read anew' }).click();
    await assertIsSignIn(page);
    await signIn(page, scene.tokens.restorer);
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await page.getByText('as restorer', { exact: true }).waitFor();
  });

  test('people sign in at their OpenID provider; who has no role there is refused, and a provider that is away is told', async () => {
    await using provider = await startOidcProvider({ redirectUrl: `${scene.url}/sign-in/oidc/callback`, accounts });
    await scene.stopAgent();
    await scene.startAgent({
      ROOTCELLAR_AGENT_OIDC_ISSUER: provider.issuer,
      ROOTCELLAR_AGENT_OIDC_CLIENT_ID: clientId,
      ROOTCELLAR_AGENT_OIDC_ROLES_RESTORER: 'restorers',
      ROOTCELLAR_AGENT_OIDC_TITLE: 'the staff account',
    });
    await using browser = await startBrowser();
    const { page } = browser;
    await page.goto(`${scene.url}/audit`);
    await page.getByRole('link', { name: 'Sign in with the staff account' }).waitFor();
    await assertAccessible(page);
    await onPhone(page);
    await signInAtProvider(page, 'jane');
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await page.getByText(/^jane.*, as restorer$/).waitFor();
    await page.getByRole('region', { name: 'What was done' }).getByText(/^jane/).first().waitFor();

    const other = await browser.openOther();
    await other.goto(scene.url);
    await signInAtProvider(other, 'nina');
    await other
      .getByRole('alert')
      .getByText(/E_OIDC_ROLE/)
      .first()
      .waitFor();
    await assertIsSignIn(other);
    await assertAccessible(other);

    provider.trouble = 'down';
    const third = await browser.openOther();
    await third.goto(scene.url);
    await third.getByRole('link', { name: 'Sign in with the staff account' }).click();
    // What it published is known for a while; then its own page answers.
    await Promise.race([third.getByRole('alert').waitFor(), third.waitForURL(`${provider.issuer}/**`)]);
    browser.allow(/status of 503/);
  });

  async function signInAtProvider(page: Page, name: keyof typeof accounts): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with the staff account' }).click();
    await page.getByRole('heading', { name: 'Staff account' }).waitFor();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(accounts[name].password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  test('whoever tries many tokens has to wait, and is told how long', async () => {
    await using browser = await startBrowser();
    browser.allow(/status of 4(01|29)/);
    const { page } = browser;
    await page.goto(scene.url);
    await assertIsSignIn(page);
    await page.evaluate(`Promise.all(Array.from({ length: 25 }, (_, at) => fetch('/api/v1/session', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: 'wrong-token-number-' + at }),
    })))`);
    // The right one neither: it would tell that it is one.
    await signIn(page, scene.tokens.restorer);
    await page
      .getByRole('alert')
      .getByText(/E_AGENT_TRIES/)
      .first()
      .waitFor();
    await assertIsSignIn(page);
  });
});
