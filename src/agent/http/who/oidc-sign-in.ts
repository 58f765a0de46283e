import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type * as openid from 'openid-client';
import type { Configuration, ServerMetadata } from 'openid-client';
import type { Config } from '../../../config/schema.ts';
import { readSecretFile } from '../../../config/secret-file.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { Failure, isFailure, messageOf, wrongUsage } from '../../../foundation/failure.ts';
import { PendingSignIns } from './pending-sign-ins.ts';
import { isTold, nameOfClaims, roleOfClaims } from './person-of.ts';
import { providerFetch } from './provider-fetch.ts';
import type { SignedInBy } from './sessions.ts';

export interface OidcSettings extends Omit<Config['agent']['oidc'], 'issuer' | 'clientId'> {
  readonly issuer: string;
  readonly clientId: string;
}

export interface OidcSignInOptions {
  readonly settings: OidcSettings;
  readonly clock: Clock;
  /** How long the provider may take for one answer. */
  readonly milliseconds?: number;
}

/** Who came back from the provider. */
export interface ArrivedPerson {
  readonly by: Extract<SignedInBy, { kind: 'person' }>;
  readonly returnTo: string;
}

const metadataMilliseconds = 600_000;
const clockToleranceSeconds = 60;

/** Loaded when somebody signs in, not by every command. */
type OpenidClient = typeof openid;

/** Signs people in at an OpenID provider: by a code, with PKCE, state and nonce, and with the signature of what it tells. */
export class OidcSignIn {
  readonly #options: OidcSignInOptions;
  readonly #pending: PendingSignIns;
  #metadata: { readonly value: Promise<ServerMetadata>; readonly readAt: number } | undefined;

  private constructor(options: OidcSignInOptions) {
    this.#options = options;
    this.#pending = new PendingSignIns(options.clock);
  }

  /** The provider itself is asked only when somebody signs in. @throws Failure E_SECRET_FILE, E_USAGE (exit code 2) for files that cannot be read */
  static async open(options: OidcSignInOptions): Promise<OidcSignIn> {
    const { clientSecretFile, caFile } = options.settings;
    if (clientSecretFile !== undefined) await readSecretFile(clientSecretFile, 'agent.oidc.clientSecretFile');
    if (caFile !== undefined) await readCertificates(caFile);
    return new OidcSignIn(options);
  }

  get title(): string {
    const { title, issuer } = this.#options.settings;
    return title ?? new URL(issuer).host;
  }

  /**
   * Where to send a browser. `origin`: by which it reached this agent, `https://ds-0:7373`.
   *
   * @throws Failure E_OIDC_PROVIDER, E_OIDC_ANSWER
   */
  async begin({
    origin,
    returnTo,
  }: {
    readonly origin: string;
    readonly returnTo: string;
  }): Promise<{ readonly url: string; readonly browser: string }> {
    const client = await import('openid-client');
    const { scopes = ['openid', 'profile', 'email'], redirectUrl } = this.#options.settings;
    const config = await this.#checked(client, () => this.#configuration(client));
    const { pending, browser } = this.#pending.begin({ redirectUrl: redirectUrl ?? `${origin}/sign-in/oidc/callback`, returnTo });
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: pending.redirectUrl,
      scope: [...new Set(['openid', ...scopes])].join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
    });
    return { url: url.href, browser };
  }

  /**
   * Who came back with `query`. `browser`: the secret of its cookie.
   *
   * @throws Failure E_OIDC_STATE for what was not begun by this browser, here, in the last ten minutes, or is over; E_OIDC_REFUSED where the provider says no,
   * E_OIDC_ANSWER for what does not check, E_OIDC_ROLE for who has no role, E_OIDC_PROVIDER
   */
  async finish(query: URLSearchParams, browser: string | undefined): Promise<ArrivedPerson> {
    const client = await import('openid-client');
    const pending = this.#pending.take(query.get('state') ?? '', browser);
    if (pending === undefined) throw unknownState();
    const claims = await this.#checked(client, async () => {
      const config = await this.#configuration(client);
      const url = new URL(pending.redirectUrl);
      url.search = query.toString();
      const tokens = await client.authorizationCodeGrant(config, url, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      });
      const told = tokens.claims() ?? { sub: '' };
      if (isTold(told, this.#options.settings) || config.serverMetadata().userinfo_endpoint === undefined) return told;
      // What is signed counts before what is only said.
      return { ...(await client.fetchUserInfo(config, tokens.access_token, told.sub)), ...told };
    });
    return { by: this.#personOf(claims), returnTo: pending.returnTo };
  }

  #personOf(claims: { readonly sub: string; readonly [claim: string]: unknown }): ArrivedPerson['by'] {
    const { settings } = this.#options;
    const role = roleOfClaims(claims, settings);
    const name = nameOfClaims(claims, settings);
    if (role === undefined) throw noRole(settings.rolesClaim, name);
    return { kind: 'person', subject: claims.sub, name, role };
  }

  /** Made anew each time, with a secret and certificates that may have been replaced; what the provider tells of itself is kept for ten minutes. */
  async #configuration(client: OpenidClient): Promise<Configuration> {
    const { clientId, clientSecretFile, caFile, issuer } = this.#options.settings;
    const milliseconds = this.#options.milliseconds ?? 10_000;
    const ca = caFile === undefined ? undefined : [...rootCertificates, await readCertificates(caFile)];
    const fetch = providerFetch({ issuer, ca, milliseconds });
    const metadata = await this.#serverMetadata(client, fetch);
    const secret = clientSecretFile === undefined ? undefined : await readSecretFile(clientSecretFile, 'agent.oidc.clientSecretFile');
    const auth = secret === undefined ? client.None() : secretAuth(client, metadata)(secret.reveal());
    const config = new client.Configuration(metadata, clientId, { [client.clockTolerance]: clockToleranceSeconds }, auth);
    config[client.customFetch] = fetch;
    config.timeout = milliseconds / 1000;
    client.enableNonRepudiationChecks(config);
    if (issuer.toLowerCase().startsWith('http://')) client.allowInsecureRequests(config);
    return config;
  }

  async #serverMetadata(client: OpenidClient, fetch: ReturnType<typeof providerFetch>): Promise<ServerMetadata> {
    const { issuer, clientId } = this.#options.settings;
    const now = this.#options.clock.now().getTime();
    const age = this.#metadata === undefined ? Infinity : Math.abs(now - this.#metadata.readAt);
    if (this.#metadata !== undefined && age < metadataMilliseconds) return this.#metadata.value;
    const isPlain = issuer.toLowerCase().startsWith('http://');
    const value = client
      .discovery(new URL(issuer), clientId, undefined, client.None(), {
        [client.customFetch]: fetch,
        ...(isPlain ? { execute: [client.allowInsecureRequests] } : {}),
      })
      .then((config) => config.serverMetadata());
    const metadata = { value, readAt: now };
    this.#metadata = metadata;
    // The next one asks again. Whoever waits for this one is told.
    value.catch(() => {
      if (this.#metadata === metadata) this.#metadata = undefined;
    });
    return value;
  }

  async #checked<Result>(client: OpenidClient, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw toldOf(client, error, this.#options.settings.issuer);
    }
  }
}

/** Basic is what every provider takes unless it says otherwise (OpenID Connect Core 9). */
function secretAuth(
  client: OpenidClient,
  { token_endpoint_auth_methods_supported: methods }: ServerMetadata,
): OpenidClient['ClientSecretBasic'] {
  const isPostOnly = methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic');
  return isPostOnly ? client.ClientSecretPost : client.ClientSecretBasic;
}

function toldOf(client: OpenidClient, error: unknown, issuer: string): unknown {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (isFailure(cause)) return cause;
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError) {
    const word = /^[\w.-]{1,60}$/.exec(error.error)?.[0] ?? 'no reason that can be shown';
    return new Failure('E_OIDC_REFUSED', `Cannot sign in: the OpenID provider ${issuer} refused it (${word})`, {
      cause: error,
      hint: 'sign in anew; when it goes on, compare the client at the provider with agent.oidc',
    });
  }
  // Whatever else the library rejects with is about what came from outside.
  return new Failure('E_OIDC_ANSWER', `Cannot sign in: what the OpenID provider ${issuer} answered does not check (${messageOf(error)})`, {
    cause: error,
    hint: "compare agent.oidc with the provider's client, and the clocks of both",
  });
}

function unknownState(): Failure {
  return new Failure(
    'E_OIDC_STATE',
    'Cannot sign in: this way back from the OpenID provider was used already, took too long, or began in another browser',
    {
      hint: 'sign in anew',
    },
  );
}

function noRole(claim: string, name: string): Failure {
  return new Failure('E_OIDC_ROLE', `Cannot sign in "${name}": the claim ${claim} has none of the values that agent.oidc.roles name`, {
    hint: 'have the account put into a group that is named there',
  });
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw wrongUsage(
      `Cannot read the file ${file} of the setting agent.oidc.caFile: ${messageOf(error)}`,
      'name a PEM file of certificates',
    );
  }
}
