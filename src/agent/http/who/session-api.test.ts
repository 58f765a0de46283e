import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { newToken, serveAgent, type AskOptions, type ServedAgent } from '../../../../test/harness/agent-api.ts';
import { FakeClock } from '../../../../test/harness/fake-clock.ts';

interface SignedIn {
  readonly document: Readonly<Record<string, unknown>>;
  readonly cookie: string;
}

const consoleSettings = { enabled: true, anonymous: 'none', sessionIdle: 3_600_000, sessionMost: 43_200_000 } as const;

async function told(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  return (await answer.json()) as Readonly<Record<string, unknown>>;
}

async function signIn(agent: ServedAgent, token: string, options: AskOptions = {}): Promise<SignedIn> {
  const answer = await agent.ask('/api/v1/session', { ...options, body: { token } });
  assert.equal(answer.status, 200);
  const cookies = answer.headers.getSetCookie();
  assert.equal(cookies.length, 1);
  return { document: await told(answer), cookie: (cookies[0] ?? '').split(';')[0] ?? '' };
}

/** What a browser sends from the console's own page. */
function fromPage({ document, cookie }: SignedIn, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return { cookie, 'sec-fetch-site': 'same-origin', 'x-rootcellar-csrf': String(document['csrfToken']), ...more };
}

const aRun = { method: 'POST', body: { job: 'backup' } } as const;

describe('sessions of the API', () => {
  test('who has not signed in is told how one can, and nothing of the program', async () => {
    await using agent = await serveAgent();

    assert.deepEqual(await told(await agent.ask('/api/v1/session')), {
      isSignedIn: false,
      waysToSignIn: ['token'],
      agent: 'ds-0',
      group: 'directory',
    });
  });

  test('a token gives a session whose cookie no script reads and whose document has no token', async () => {
    await using agent = await serveAgent();
    const answer = await agent.ask('/api/v1/session', { body: { token: agent.tokens.operator } });
    const text = await answer.text();
    const [cookie = ''] = answer.headers.getSetCookie();

    assert.match(cookie, /^__Host-rootcellar=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    assert.ok(!text.includes(agent.tokens.operator));
    assert.ok(!text.includes(cookie.slice('__Host-rootcellar='.length, 60)));
    const { csrfToken, expiresAt, ...document } = JSON.parse(text) as Record<string, unknown>;
    assert.match(String(csrfToken), /^[\w-]{43}$/);
    assert.match(String(expiresAt), /Z$/);
    assert.deepEqual(document, {
      isSignedIn: true,
      name: 'operator',
      role: 'operator',
      via: 'session',
      waysToSignIn: ['token'],
      agent: 'ds-0',
      group: 'directory',
      version: '1.2.3',
    });
    assert.ok(!agent.log.join('\n').includes(agent.tokens.operator));
  });

  test('its cookie may look; what changes something takes the csrfToken and the own page as well', async () => {
    await using agent = await serveAgent();
    const session = await signIn(agent, agent.tokens.operator);
    const { cookie } = session;
    const status = async (path: string, options: AskOptions): Promise<number> => (await agent.ask(path, options)).status;

    assert.equal(await status('/api/v1/status', { headers: { cookie } }), 200);
    assert.equal(await status('/api/v1/runs', { ...aRun, headers: fromPage(session) }), 202);
    assert.equal(await status('/api/v1/runs', { ...aRun, headers: { cookie } }), 403);
    assert.equal(await status('/api/v1/runs', { ...aRun, headers: { cookie, 'sec-fetch-site': 'same-origin' } }), 403);
    for (const site of ['same-site', 'cross-site', 'none']) {
      const answer = await agent.ask('/api/v1/runs', { ...aRun, headers: fromPage(session, { 'sec-fetch-site': site }) });
      assert.equal(answer.status, 403);
      assert.equal((await told(answer))['code'], 'E_AGENT_CSRF');
    }
    // Of another session, which somebody else can have.
    const other = await signIn(agent, agent.tokens.viewer);
    assert.equal(await status('/api/v1/runs', { ...aRun, headers: { ...fromPage(other), cookie } }), 403);
    assert.equal(agent.agent.active.size, 1);
  });

  test('it has the role of its token, and no other', async () => {
    await using agent = await serveAgent();
    const session = await signIn(agent, agent.tokens.viewer);

    assert.equal((await agent.ask('/api/v1/runs', { ...aRun, headers: fromPage(session) })).status, 403);
    assert.equal((await told(await agent.ask('/api/v1/status', { headers: { cookie: session.cookie } })))['role'], 'viewer');
  });

  test('a run that it asked for is by the role, as with the token', async () => {
    await using agent = await serveAgent();
    const session = await signIn(agent, agent.tokens.operator);

    assert.equal((await told(await agent.ask('/api/v1/runs', { ...aRun, headers: fromPage(session) })))['by'], 'operator');
  });

  test('it ends when its token leaves the file, and has another role when the token is moved', async () => {
    await using agent = await serveAgent();
    const session = await signIn(agent, agent.tokens.viewer);
    const role = async (): Promise<unknown> =>
      (await told(await agent.ask('/api/v1/session', { headers: { cookie: session.cookie } })))['role'];

    await writeFile(agent.tokenFile('restorer'), `${agent.tokens.restorer}\n${agent.tokens.viewer}\n`);
    assert.equal(await role(), 'restorer');
    await writeFile(agent.tokenFile('restorer'), `${agent.tokens.restorer}\n`);
    assert.equal(await role(), 'viewer');
    await rm(agent.tokenFile('viewer'));
    assert.equal(await role(), undefined);
    // It does not come back with the token.
    await writeFile(agent.tokenFile('viewer'), `${agent.tokens.viewer}\n`);
    assert.equal(await role(), undefined);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: session.cookie } })).status, 401);
  });

  test('it ends by itself when it is not used, and looking at the session is no use of it', async () => {
    const clock = new FakeClock();
    await using agent = await serveAgent({ clock, config: { console: { ...consoleSettings, sessionIdle: 60_000 } } });
    const { cookie, document } = await signIn(agent, agent.tokens.viewer);
    assert.equal(document['expiresAt'], new Date(clock.now().getTime() + 60_000).toISOString());
    const status = async (): Promise<number> => (await agent.ask('/api/v1/status', { headers: { cookie } })).status;

    await clock.advance(50_000);
    assert.equal(await status(), 200);
    await clock.advance(50_000);
    assert.equal((await told(await agent.ask('/api/v1/session', { headers: { cookie } })))['isSignedIn'], true);
    await clock.advance(10_000);
    assert.equal(await status(), 401);
  });

  test('signing out ends it at the agent, and takes the cookie away; a foreign page cannot do it', async () => {
    await using agent = await serveAgent();
    const session = await signIn(agent, agent.tokens.viewer);
    const out = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      agent.ask('/api/v1/session', { method: 'DELETE', headers });

    assert.equal((await out(fromPage(session, { 'sec-fetch-site': 'cross-site' }))).status, 403);
    assert.equal((await out({ cookie: session.cookie, 'sec-fetch-site': 'same-origin' })).status, 403);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: session.cookie } })).status, 200);
    const answer = await out(fromPage(session));
    assert.equal(answer.status, 200);
    assert.equal((await told(answer))['isSignedIn'], false);
    assert.match(answer.headers.getSetCookie()[0] ?? '', /^__Host-rootcellar=none; .*; Max-Age=0$/);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: session.cookie } })).status, 401);
  });

  test('signing in takes no ID that the browser brings, and ends the session that it had', async () => {
    await using agent = await serveAgent();
    const planted = `__Host-rootcellar=${'a'.repeat(43)}`;
    const first = await signIn(agent, agent.tokens.viewer, { headers: { cookie: planted } });
    assert.notEqual(first.cookie, planted);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: planted } })).status, 401);

    const second = await signIn(agent, agent.tokens.restorer, { headers: { cookie: first.cookie } });
    assert.notEqual(second.cookie, first.cookie);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: first.cookie } })).status, 401);
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: second.cookie } })).status, 200);
  });

  test('no foreign page signs anybody in, and no form can', async () => {
    await using agent = await serveAgent();
    const body = { token: agent.tokens.viewer };
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'http://127.0.0.1:1' }]) {
      const answer = await agent.ask('/api/v1/session', { body, headers });
      assert.equal(answer.status, 403);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
    const form = { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' };
    assert.equal((await agent.ask('/api/v1/session', { body: JSON.stringify(body), headers: form })).status, 415);
    for (const wrong of [{}, { token: '' }, { token: 1 }, { token: agent.tokens.viewer, role: 'restorer' }]) {
      assert.equal((await agent.ask('/api/v1/session', { body: wrong })).status, 400);
    }
  });

  test('after 20 wrong tokens an address waits, by the form, by Bearer, and with a right one too', async () => {
    const clock = new FakeClock();
    await using agent = await serveAgent({ clock });
    const session = await signIn(agent, agent.tokens.viewer);
    const byForm = (token: string): Promise<Response> => agent.ask('/api/v1/session', { body: { token } });
    const byBearer = (token: string): Promise<Response> => agent.ask('/api/v1/status', { headers: { authorization: `Bearer ${token}` } });

    for (let at = 0; at < 10; at += 1) {
      assert.equal((await byForm(newToken())).status, 401);
      assert.equal((await byBearer(newToken())).status, 401);
    }
    for (const answer of [await byForm(agent.tokens.viewer), await byBearer(agent.tokens.viewer)]) {
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get('retry-after'), '3');
      assert.deepEqual(await told(answer), {
        code: 'E_AGENT_TRIES',
        message: 'Cannot answer the request: there were too many tries to sign in that failed',
        hint: 'wait until the time that Retry-After tells is over, and show a right token',
        exitCode: 11,
      });
    }
    // Who is signed in goes on.
    assert.equal((await agent.ask('/api/v1/status', { headers: { cookie: session.cookie } })).status, 200);
    await clock.advance(3000);
    assert.equal((await byForm(agent.tokens.viewer)).status, 200);
    assert.equal((await byBearer(agent.tokens.viewer)).status, 200);
  });

  test('a wrong token is refused also with a cookie or where anybody may', async () => {
    await using agent = await serveAgent({ config: { console: { ...consoleSettings, anonymous: 'viewer' } } });
    const { cookie } = await signIn(agent, agent.tokens.viewer);
    for (const authorization of [`Bearer ${newToken()}`, 'Bearer', 'Bearer a b']) {
      assert.equal((await agent.ask('/api/v1/status', { headers: { cookie, authorization } })).status, 401, authorization);
    }
  });
});

describe('agent.console.anonymous', () => {
  test('gives anybody on this machine its role, behind the csrfToken that only its own page can read', async () => {
    await using agent = await serveAgent({ hasTokens: false, config: { console: { ...consoleSettings, anonymous: 'operator' } } });
    const document = await told(await agent.ask('/api/v1/session'));

    assert.deepEqual([document['name'], document['role'], document['via']], ['anonymous', 'operator', 'anonymous']);
    assert.equal((await agent.ask('/api/v1/status')).status, 200);
    assert.equal((await agent.ask('/api/v1/runs', aRun)).status, 403);
    const headers = fromPage({ document, cookie: 'x=y' });
    assert.equal((await agent.ask('/api/v1/runs', { ...aRun, headers: { ...headers, 'sec-fetch-site': 'cross-site' } })).status, 403);
    const answer = await agent.ask('/api/v1/runs', { ...aRun, headers });
    assert.deepEqual([answer.status, (await told(answer))['by']], [202, 'anonymous']);
  });

  test('is refused where the agent listens beyond loopback', async () => {
    const config = { listen: '0.0.0.0:0', console: { ...consoleSettings, anonymous: 'viewer' } } as const;
    await assert.rejects(serveAgent({ config }), {
      code: 'E_USAGE',
      exitCode: 2,
      message: 'Cannot let anybody in as viewer: agent.console.anonymous is for a loopback address only, and agent.listen is 0.0.0.0',
    });
  });
});
