import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecretAttribute } from './secret-attributes.ts';

test('isSecretAttribute() is true of passwords, histories, second factors and private keys', () => {
  for (const name of [
    'userPassword',
    'USERPASSWORD;x-old',
    'authPassword',
    'pwdHistory',
    'ds-pwp-retired-password',
    'ds-auth-totp-shared-secret',
    'ds-auth-delivered-otp',
    'sambaNTPassword',
    'unicodePwd',
    'userPKCS12',
    'ds-private-key',
    'krbPrincipalKey',
  ]) {
    assert.ok(isSecretAttribute(name), name);
  }
});

test('isSecretAttribute() is false of other attributes, and of times and counts of passwords', () => {
  for (const name of [
    'cn',
    'pwdChangedTime',
    'passwordExpirationTime',
    'ds-pwp-password-policy-dn',
    'pwdReset',
    'userCertificate',
    'secretary',
  ]) {
    assert.ok(!isSecretAttribute(name), name);
  }
});
