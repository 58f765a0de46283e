import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedByProvider } from './refused-by-provider.ts';

test('refusedByProvider() says what is known of the code, and what to do', () => {
  const { message, hint, code } = refusedByProvider('E_OIDC_ROLE');

  assert.equal(message, 'Cannot sign you in with your account: your account has no role here');
  assert.equal(hint, 'have it put into one of the groups that agent.oidc.roles names');
  assert.equal(code, 'E_OIDC_ROLE');
});

for (const code of ['toString', '<b>', 'E_OTHER', '']) {
  test(`refusedByProvider() takes ${JSON.stringify(code)}, which anybody can write into the address, for nothing it knows`, () => {
    const refused = refusedByProvider(code);

    assert.equal(refused.message, 'Cannot sign you in with your account');
    assert.match(refused.code, /^E_O[A-Z_]+$/);
  });
}
