import assert from 'node:assert/strict';
import { test } from 'node:test';
import { returnPath } from './return-path.ts';

test('returnPath() leads to pages of the console', () => {
  for (const page of ['/', '/runs', '/entries?filter=(uid%3Da)&from=latest', '/archive/20261123T104646Z#files', '/signing']) {
    assert.equal(returnPath(page), page);
  }
});

test('returnPath() leads nowhere else', () => {
  for (const wanted of [
    undefined,
    '',
    'runs',
    'https://attacker.example/',
    '//attacker.example/',
    '/\\attacker.example/',
    '\\\\attacker.example',
    '/\t/attacker.example',
    '/\n/attacker.example',
    ' /runs',
    '/runs\r\nSet-Cookie: a=b',
    '/..//attacker.example',
    '/x/..//attacker.example',
    '/.//attacker.example',
    '/%2e%2e//attacker.example',
    'javascript:alert(1)',
    '/api/v1/status',
    '/sign-in/oidc',
    '/sign-in',
    '/ü',
    `/${'a'.repeat(2000)}`,
  ]) {
    assert.equal(returnPath(wanted), '/', JSON.stringify(wanted));
  }
});
