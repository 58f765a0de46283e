import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Provider, type Configuration, type JWK } from 'oidc-provider';
import type { Certificate } from './certificates.ts';

/** Whom the provider knows: the password, and what it tells of them. */
export interface ProviderAccount {
  readonly password: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface ProviderOptions {
  /** To where it sends people back: of the agent. */
  readonly redirectUrl: string;
  readonly accounts: Readonly<Record<string, ProviderAccount>>;
  /** Without it the client has no secret. */
  readonly clientSecret?: string;
  /** For `localhost`; otherwise it is plain HTTP. */
  readonly certificate?: Certificate;
  /** Whether the ID token has all claims, as many providers do it; otherwise they are told at the userinfo endpoint alone, as the specification has it. */
  readonly tellsAllInIdToken?: boolean;
}

export interface RunningProvider extends AsyncDisposable {
  readonly issuer: string;
  /** `down`: it answers 503; `silent`: it takes requests and answers none; `foreign-keys`: it publishes keys with which it does not sign. */
  trouble: 'down' | 'silent' | 'foreign-keys' | undefined;
  /** As after the time that it keeps a code for. */
  forgetCode(code: string): Promise<void>;
  /** `METHOD /path` of the requests that it got. */
  readonly requests: readonly string[];
}

export const clientId = 'rootcellar';

/** Starts a real OpenID provider on a free loopback port, with a page on which one signs in. */
export async function startOidcProvider(options: ProviderOptions): Promise<RunningProvider> {
  const server =
    options.certificate === undefined
      ? http.createServer()
      : https.createServer({ cert: options.certificate.certificatePem, key: options.certificate.privateKeyPem });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = options.certificate === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  const provider = new Provider(issuer, configurationOf(options));
  const answer = provider.callback();
  const requests: string[] = [];
  const running: RunningProvider = {
    issuer,
    trouble: undefined,
    requests,
    forgetCode: async (code) => (await provider.AuthorizationCode.find(code))?.destroy(),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    requests.push(`${request.method} ${pathname}`);
    if (running.trouble === 'silent') return;
    if (running.trouble === 'down') return void response.writeHead(503).end();
    if (running.trouble === 'foreign-keys' && pathname === '/jwks') return sendJson(response, { keys: [newKey().published] });
    if (pathname.startsWith('/interaction/')) return void answerLogin(provider, options, request, response);
    void answer(request, response);
  });
  return running;
}

function configurationOf({ redirectUrl, accounts, clientSecret, tellsAllInIdToken = false }: ProviderOptions): Configuration {
  return {
    clients: [
      {
        client_id: clientId,
        redirect_uris: [redirectUrl],
        ...(clientSecret === undefined ? { token_endpoint_auth_method: 'none' } : { client_secret: clientSecret }),
      },
    ],
    jwks: { keys: [newKey().own] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    features: { devInteractions: { enabled: false } },
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
    conformIdTokenClaims: !tellsAllInIdToken,
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ ...accounts[sub]?.claims, sub }) }),
    loadExistingGrant: async ({ oidc: { client, session, provider } }) => {
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  };
}

/** The page with name and password, and what is sent from it. */
async function answerLogin(
  provider: Provider,
  { accounts }: ProviderOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') return sendPage(response, 200, '');
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  const form = new URLSearchParams(text);
  if (form.has('cancel')) return provider.interactionFinished(request, response, { error: 'access_denied' });
  const name = form.get('name') ?? '';
  if (accounts[name]?.password !== form.get('password')) return sendPage(response, 401, '<p role="alert">Wrong name or password</p>');
  return provider.interactionFinished(request, response, { login: { accountId: name } });
}

function sendPage(response: ServerResponse, status: number, note: string): void {
  const form =
    '<form method="post"><label>Name <input name="name"></label><label>Password <input name="password" type="password"></label><button>Sign in</button><button name="cancel" value="1">Cancel</button></form>';
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><title>Staff account</title><h1>Staff account</h1>${note}${form}</html>`);
}

function sendJson(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const facts = { use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') };
  return {
    own: { ...privateKey.export({ format: 'jwk' }), ...facts } as JWK,
    published: { ...publicKey.export({ format: 'jwk' }), ...facts },
  };
}
