import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTold, nameOfClaims, roleOfClaims } from './person-of.ts';

const settings = {
  rolesClaim: 'groups',
  nameClaim: 'preferred_username',
  roles: { viewer: ['staff', 'cn=Back Up,ou=groups'], operator: undefined, restorer: ['admins'] },
};

describe('roleOfClaims()', () => {
  test('gives the highest role of all groups, in a list or alone', () => {
    for (const [groups, role] of [
      [['staff'], 'viewer'],
      [['staff', 'admins', 'others'], 'restorer'],
      ['admins', 'restorer'],
      ['cn=Back Up,ou=groups', 'viewer'],
    ] as const) {
      assert.equal(roleOfClaims({ groups }, settings), role);
    }
  });

  test('gives none for anything else', () => {
    for (const groups of [
      [],
      ['STAFF'],
      ['staff '],
      'staff admins',
      [['admins']],
      { admins: true },
      [{ admins: 1 }],
      true,
      null,
      undefined,
      '',
    ]) {
      assert.equal(roleOfClaims({ groups }, settings), undefined, JSON.stringify(groups));
    }
    assert.equal(roleOfClaims({}, { ...settings, rolesClaim: '__proto__' }), undefined);
    assert.equal(
      roleOfClaims({}, { ...settings, rolesClaim: 'constructor.name', roles: { ...settings.roles, viewer: ['Object'] } }),
      undefined,
    );
  });

  test('finds a claim inside another one, and gives anybody the role of *', () => {
    const nested = { ...settings, rolesClaim: 'realm_access.roles' };
    assert.equal(roleOfClaims({ realm_access: { roles: ['admins'] } }, nested), 'restorer');
    assert.equal(roleOfClaims({ 'realm_access.roles': ['staff'], realm_access: { roles: ['admins'] } }, nested), 'viewer');
    assert.equal(roleOfClaims({}, { ...settings, roles: { ...settings.roles, viewer: ['*'] } }), 'viewer');
  });
});

test('nameOfClaims() has a name in one short line, whatever the claims say', () => {
  assert.equal(nameOfClaims({ preferred_username: 'jane', email: 'j@x', sub: '1' }, settings), 'jane');
  assert.equal(nameOfClaims({ email: 'j@x', sub: '1' }, settings), 'j@x');
  assert.equal(nameOfClaims({ preferred_username: 7, sub: '1' }, settings), '1');
  assert.equal(nameOfClaims({ preferred_username: ' a\r\n\u001b[31mb\u202e ', sub: '1' }, settings), 'a [31mb');
  assert.equal(nameOfClaims({ preferred_username: '\u0000\n', sub: '1' }, settings), '1');
  assert.equal(nameOfClaims({ preferred_username: 'é'.repeat(500) }, settings).length, 100);
});

test('isTold() looks for both claims', () => {
  assert.equal(isTold({ groups: [], preferred_username: 'x' }, settings), true);
  assert.equal(isTold({ preferred_username: 'x' }, settings), false);
  assert.equal(isTold({ groups: [] }, settings), false);
});
