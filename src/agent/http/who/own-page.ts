import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../../foundation/failure.ts';

/** `own`: a page of this very address · `foreign`: another page, also one of another port of the same host · `untold`: no browser says so. */
export type Origin = 'own' | 'foreign' | 'untold';

/** Whose page sent the request, by the headers that no page can set. `scheme`: of what this agent serves. */
export function originOf(headers: Headers, scheme: 'http' | 'https'): Origin {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' ? 'own' : 'foreign';
  const origin = headers.get('origin');
  if (origin === null) return 'untold';
  return origin.toLowerCase() === `${scheme}://${(headers.get('host') ?? '').toLowerCase()}` ? 'own' : 'foreign';
}

/** What changes something on behalf of a browser must come from the console's own page, and show what only that can have read. @throws Failure E_AGENT_CSRF */
export function assertOwnPage(headers: Headers, scheme: 'http' | 'https', csrfToken: string): void {
  const origin = originOf(headers, scheme);
  if (origin !== 'own')
    throw foreignPage(origin === 'foreign' ? 'it comes from a page of another address' : 'it does not say which page it comes from');
  if (!isSame(headers.get('x-rootcellar-csrf') ?? '', csrfToken)) {
    throw foreignPage('its X-Rootcellar-Csrf is not the csrfToken of the session');
  }
}

/** Nobody is signed in, as somebody else, by a page that is not the console. Programs, which name no page, may. @throws Failure E_AGENT_CSRF */
export function assertNoForeignPage(headers: Headers, scheme: 'http' | 'https'): void {
  if (originOf(headers, scheme) === 'foreign') throw foreignPage('it comes from a page of another address');
}

function foreignPage(state: string): Failure {
  return new Failure('E_AGENT_CSRF', `Cannot change anything for this request: ${state}`, {
    hint: 'load the console anew; programs show a token, with "Authorization: Bearer TOKEN"',
  });
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
