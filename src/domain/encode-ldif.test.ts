import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeLdifEntry } from './encode-ldif.ts';

test('encodeLdifEntry() puts the DN first, then the classes, and ends with an empty line', () => {
  const entry = encodeLdifEntry('cn=config', [
    ['cn', ['config']],
    ['objectClass', ['top', 'ds-cfg-root-config']],
  ]);

  assert.equal(entry, 'dn: cn=config\nobjectClass: top\nobjectClass: ds-cfg-root-config\ncn: config\n\n');
});

for (const [what, value, line] of [
  ['begins with a blank', ' a', 'cn:: IGE='],
  ['ends with a blank', 'a ', 'cn:: YSA='],
  ['begins with a colon', ':a', 'cn:: OmE='],
  ['begins with a less-than sign', '<a', 'cn:: PGE='],
  ['has a line break', 'a\nb', 'cn:: YQpi'],
  ['is not ASCII', 'Zürich', 'cn:: WsO8cmljaA=='],
  ['is empty', '', 'cn: '],
  ['is plain', 'a: <b', 'cn: a: <b'],
] as const) {
  test(`encodeLdifEntry() writes a value that ${what} as RFC 2849 asks`, () => {
    assert.equal(encodeLdifEntry('cn=x', [['cn', [value]]]), `dn: cn=x\n${line}\n\n`);
  });
}

test('encodeLdifEntry() folds lines at 76 characters', () => {
  const [, ...lines] = encodeLdifEntry('cn=x', [['cn', ['a'.repeat(200)]]])
    .trimEnd()
    .split('\n');

  assert.ok(lines.every((line) => line.length <= 76));
  assert.equal(lines.map((line, index) => (index === 0 ? line : line.slice(1))).join(''), `cn: ${'a'.repeat(200)}`);
});
