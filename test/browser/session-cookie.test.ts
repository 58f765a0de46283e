import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { openConsole } from '../../src/console/console-pages.ts';
import { ensureWeb } from '../../tools/ensure-web.ts';
import { noOidc, serveAgent, type ServedAgent } from '../harness/agent-api.ts';
import { startBrowser, type Page } from '../harness/browser/start-browser.ts';
import { makeCertificate } from '../harness/certificates.ts';
import { freePort } from '../harness/free-port.ts';
import { startLoopbackServer } from '../harness/loopback-server.ts';
import { clientId, startOidcProvider } from '../harness/oidc-provider.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

await ensureWeb();
const pages = await openConsole();

interface Asked {
  readonly status: number;
  readonly document: Readonly<Record<string, unknown>>;
}

/** Asks from the page that is shown, as its own scripts do. */
function ask(
  page: Page,
  path: string,
  options: { readonly method?: string; readonly body?: unknown; readonly csrfToken?: unknown } = {},
): Promise<Asked> {
  const { method = 'GET', body, csrfToken } = options;
  const headers = { 'content-type': 'application/json', ...(csrfToken === undefined ? {} : { 'x-rootcellar-csrf': csrfToken }) };
  const init = JSON.stringify({ method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return page.evaluate<Asked>(
    `fetch(${JSON.stringify(path)}, ${init}).then(async (answer) => ({ status: answer.status, document: await answer.json() }))`,
  );
}

async function signIn(page: Page, agent: ServedAgent, address: string): Promise<Asked> {
  await page.goto(address);
  return ask(page, '/api/v1/session', { method: 'POST', body: { token: agent.tokens.operator } });
}

describe('the cookie of a session, in Chromium', () => {
  for (const host of ['127.0.0.1', 'localhost']) {
    test(`is kept over http on ${host}, out of reach of scripts, and is enough to look but not to change`, async () => {
      await using agent = await serveAgent({ pages });
      await using browser = await startBrowser();
      browser.allow(/403 \(Forbidden\)/);
      const { page } = browser;
      const address = agent.api.address.replace('127.0.0.1', host);

      const { document } = await signIn(page, agent, address);

      const [cookie, ...others] = await page.context().cookies();
      assert.deepEqual(others, []);
      assert.deepEqual(
        [cookie?.name, cookie?.domain, cookie?.path, cookie?.secure, cookie?.httpOnly, cookie?.sameSite],
        ['__Host-rootcellar', host, '/', true, true, 'Strict'],
      );
      assert.equal(await page.evaluate('document.cookie'), '');
      assert.equal((await ask(page, '/api/v1/status')).document['role'], 'operator');
      const run = { method: 'POST', body: { job: 'backup' } };
      assert.equal((await ask(page, '/api/v1/runs', run)).status, 403);
      assert.equal((await ask(page, '/api/v1/runs', { ...run, csrfToken: document['csrfToken'] })).status, 202);
      assert.equal((await ask(page, '/api/v1/session', { method: 'DELETE', csrfToken: document['csrfToken'] })).status, 200);
      assert.deepEqual(await page.context().cookies(), []);
    });
  }

  test('is kept by TLS', async () => {
    await using folder = await temporaryFolder('cookie-tls');
    const { certificatePem, privateKeyPem } = makeCertificate({ commonName: 'localhost', hosts: ['localhost'] });
    const tls = { certificateFile: `${folder.path}/tls.crt`, keyFile: `${folder.path}/tls.key` };
    await writeFile(tls.certificateFile, certificatePem);
    await writeFile(tls.keyFile, privateKeyPem);
    await using agent = await serveAgent({ pages, config: { tls } });
    await using browser = await startBrowser({ ignoreHTTPSErrors: true });
    await signIn(browser.page, agent, agent.api.address.replace('127.0.0.1', 'localhost'));
    assert.equal((await ask(browser.page, '/api/v1/status')).status, 200);
  });

  test('goes to another port of the host, whose pages can neither read nor change anything here with it', async () => {
    await using agent = await serveAgent({ pages });
    await using browser = await startBrowser();
    browser.allow(/CORS policy|net::ERR_FAILED|ERR_BLOCKED_BY_RESPONSE|403 \(Forbidden\)|415 \(Unsupported/);
    const { page } = browser;
    const { document } = await signIn(page, agent, agent.api.address);
    let sent = '';
    await using other = await startLoopbackServer((request, response) => {
      sent = request.headers.cookie ?? sent;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another</title><link rel="icon" href="data:,">');
    });
    await page.goto(other.url);

    // So it is: cookies know no ports. docs/decisions/0031 says what follows from it.
    assert.match(sent, /^__Host-rootcellar=/);
    const attempt = (init: object): Promise<unknown> =>
      page.evaluate(
        `fetch(${JSON.stringify(`${agent.api.address}/api/v1/runs`)}, ${JSON.stringify(init)}).then((answer) => answer.type, () => 'blocked')`,
      );
    const body = JSON.stringify({ job: 'backup' });
    const headers = { 'content-type': 'application/json', 'x-rootcellar-csrf': document['csrfToken'] };
    assert.equal(await attempt({ credentials: 'include' }), 'blocked');
    assert.equal(await attempt({ credentials: 'include', mode: 'no-cors' }), 'blocked');
    assert.equal(await attempt({ credentials: 'include', method: 'POST', body, headers }), 'blocked');
    // It is sent, and its answer is kept from the page; what matters is that nothing came of it.
    await attempt({ credentials: 'include', mode: 'no-cors', method: 'POST', body });
    await page.evaluate(
      `document.body.innerHTML = '<form method="post" enctype="text/plain" action="${agent.api.address}/api/v1/session"><button>x</button></form>'; document.forms[0].submit()`,
    );
    await page.waitForURL(`${agent.api.address}/api/v1/session`);
    assert.match((await page.textContent('body')) ?? '', /E_AGENT_(CSRF|REQUEST)/);
    assert.equal(agent.agent.active.size, 0);
  });

  test('is there after the way over an OpenID provider, although that is another place', async () => {
    const port = await freePort();
    // Another site than 127.0.0.1, where the provider is: cookies with SameSite=Strict are not sent on the way back.
    const address = `http://localhost:${port}`;
    const accounts = { jane: { password: 'jane-password', claims: { preferred_username: 'jane', groups: ['admins'] } } };
    await using provider = await startOidcProvider({ redirectUrl: `${address}/sign-in/oidc/callback`, accounts });
    const oidc = { ...noOidc, issuer: provider.issuer, clientId, roles: { ...noOidc.roles, viewer: ['admins'] } };
    await using _agent = await serveAgent({ pages, config: { listen: `127.0.0.1:${port}`, oidc } });
    await using browser = await startBrowser();
    const { page } = browser;

    await page.goto(`${address}/sign-in/oidc?returnTo=/runs`);
    await page.getByLabel('Name').fill('jane');
    await page.getByLabel('Password').fill('jane-password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${address}/runs`);

    const { name, via } = (await ask(page, '/api/v1/session')).document;
    assert.deepEqual([name, via], ['jane', 'oidc']);
    assert.deepEqual(
      (await page.context().cookies()).filter((cookie) => cookie.name.startsWith('__Host-')).map((cookie) => cookie.name),
      ['__Host-rootcellar'],
    );
  });
});
