import { z } from 'zod';
import { isFailure } from '../../../foundation/failure.ts';
import type { ApiParts } from '../api-parts.ts';
import { wrongRequest } from '../answers.ts';
import type { Route, RouteRequest } from '../route.ts';
import { cookieHeader, cookieOf } from './cookies.ts';
import type { OidcSignIn } from './oidc-sign-in.ts';
import { pendingSeconds } from './pending-sign-ins.ts';
import { returnPath } from './return-path.ts';
import { networkOf, tooManyTries } from './sign-in-limit.ts';
import { TryLimit } from './try-limit.ts';

const browserCookie = '__Host-rootcellar-oidc';
const begin = z.strictObject({ returnTo: z.string().optional().describe('the page of the console to come back to') });
/** As a provider sends it; some add more. */
const arrival = z.looseObject({
  state: z.string().optional(),
  code: z.string().optional(),
  error: z.string().optional().describe('why the provider refuses'),
});

/** To the OpenID provider, and back. Both answer a browser, so what goes wrong leads to the page on which one signs in. */
export function oidcRoutes({ oidc, gatekeeper, scheme, clock, log }: ApiParts): readonly Route[] {
  const limit = new TryLimit(clock, { burst: 30, each: 2000 });
  const telling = async (request: RouteRequest, work: (oidc: OidcSignIn) => Promise<Response>): Promise<Response> => {
    if (oidc === undefined) throw wrongRequest(404, 'no OpenID provider is set', 'sign in with a token, or set agent.oidc');
    try {
      return await work(oidc);
    } catch (error) {
      if (!isFailure(error)) throw error;
      log.warn({ err: error }, 'nobody was signed in by the OpenID provider');
      request.audit.failed(error);
      return redirect(`/sign-in?failure=${error.code}`);
    }
  };
  const common = {
    method: 'get',
    role: undefined,
    answer: { status: 303, summary: 'the browser is sent on' },
    failures: { 404: 'no OpenID provider is set' },
  } as const;
  return [
    {
      ...common,
      path: '/sign-in/oidc',
      name: 'beginOidcSignIn',
      summary: 'Go to the OpenID provider',
      query: begin,
      handle: (request) =>
        telling(request, async (provider) => {
          const network = networkOf(request.from);
          const wait = limit.wait(network);
          if (wait > 0) throw tooManyTries(wait);
          limit.count(network);
          const returnTo = returnPath(begin.parse(request.query).returnTo);
          const { url, browser } = await provider.begin({ origin: originAsked(request, scheme), returnTo });
          return redirect(url, cookieHeader(browserCookie, browser, { sameSite: 'Lax', seconds: pendingSeconds }));
        }),
    },
    {
      ...common,
      path: '/sign-in/oidc/callback',
      name: 'finishOidcSignIn',
      summary: 'Come back from the OpenID provider; the answer sets the cookie of a session',
      query: arrival,
      handle: (request) => {
        request.audit.note({ action: 'sign in' });
        return telling(request, async (provider) => {
          const browser = cookieOf(request.headers.get('cookie'), browserCookie);
          const { by, returnTo } = await provider.finish(request.search, browser);
          const { caller, cookie } = await gatekeeper.begin(by, request.headers);
          request.audit.by(caller.who);
          request.audit.note({ action: 'sign in' }, `by OpenID Connect, as the subject ${by.subject}`);
          return redirect(returnTo, cookie, cookieHeader(browserCookie, 'none', { sameSite: 'Lax', seconds: 0 }));
        });
      },
    },
  ];
}

/** By which the browser reached this agent. A name that is none is not passed on. */
function originAsked({ headers }: RouteRequest, scheme: 'http' | 'https'): string {
  const host = headers.get('host') ?? '';
  if (!/^[\w.[\]:-]{1,300}$/.test(host)) throw wrongRequest(400, 'its Host header is no name of a host');
  return `${scheme}://${host}`;
}

function redirect(location: string, ...cookies: readonly string[]): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
