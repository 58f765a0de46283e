import { apiSchemas } from '../api-schemas.ts';
import type { ApiParts } from '../api-parts.ts';
import { json } from '../route-tools.ts';
import type { Route } from '../route.ts';
import { assertNoForeignPage, assertOwnPage } from './own-page.ts';
import type { Caller } from './who.ts';

/** Who is signed in; in and out. */
export function sessionRoutes({ gatekeeper, scheme, view, programVersion, oidc }: ApiParts): readonly Route[] {
  const documentOf = (caller: Caller | undefined): unknown => ({
    isSignedIn: caller !== undefined,
    ...caller?.who,
    expiresAt: caller?.expiresAt,
    csrfToken: caller?.csrfToken,
    waysToSignIn: gatekeeper.waysToSignIn,
    oidcTitle: oidc?.title,
    agent: view.name,
    group: view.group,
    // Who is nobody need not know which faults it has.
    version: caller === undefined ? undefined : programVersion,
  });
  return [
    {
      method: 'get',
      path: '/api/v1/session',
      name: 'getSession',
      summary: 'Who asks, and how one can sign in',
      role: undefined,
      answer: { status: 200, summary: 'who it is', contentType: 'application/json', schema: 'Session' },
      failures: { 401: 'the token that is shown is wrong', 429: 'there were too many wrong ones' },
      handle: async ({ headers, from }) => json('Session', documentOf(await gatekeeper.identify(headers, { from, isUse: false }))),
    },
    {
      method: 'post',
      path: '/api/v1/session',
      name: 'signIn',
      summary: 'Sign in with a token, for a browser: the answer sets the cookie of a session',
      role: undefined,
      body: 'SignInRequest',
      answer: { status: 200, summary: 'who it is now', contentType: 'application/json', schema: 'Session' },
      failures: { 401: 'the token is wrong', 403: 'it comes from a page of another address', 429: 'there were too many wrong ones' },
      handle: async ({ headers, from, body, audit }) => {
        audit.note({ action: 'sign in' }, 'with a token');
        assertNoForeignPage(headers, scheme);
        const { token } = apiSchemas.SignInRequest.parse(body);
        const { caller, cookie } = await gatekeeper.signIn(token, headers, from);
        audit.by(caller.who);
        return json('Session', documentOf(caller), { headers: { 'set-cookie': cookie } });
      },
    },
    {
      method: 'delete',
      path: '/api/v1/session',
      name: 'signOut',
      summary: 'End the session of the cookie',
      role: undefined,
      answer: { status: 200, summary: 'nobody is signed in', contentType: 'application/json', schema: 'Session' },
      failures: { 403: 'it comes from a page of another address, or without the csrfToken' },
      handle: async ({ headers, from, audit }) => {
        const caller = await gatekeeper.identify(headers, { from });
        if (caller !== undefined) audit.by(caller.who);
        if (caller?.who.via === 'session' || caller?.who.via === 'oidc') audit.note({ action: 'sign out' });
        if (caller?.csrfToken !== undefined) assertOwnPage(headers, scheme, caller.csrfToken);
        return json('Session', documentOf(undefined), { headers: { 'set-cookie': gatekeeper.signOut(headers) } });
      },
    },
  ];
}
