import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LdifEntry } from '../read-ldif.ts';
import { standardSchema } from '../schema/standard-schema.ts';
import { filterMatcher, matchesFilter } from './match-filter.ts';
import { parseFilter } from './parse-filter.ts';

const pairs: readonly (readonly [string, string])[] = [
  ['objectClass', 'inetOrgPerson'],
  ['cn', 'Babs  Jensen'],
  ['cn;lang-de', 'Bärbel Jensen'],
  ['sn', 'Jensen'],
  ['description;lang-de', 'Leitung'],
  ['uidNumber', '0042'],
  ['telephoneNumber', '+1 408-555 1212'],
  ['manager', 'uid=Boss, ou=People,dc=x'],
  ['uniqueMember', "cn=a,dc=x#'01'B"],
  ['createTimestamp', '20260101120000Z'],
  ['pwdReset', 'true'],
  ['labeledURI', 'http://Example/A'],
  ['x-flags', '6'],
  ['x-unknown', 'Some  Text'],
];
const entry: LdifEntry = {
  dn: 'cn=Babs Jensen+uid=B1,ou=Sales,o=Ace Industry',
  names: [...pairs.map(([name]) => name), 'jpegPhoto', 'entryUUID'],
  values: [...pairs.map(([, value]) => Buffer.from(value, 'utf8').toString('latin1')), '\xff\xd8\0(*', '0B0B'],
};

for (const filter of [
  '(cn=babs jensen)',
  '(commonName=Babs Jensen)',
  '(2.5.4.3=Babs Jensen)',
  '(name=jensen)',
  '(cn=BÄRBEL jensen)',
  '(cn;lang-de=Bärbel*)',
  '(description=leitung)',
  '(cn=ba*s*jen*sen)',
  '(cn=*s j*)',
  '(objectclass=*)',
  '(uidNumber=42)',
  '(uidNumber>=42)',
  '(uidNumber>=-5)',
  '(uidNumber<=100)',
  '(!(uidNumber<=41))',
  '(telephoneNumber=+14085551212)',
  '(telephoneNumber=*555-1*)',
  String.raw`(manager=UID=boss,OU=people,dc=X)`,
  "(uniqueMember=CN=A, dc=x#'01'B)",
  '(createTimestamp>=20251231000000Z)',
  '(createTimestamp=20260101120000.000Z)',
  '(pwdReset=TRUE)',
  '(labeledURI=http://Example/A)',
  '(cn~=Barbel-Jensen)',
  '(cn:caseExactMatch:=Babs Jensen)',
  '(ou:dn:=sales)',
  '(:dn:caseIgnoreMatch:=ACE industry)',
  '(x-flags:1.2.840.113556.1.4.803:=6)',
  '(x-flags:1.2.840.113556.1.4.804:=12)',
  '(uidNumber:integerOrderingMatch:=43)',
  '(x-unknown=some text)',
  String.raw`(jpegPhoto=\ff\d8\00\28\2a)`,
  String.raw`(jpegPhoto=\ff*\2a)`,
  '(entryUUID=0b0b)',
  '(&)',
  '(|(cn=x)(sn=jensen))',
  '(!(mail=*))',
  // Undefined or true is true.
  '(|(uidNumber=abc)(sn=jensen))',
]) {
  test(`matchesFilter() finds the entry by ${filter}`, () => assert.ok(matchesFilter(parseFilter(filter), entry, standardSchema)));
}

for (const filter of [
  '(cn=Babs)',
  '(cn;lang-en=*)',
  '(description;lang-fr=Leitung)',
  '(sn;lang-de=Jensen)',
  '(cn=jen*babs)',
  '(cn=babs*abs jensen)',
  '(uidNumber>=43)',
  '(labeledURI=http://example/a)',
  '(cn:caseExactMatch:=babs jensen)',
  '(ou:=sales)',
  '(x-flags:1.2.840.113556.1.4.803:=5)',
  '(uidNumber:integerOrderingMatch:=42)',
  '(|)',
  '(!(&))',
  // Neither these nor their contrary: they cannot be evaluated.
  '(uidNumber=abc)',
  '(!(uidNumber=abc))',
  '(pwdReset>=TRUE)',
  '(!(pwdReset>=TRUE))',
  '(manager=uid*)',
  '(!(manager=uid*))',
  '(&(uidNumber=abc)(sn=jensen))',
  '(!(&(uidNumber=abc)(sn=jensen)))',
]) {
  test(`matchesFilter() does not find the entry by ${filter}`, () => assert.ok(!matchesFilter(parseFilter(filter), entry, standardSchema)));
}

test('filterMatcher() refuses a matching rule that it does not know', () => {
  assert.throws(() => filterMatcher(parseFilter('(cn:1.2.3:=a)'), standardSchema), {
    code: 'E_FILTER_INVALID',
    message: 'Cannot use the filter: the matching rule 1.2.3 is not known here',
  });
});

test('filterMatcher() says in a short sentence that a rule with an endless name is not known', () => {
  const name = `1${'.2'.repeat(5000)}`;

  assert.throws(() => filterMatcher(parseFilter(`(cn:${name}:=a)`), standardSchema), {
    message: `Cannot use the filter: the matching rule ${name.slice(0, 60)}… is not known here`,
  });
});
