import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../foundation/failure.ts';
import { depthOf, isAtOrBelow, normalDn, parentDn, parseDn } from './dn.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

test('parseDn() reads the examples of RFC 4514, section 4', () => {
  const parts = (text: string) => parseDn(text).map((rdn) => rdn.parts.map(({ type, value }) => [type, value]));
  assert.deepEqual(parts('UID=jsmith,DC=example,DC=net'), [[['uid', 'jsmith']], [['dc', 'example']], [['dc', 'net']]]);
  assert.deepEqual(parts('OU=Sales+CN=J.  Smith,DC=example,DC=net'), [
    [
      ['ou', 'Sales'],
      ['cn', 'J.  Smith'],
    ],
    [['dc', 'example']],
    [['dc', 'net']],
  ]);
  assert.deepEqual(parts(String.raw`CN=James \"Jim\" Smith\, III,DC=example,DC=net`)[0], [['cn', 'James "Jim" Smith, III']]);
  assert.deepEqual(parts(String.raw`CN=Before\0dAfter,DC=example,DC=net`)[0], [['cn', 'Before\rAfter']]);
  assert.deepEqual(parts('1.3.6.1.4.1.1466.0=#04024869'), [[['1.3.6.1.4.1.1466.0', 'Hi']]]);
  assert.deepEqual(parts(String.raw`CN=Lu\C4\8Di\C4\87`), [[['cn', bytes('Lučić')]]]);
  assert.deepEqual(parts(''), []);
});

test('parseDn() reads what older forms allow: blanks, semicolons, quotes, OIDs with a prefix', () => {
  const [first, second] = parseDn('CN = "Smith, J; +1" + OID.2.5.4.11 = x ;o=y');
  assert.deepEqual(first?.parts, [
    { type: 'cn', value: 'Smith, J; +1' },
    { type: 'ou', value: 'x' },
  ]);
  assert.equal(first?.text, 'CN = "Smith, J; +1" + OID.2.5.4.11 = x');
  assert.equal(second?.text, 'o=y');
});

test('parseDn() keeps escaped blanks at the ends of a value and drops others', () => {
  assert.deepEqual(parseDn('cn=\\  a \\ ,o=x')[0], { text: 'cn=\\  a \\ ', parts: [{ type: 'cn', value: '  a  ' }] });
  assert.deepEqual(parseDn('cn= a  , o=x')[0], { text: 'cn= a', parts: [{ type: 'cn', value: 'a' }] });
});

for (const [text, position, state] of [
  ['people', 7, 'a "=" is expected'],
  ['=x,o=y', 1, 'the name of an attribute is expected'],
  ['cn=a,,o=x', 6, 'the name of an attribute is expected'],
  ['cn=a,', 6, 'the name of an attribute is expected'],
  ['cn=a+,o=x', 6, 'the name of an attribute is expected'],
  ['cn=a"b', 5, 'this character has to be escaped'],
  ['cn="ab', 4, 'these quotes are not closed'],
  ['cn="a"b,o=x', 7, 'a "," or "+" is expected'],
  ['cn=ab\\', 6, 'nothing follows this "\\"'],
  ['cn=#0', 4, 'pairs of hexadecimal digits are expected behind "#"'],
  ['cn=#04zz', 7, 'a hexadecimal digit is expected'],
] as const) {
  test(`parseDn() shows the position where it cannot read ${text}`, () => {
    assert.throws(
      () => parseDn(text),
      (error) => {
        assert.ok(isFailure(error, 'E_DN_INVALID'));
        assert.equal(error.message, `Cannot read a DN: position ${position}: ${state}`);
        assert.equal(error.exitCode, 2);
        assert.equal(error.hint, `see the mark:\n    ${text}\n    ${' '.repeat(position - 1)}^`);
        return true;
      },
    );
  });
}

for (const [one, other] of [
  ['CN=A B,DC=Example', 'cn = a  b , dc=example'],
  [String.raw`cn=Smith\, J,o=x`, 'cn="smith, j",O=X'],
  [String.raw`cn=Smith\, J,o=x`, String.raw`2.5.4.3=Smith\2C J;o=x`],
  ['sn=b+cn=a,o=x', 'CN=a+SN=b,o=x'],
  ['commonName=a,o=x', 'cn=a,o=x'],
  [String.raw`cn=Lu\C4\8Di\C4\87`, 'cn=LUČIĆ'],
  ['cn=ΣΑΣ', 'cn=σας'],
  ['cn=Ａ', 'cn=a'],
  ['cn=#0C024869', 'cn=hi'],
  [String.raw`cn=\20a\20`, 'cn=a'],
  ['', ' '],
] as const) {
  test(`normalDn() makes one of ${one} and ${other}`, () => assert.equal(normalDn(one), normalDn(other)));
}

for (const [one, other] of [
  ['cn=a,o=x', 'cn=a,o=y'],
  [String.raw`cn=\#4869`, 'cn=#4869'],
  [String.raw`cn=a\,o=x`, 'cn=a,o=x'],
  [String.raw`cn=\ff`, String.raw`cn=\fe`],
] as const) {
  test(`normalDn() keeps ${one} and ${other} apart`, () => assert.notEqual(normalDn(one), normalDn(other)));
}

test('normalDn() is the same for its own result', () => {
  for (const text of [String.raw`CN=a\,b\=c+SN=\ff,O=\#x`, 'uid=A B,dc=x', 'cn=#0500', 'cn=Ｌü  x'])
    assert.equal(normalDn(normalDn(text)), normalDn(text));
});

test('normalDn() takes what is no DN as comparableDn() has it', () => assert.equal(normalDn('No DN , at All'), 'no dn,at all'));

test('parentDn() and depthOf() follow the steps and keep the spelling', () => {
  assert.equal(parentDn('uid=A B,OU=People,dc=x'), 'OU=People,dc=x');
  assert.equal(parentDn(String.raw`cn=a\,b, OU=Péople , dc=x`), 'OU=Péople,dc=x');
  assert.equal(parentDn('dc=x'), '');
  assert.equal(parentDn(''), undefined);
  assert.deepEqual(['', 'dc=x', String.raw`cn=a\,b,dc=x`].map(depthOf), [0, 1, 2]);
});

test('isAtOrBelow() goes by steps, not by characters', () => {
  const below = (dn: string, base: string) => isAtOrBelow(normalDn(dn), normalDn(base));
  assert.ok(below('uid=a,ou=P,dc=x', 'OU=p,DC=x'));
  assert.ok(below('dc=x', 'dc=x'));
  assert.ok(below('dc=x', ''));
  assert.ok(!below('uid=a,ou=people,dc=x', 'ple,dc=x'));
  assert.ok(!below(String.raw`cn=a\,ou\=p`, 'ou=p'));
  assert.ok(!below('dc=x', 'uid=a,dc=x'));
});
