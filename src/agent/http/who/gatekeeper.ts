import { randomBytes } from 'node:crypto';
import type { Config } from '../../../config/schema.ts';
import type { Clock } from '../../../foundation/clock.ts';
import { Failure, wrongUsage } from '../../../foundation/failure.ts';
import { isLoopback } from '../listening.ts';
import { digestOf, type Tokens } from '../tokens.ts';
import { cookieHeader, cookieOf } from './cookies.ts';
import { SignInLimit } from './sign-in-limit.ts';
import { Sessions, type Session, type SignedInBy } from './sessions.ts';
import type { Caller, Who } from './who.ts';

export const sessionCookie = '__Host-rootcellar';

export interface GatekeeperOptions {
  readonly tokens: Tokens;
  readonly settings: Config['agent']['console'];
  /** Whether people can sign in at an OpenID provider. */
  readonly hasOidc: boolean;
  readonly clock: Clock;
}

/** Knows who asks: by a token, by the cookie of a session, or anybody where that is allowed. */
export class Gatekeeper {
  readonly sessions: Sessions;
  readonly #options: GatekeeperOptions;
  readonly #limit: SignInLimit;
  /** For a page that nobody has signed in on: it shows that it could read an answer. */
  readonly #anonymousCsrfToken = randomBytes(32).toString('base64url');

  constructor(options: GatekeeperOptions) {
    const { clock, settings } = options;
    this.#options = options;
    this.sessions = new Sessions(clock, { idle: settings.sessionIdle, most: settings.sessionMost });
    this.#limit = new SignInLimit(clock);
  }

  get waysToSignIn(): readonly ('token' | 'oidc')[] {
    return [...(this.#options.tokens.isSet ? (['token'] as const) : []), ...(this.#options.hasOidc ? (['oidc'] as const) : [])];
  }

  /**
   * Who asks; undefined where nothing is shown, or a session that has ended. A token that is shown decides alone.
   *
   * @param from the address that the request came from
   * @throws Failure E_AGENT_TOKEN for a wrong token, E_AGENT_TRIES after too many of them
   */
  async identify(
    headers: Headers,
    { from, isUse = true }: { readonly from: string; readonly isUse?: boolean },
  ): Promise<Caller | undefined> {
    const authorization = headers.get('authorization') ?? '';
    if (this.#options.tokens.isSet && /^Bearer\b/i.test(authorization)) return { who: await this.#whoShows(authorization, from) };
    return (await this.#callerOfSession(headers, isUse)) ?? this.#anybody();
  }

  /** As {@link identify}. @throws Failure E_AGENT_TOKEN, E_AGENT_TRIES, E_AGENT_NO_TOKENS where nobody can be let in at all */
  async admit(headers: Headers, from: string): Promise<Caller> {
    const caller = await this.identify(headers, { from });
    if (caller !== undefined) return caller;
    if (this.waysToSignIn.length > 0) throw unknownCaller('it shows no token');
    throw new Failure('E_AGENT_NO_TOKENS', 'Cannot answer below /api/v1: no file of tokens is set, so nobody may', {
      hint: 'set agent.tokens.viewerFile, agent.tokens.operatorFile or agent.tokens.restorerFile to a file with a token a line',
    });
  }

  /**
   * Signs in with a token: a session of a new ID; the one that the browser had ends.
   *
   * @throws Failure E_AGENT_TOKEN, E_AGENT_TRIES
   */
  async signIn(token: string, headers: Headers, from: string): Promise<SignedIn> {
    this.#limit.assertMayTry(from);
    const role = await this.#options.tokens.roleOf(token);
    if (role === undefined) {
      this.#limit.wrong(from);
      throw unknownCaller('the token is none that this agent knows', true);
    }
    this.#limit.right(from);
    return this.begin({ kind: 'token', digest: digestOf(token) }, headers);
  }

  /** Begins a session of somebody who has proven who it is; the one that the browser had ends. */
  async begin(by: SignedInBy, headers: Headers): Promise<SignedIn> {
    this.#endShown(headers);
    const { id, session } = this.sessions.begin(by);
    const caller = await this.#callerOf(session);
    if (caller === undefined) throw unknownCaller('the token has just been taken away');
    return { caller, cookie: cookieHeader(sessionCookie, id, { sameSite: 'Strict' }) };
  }

  /** Ends the session that the request shows. Returns the cookie that takes it from the browser. */
  signOut(headers: Headers): string {
    this.#endShown(headers);
    return cookieHeader(sessionCookie, 'none', { sameSite: 'Strict', seconds: 0 });
  }

  async #whoShows(authorization: string, from: string): Promise<Who> {
    const [, token] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization) ?? [];
    if (token === undefined) throw unknownCaller('it shows no token');
    this.#limit.assertMayTry(from);
    const role = await this.#options.tokens.roleOf(token);
    if (role === undefined) {
      this.#limit.wrong(from);
      throw unknownCaller('the token that it shows is none that this agent knows', true);
    }
    this.#limit.right(from);
    return { name: role, role, via: 'token' };
  }

  async #callerOfSession(headers: Headers, isUse: boolean): Promise<Caller | undefined> {
    const id = cookieOf(headers.get('cookie'), sessionCookie);
    const session = id === undefined ? undefined : this.sessions.find(id, { isUse });
    if (id === undefined || session === undefined) return undefined;
    const caller = await this.#callerOf(session);
    if (caller === undefined) this.sessions.end(id);
    return caller;
  }

  /** Undefined where the token of the session is in no file any more. */
  async #callerOf(session: Session): Promise<Caller | undefined> {
    const { by, csrfToken } = session;
    const role = by.kind === 'person' ? by.role : await this.#options.tokens.roleOfDigest(by.digest);
    if (role === undefined) return undefined;
    const who: Who = by.kind === 'person' ? { name: by.name, role, via: 'oidc' } : { name: role, role, via: 'session' };
    return { who, csrfToken, expiresAt: new Date(this.sessions.endOf(session)).toISOString() };
  }

  #anybody(): Caller | undefined {
    const role = this.#options.settings.anonymous;
    if (role === 'none') return undefined;
    return { who: { name: 'anonymous', role, via: 'anonymous' }, csrfToken: this.#anonymousCsrfToken };
  }

  #endShown(headers: Headers): void {
    const id = cookieOf(headers.get('cookie'), sessionCookie);
    if (id !== undefined) this.sessions.end(id);
  }
}

export interface SignedIn {
  readonly caller: Caller;
  /** The value of `Set-Cookie`. */
  readonly cookie: string;
}

/** @throws Failure E_USAGE (exit code 2) where others than this machine could come in without a token */
export function assertAnonymousStaysHere(host: string, anonymous: Config['agent']['console']['anonymous']): void {
  if (anonymous === 'none' || isLoopback(host)) return;
  throw wrongUsage(
    `Cannot let anybody in as ${anonymous}: agent.console.anonymous is for a loopback address only, and agent.listen is ${host}`,
    'leave agent.console.anonymous out, or set agent.listen to 127.0.0.1:7373',
  );
}

/** `isWrong`: somebody showed something, and did not merely come without. */
function unknownCaller(state: string, isWrong = false): Failure {
  return new Failure('E_AGENT_TOKEN', `Cannot answer the request: ${state}`, {
    facts: { isWrong },
    hint: 'show a token of one of the files that agent.tokens names: set agent.tokenFile, or send "Authorization: Bearer TOKEN"',
  });
}
