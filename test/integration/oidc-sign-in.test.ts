import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { AuditEntry } from '../../src/domain/audit-entry.ts';
import { noOidc, serveAgent, type ServedAgent } from '../harness/agent-api.ts';
import { makeCertificate } from '../harness/certificates.ts';
import { freePort } from '../harness/free-port.ts';
import { OidcSignIn } from '../../src/agent/http/who/oidc-sign-in.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import { startLoopbackServer } from '../harness/loopback-server.ts';
import { realClock } from '../harness/real-clock.ts';
import { clientId, startOidcProvider, type ProviderOptions, type RunningProvider } from '../harness/oidc-provider.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';
import { WebVisitor, type VisitedPage } from '../harness/web-visitor.ts';

const accounts = {
  jane: {
    password: 'jane-password',
    claims: { preferred_username: 'jane', email: 'jane@example.com', groups: ['staff', 'backup-restorers'] },
  },
  otto: { password: 'otto-password', claims: { preferred_username: 'otto', groups: ['backup-operators'] } },
  nina: { password: 'nina-password', claims: { preferred_username: 'nina', groups: ['staff'] } },
};
const roles = { viewer: undefined, operator: ['backup-operators'], restorer: ['backup-restorers'] };
const clientSecret = 'a-secret-of-the-client';

let folder: TemporaryFolder;
const ca = { ...makeCertificate({ commonName: 'Test CA', isAuthority: true }), commonName: 'Test CA' };
const certificate = makeCertificate({ commonName: 'localhost', hosts: ['localhost', '127.0.0.1'], issuer: ca });

before(async () => {
  folder = await temporaryFolder('oidc');
  await writeFile(`${folder.path}/secret`, `${clientSecret}\n`);
  await writeFile(`${folder.path}/wrong-secret`, 'another-secret\n');
  await writeFile(`${folder.path}/ca.pem`, ca.certificatePem);
  await writeFile(`${folder.path}/tls.crt`, certificate.certificatePem);
  await writeFile(`${folder.path}/tls.key`, certificate.privateKeyPem);
});
after(() => folder.remove());

interface Scene extends AsyncDisposable {
  readonly agent: ServedAgent;
  readonly provider: RunningProvider;
  readonly address: string;
  readonly visitor: WebVisitor;
}

interface SceneOptions {
  readonly provider?: Partial<ProviderOptions>;
  readonly oidc?: Partial<typeof noOidc>;
  readonly isTls?: boolean;
}

async function scene({ provider: more = {}, oidc = {}, isTls = false }: SceneOptions = {}): Promise<Scene> {
  const port = await freePort();
  const address = isTls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
  const provider = await startOidcProvider({
    redirectUrl: `${address}/sign-in/oidc/callback`,
    accounts,
    clientSecret,
    ...(isTls ? { certificate } : {}),
    ...more,
  });
  const agent = await serveAgent({
    config: {
      listen: `127.0.0.1:${port}`,
      oidc: { ...noOidc, issuer: provider.issuer, clientId, clientSecretFile: `${folder.path}/secret`, roles, ...oidc },
      ...(isTls ? { tls: { certificateFile: `${folder.path}/tls.crt`, keyFile: `${folder.path}/tls.key` } } : {}),
    },
  });
  return {
    agent,
    provider,
    address,
    visitor: new WebVisitor(isTls ? ca.certificatePem : undefined),
    [Symbol.asyncDispose]: async () => {
      await agent[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** Up to the way back, which is not gone: its address. `alter` changes what the agent sends to the provider. */
async function signInAtProvider(
  { address, visitor }: Scene,
  name: keyof typeof accounts,
  { returnTo = '/runs?job=backup', alter = (url: URL) => url } = {},
): Promise<string> {
  const begun = await visitor.visit(`${address}/sign-in/oidc?returnTo=${encodeURIComponent(returnTo)}`);
  assert.equal(begun.status, 303, begun.text);
  const login = await visitor.follow(alter(new URL(begun.location ?? '')).href);
  assert.match(login.text, /<h1>Staff account<\/h1>/);
  let page = await visitor.visit(login.url, { name, password: accounts[name].password });
  while (page.location !== undefined && !page.location.startsWith(`${address}/sign-in/oidc/callback?`))
    page = await visitor.visit(page.location);
  return page.location ?? '';
}

async function sessionOf({ address, visitor }: Scene): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await visitor.visit(`${address}/api/v1/session`)).text) as Readonly<Record<string, unknown>>;
}

function assertRefused(page: VisitedPage, address: string, code: string): void {
  assert.deepEqual([page.status, page.location], [303, `${address}/sign-in?failure=${code}`]);
  assert.ok(!page.setCookies.some((cookie) => cookie.startsWith('__Host-rootcellar=')));
}

async function audit({ agent }: Scene): Promise<readonly AuditEntry[]> {
  return ((await (await agent.ask('/api/v1/audit', { role: 'operator' })).json()) as { entries: readonly AuditEntry[] }).entries;
}

describe('signing in at an OpenID provider', () => {
  test('gives a session with the role of the groups and the name of the person, and leads back to the page', async () => {
    await using own = await scene();
    assert.deepEqual((await sessionOf(own))['waysToSignIn'], ['token', 'oidc']);

    const page = await own.visitor.visit(await signInAtProvider(own, 'jane'));

    assert.deepEqual([page.status, page.location], [303, `${own.address}/runs?job=backup`]);
    assert.match(page.setCookies[0] ?? '', /^__Host-rootcellar=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    assert.match(page.setCookies[1] ?? '', /^__Host-rootcellar-oidc=none; .*SameSite=Lax; Max-Age=0$/);
    const { name, role, via, oidcTitle } = await sessionOf(own);
    assert.deepEqual([name, role, via, oidcTitle], ['jane', 'restorer', 'oidc', new URL(own.provider.issuer).host]);
    // What a person asks for is by their name.
    const { csrfToken } = await sessionOf(own);
    const cookie = `__Host-rootcellar=${own.visitor.cookie('127.0.0.1', '__Host-rootcellar')}`;
    const headers = { cookie, 'sec-fetch-site': 'same-origin', 'x-rootcellar-csrf': String(csrfToken) };
    const run = (await (await own.agent.ask('/api/v1/runs', { body: { job: 'verify' }, headers })).json()) as { by: string };
    assert.equal(run.by, 'jane');
    const [asked, signedIn] = await audit(own);
    assert.deepEqual([asked?.action, asked?.who], ['run verify', { name: 'jane', role: 'restorer', via: 'oidc' }]);
    assert.deepEqual(
      [signedIn?.action, signedIn?.who.name, signedIn?.detail],
      ['sign in', 'jane', 'by OpenID Connect, as the subject jane'],
    );
    // The provider has shown nothing to the browser that is of use elsewhere, and the log has no secret.
    const told = JSON.stringify([own.agent.log, await audit(own), await sessionOf(own)]);
    for (const secret of [clientSecret, 'jane-password', new URL(page.url).searchParams.get('code') ?? '-'])
      assert.ok(!told.includes(secret));
  });

  test('takes the claims of the ID token where all are in it, and asks nobody else then', async () => {
    await using own = await scene({ provider: { tellsAllInIdToken: true } });
    await own.visitor.visit(await signInAtProvider(own, 'otto'));

    assert.deepEqual([(await sessionOf(own))['name'], (await sessionOf(own))['role']], ['otto', 'operator']);
    assert.ok(!own.provider.requests.includes('GET /me'));
  });

  test('works with a public client, and with another redirect address, title and scopes', async () => {
    const port = await freePort();
    await using own = await scene({ provider: {}, oidc: { title: 'Staff account', scopes: ['profile'] } });
    await own.visitor.visit(await signInAtProvider(own, 'jane'));
    assert.equal((await sessionOf(own))['oidcTitle'], 'Staff account');

    const redirectUrl = `http://localhost:${port}/sign-in/oidc/callback`;
    const provider = await startOidcProvider({ redirectUrl, accounts });
    await using agent = await serveAgent({
      config: { listen: `127.0.0.1:${port}`, oidc: { ...noOidc, issuer: provider.issuer, clientId, redirectUrl, roles } },
    });
    const visitor = new WebVisitor();
    await using there = {
      agent,
      provider,
      address: `http://localhost:${port}`,
      visitor,
      [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
    };
    await visitor.visit(await signInAtProvider(there, 'jane'));
    assert.equal((await sessionOf(there))['role'], 'restorer');
  });

  test('works by TLS on both sides, with certificates of agent.oidc.caFile', async () => {
    await using own = await scene({ isTls: true, oidc: { caFile: `${folder.path}/ca.pem` } });
    await own.visitor.visit(await signInAtProvider(own, 'jane'));
    assert.equal((await sessionOf(own))['name'], 'jane');

    await using untrusted = await scene({ isTls: true });
    assertRefused(await untrusted.visitor.visit(`${untrusted.address}/sign-in/oidc`), untrusted.address, 'E_OIDC_PROVIDER');
    assert.ok(untrusted.agent.log.some((line) => /certificate/.test(line)));
  });

  test('refuses a person without a role, and says so', async () => {
    await using own = await scene();
    assertRefused(await own.visitor.visit(await signInAtProvider(own, 'nina')), own.address, 'E_OIDC_ROLE');

    assert.equal((await sessionOf(own))['isSignedIn'], false);
    const [refused] = await audit(own);
    assert.deepEqual([refused?.outcome, refused?.who.name], ['refused', 'nobody']);
    assert.equal(refused?.detail, 'Cannot sign in "nina": the claim groups has none of the values that agent.oidc.roles name');
    assert.equal((await audit(own)).length, 1);
  });

  test('comes back without a session when the person cancels, and takes no wrong password', async () => {
    await using own = await scene();
    const begun = await own.visitor.visit(`${own.address}/sign-in/oidc`);
    const login = await own.visitor.follow(begun.location ?? '');
    assert.equal((await own.visitor.visit(login.url, { name: 'jane', password: 'wrong' })).status, 401);
    let page = await own.visitor.visit(login.url, { cancel: '1' });
    while (page.location?.startsWith(own.provider.issuer) === true) page = await own.visitor.visit(page.location);

    assertRefused(await own.visitor.visit(page.location ?? ''), own.address, 'E_OIDC_REFUSED');
    assert.match((await audit(own))[0]?.detail ?? '', /refused it \(access_denied\)$/);
  });

  test('a way back is good once, in the browser that began it, and a session is not planted on another one', async () => {
    await using own = await scene();
    const back = await signInAtProvider(own, 'jane');
    assertRefused(await new WebVisitor().visit(back), own.address, 'E_OIDC_STATE');
    assert.equal((await own.visitor.visit(back)).location, `${own.address}/runs?job=backup`);
    assertRefused(await own.visitor.visit(back), own.address, 'E_OIDC_STATE');
    for (const wrong of ['', '?state=x&code=y', '?error=access_denied', '?state=&code=']) {
      assertRefused(await own.visitor.visit(`${own.address}/sign-in/oidc/callback${wrong}`), own.address, 'E_OIDC_STATE');
    }
  });

  test('refuses a code that is over, altered, or of another client secret', async () => {
    await using own = await scene();
    const back = new URL(await signInAtProvider(own, 'jane'));
    await own.provider.forgetCode(back.searchParams.get('code') ?? '');
    assertRefused(await own.visitor.visit(back.href), own.address, 'E_OIDC_REFUSED');
    assert.match((await audit(own))[0]?.detail ?? '', /\(invalid_grant\)$/);

    await using other = await scene({ oidc: { clientSecretFile: `${folder.path}/wrong-secret` } });
    assertRefused(await other.visitor.visit(await signInAtProvider(other, 'jane')), other.address, 'E_OIDC_REFUSED');
    assert.match((await audit(other))[0]?.detail ?? '', /\(invalid_client\)$/);
    assert.ok(!JSON.stringify(other.agent.log).includes('another-secret'));
  });

  test('refuses an ID token of another nonce or key, and a code that was asked for with another challenge', async () => {
    await using own = await scene();
    const altered = (name: string, value: string) => (url: URL) => {
      url.searchParams.set(name, value);
      return url;
    };
    const nonce = await signInAtProvider(own, 'jane', { alter: altered('nonce', 'another') });
    assertRefused(await own.visitor.visit(nonce), own.address, 'E_OIDC_ANSWER');
    const challenge = await signInAgain(own, altered('code_challenge', 'A'.repeat(43)));
    assertRefused(await own.visitor.visit(challenge), own.address, 'E_OIDC_REFUSED');
    own.provider.trouble = 'foreign-keys';
    assertRefused(await own.visitor.visit(await signInAgain(own)), own.address, 'E_OIDC_ANSWER');
    own.provider.trouble = undefined;
    assert.equal((await own.visitor.visit(await signInAgain(own))).location, `${own.address}/`);
  });

  test('refuses a provider that calls itself otherwise', async () => {
    await using own = await scene();
    await using other = await scene({ oidc: { issuer: own.provider.issuer.replace('127.0.0.1', 'localhost') } });
    assertRefused(await other.visitor.visit(`${other.address}/sign-in/oidc`), other.address, 'E_OIDC_ANSWER');
  });

  test('says in a sentence that the provider is down, begins before it, and is well when that is', async () => {
    await using own = await scene();
    own.provider.trouble = 'down';
    assertRefused(await own.visitor.visit(`${own.address}/sign-in/oidc`), own.address, 'E_OIDC_PROVIDER');
    const sentence = `Cannot sign in by way of the OpenID provider ${own.provider.issuer}: it answers 503`;
    assert.ok(
      own.agent.log.some((line) => line.includes(sentence)),
      own.agent.log.join('\n'),
    );
    own.provider.trouble = undefined;

    const back = await signInAtProvider(own, 'jane');
    own.provider.trouble = 'down';
    assertRefused(await own.visitor.visit(back), own.address, 'E_OIDC_PROVIDER');
  });

  test('leads to no other site afterwards, whatever it was told', async () => {
    await using own = await scene();
    const back = await signInAtProvider(own, 'jane', { returnTo: '//attacker.example/' });
    assert.equal((await own.visitor.visit(back)).location, `${own.address}/`);
  });

  test('begins only so often for one address', async () => {
    await using own = await scene();
    for (let at = 0; at < 30; at += 1) assert.match((await own.visitor.visit(`${own.address}/sign-in/oidc`)).location ?? '', /\/auth\?/);
    assertRefused(await own.visitor.visit(`${own.address}/sign-in/oidc`), own.address, 'E_AGENT_TRIES');
  });

  test('is not there without a provider, and does not start with files that are not there', async () => {
    await using agent = await serveAgent();
    assert.equal((await agent.ask('/sign-in/oidc')).status, 404);
    const oidc = { ...noOidc, issuer: 'http://127.0.0.1:1', clientId, roles };
    await assert.rejects(serveAgent({ config: { oidc: { ...oidc, clientSecretFile: '/nowhere' } } }), {
      code: 'E_SECRET_FILE',
      exitCode: 2,
    });
    await assert.rejects(serveAgent({ config: { oidc: { ...oidc, caFile: '/nowhere' } } }), {
      code: 'E_USAGE',
      message: "Cannot read the file /nowhere of the setting agent.oidc.caFile: ENOENT: no such file or directory, open '/nowhere'",
    });
  });
});

describe('OidcSignIn', () => {
  const sentenceOf = async (issuer: string): Promise<string> => {
    const settings = { ...noOidc, issuer, clientId, roles };
    const oidc = await OidcSignIn.open({ settings, clock: realClock, milliseconds: 300 });
    try {
      await oidc.begin({ origin: 'http://127.0.0.1:1', returnTo: '/' });
    } catch (error) {
      return isFailure(error) ? `${error.code}: ${error.message}` : String(error);
    }
    return 'it began';
  };

  test('waits for a provider no longer than it is to, and reads no endless answer', async () => {
    await using provider = await startOidcProvider({ redirectUrl: 'http://127.0.0.1:1/', accounts });
    provider.trouble = 'silent';
    const begin = 'E_OIDC_PROVIDER: Cannot sign in by way of the OpenID provider';
    assert.equal(await sentenceOf(provider.issuer), `${begin} ${provider.issuer}: it does not answer within 0.3 seconds`);

    await using endless = await startLoopbackServer(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(2_000_000)),
    );
    const issuer = endless.url.replace(/\/$/, '');
    assert.equal(await sentenceOf(issuer), `${begin} ${issuer}: its answer is larger than 1048576 bytes`);
    await using dripping = await startLoopbackServer(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
    );
    const slow = dripping.url.replace(/\/$/, '');
    assert.equal(await sentenceOf(slow), `${begin} ${slow}: it does not answer within 0.3 seconds`);
  });

  test('takes what is no OpenID provider for none', async () => {
    for (const [status, headers, body] of [
      [200, { 'content-type': 'application/json' }, '{"issuer":"https://other.example"}'],
      [200, { 'content-type': 'application/json' }, '{}'],
      [200, { 'content-type': 'text/html' }, '<html>'],
      [302, { location: 'http://127.0.0.1:1/' }, ''],
      [404, {}, ''],
    ] as const) {
      await using other = await startLoopbackServer((_, response) => void response.writeHead(status, headers).end(body));
      assert.match(
        await sentenceOf(other.url.replace(/\/$/, '')),
        /^E_OIDC_ANSWER: Cannot sign in: what the OpenID provider \S+ answered does not check \(.+\)$/,
      );
    }
  });
});

/** Who is signed in at the provider already is not asked again there. */
async function signInAgain({ address, visitor }: Scene, alter = (url: URL) => url): Promise<string> {
  const begun = await visitor.visit(`${address}/sign-in/oidc`);
  const page = await visitor.follow(alter(new URL(begun.location ?? '')).href, (url) => url.startsWith(`${address}/`));
  return page.location ?? '';
}
