import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cookieHeader, cookieOf } from './cookies.ts';
import { assertOwnPage, originOf } from './own-page.ts';

const host = 'ds-0.example:7373';

describe('originOf()', () => {
  test('believes Sec-Fetch-Site, for which another port of the host is another place', () => {
    for (const [site, origin] of [
      ['same-origin', 'own'],
      ['same-site', 'foreign'],
      ['cross-site', 'foreign'],
      ['none', 'foreign'],
      ['', 'foreign'],
    ] as const) {
      assert.equal(originOf(new Headers({ host, 'sec-fetch-site': site, origin: `https://${host}` }), 'https'), origin, site);
    }
  });

  test('compares Origin with the address that was asked where the browser sends nothing better', () => {
    for (const [origin, expected] of [
      [`https://${host}`, 'own'],
      [`https://DS-0.example:7373`, 'own'],
      [`http://${host}`, 'foreign'],
      ['https://ds-0.example', 'foreign'],
      ['https://ds-0.example:7374', 'foreign'],
      [`https://${host}.attacker.example`, 'foreign'],
      ['null', 'foreign'],
      ['', 'foreign'],
    ] as const) {
      assert.equal(originOf(new Headers({ host, origin }), 'https'), expected, origin);
    }
    assert.equal(originOf(new Headers({ host }), 'https'), 'untold');
  });
});

describe('assertOwnPage()', () => {
  const message = (headers: Readonly<Record<string, string>>): string | undefined => {
    try {
      assertOwnPage(new Headers({ host, ...headers }), 'https', 'right');
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('takes the csrfToken of the session from its own page, and nothing else', () => {
    const own = { origin: `https://${host}` };
    const wrong = 'Cannot change anything for this request: its X-Rootcellar-Csrf is not the csrfToken of the session';
    assert.equal(message({ ...own, 'x-rootcellar-csrf': 'right' }), undefined);
    assert.equal(message(own), wrong);
    assert.equal(message({ ...own, 'x-rootcellar-csrf': 'wrong' }), wrong);
    assert.equal(message({ ...own, 'x-rootcellar-csrf': 'right!' }), wrong);
    assert.equal(
      message({ 'sec-fetch-site': 'same-site', 'x-rootcellar-csrf': 'right' }),
      'Cannot change anything for this request: it comes from a page of another address',
    );
    assert.equal(
      message({ 'x-rootcellar-csrf': 'right' }),
      'Cannot change anything for this request: it does not say which page it comes from',
    );
  });
});

describe('cookies', () => {
  test('cookieOf() finds a cookie among others, the first of two, and none in what is no value of ours', () => {
    assert.equal(cookieOf('a=b; __Host-x=y_-1;c=d', '__Host-x'), 'y_-1');
    assert.equal(cookieOf('__Host-x=1; __Host-x=2', '__Host-x'), '1');
    assert.equal(cookieOf('__Host-x=a=b', '__Host-x'), undefined);
    assert.equal(cookieOf('__Host-x=', '__Host-x'), undefined);
    assert.equal(cookieOf(`__Host-x=${'a'.repeat(129)}`, '__Host-x'), undefined);
    assert.equal(cookieOf('x__Host-x=1; __Host-xx=1; __Host-x', '__Host-x'), undefined);
    assert.equal(cookieOf(null, '__Host-x'), undefined);
  });

  test('cookieHeader() has what a name with __Host- asks for, and keeps scripts away from it', () => {
    assert.equal(cookieHeader('__Host-x', 'y', { sameSite: 'Strict' }), '__Host-x=y; Path=/; Secure; HttpOnly; SameSite=Strict');
    assert.equal(
      cookieHeader('__Host-x', 'y', { sameSite: 'Lax', seconds: 0 }),
      '__Host-x=y; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0',
    );
  });
});
