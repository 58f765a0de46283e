import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { attributesLeftOut, entryDigest, EntryTotals } from './entry-digest.ts';
import type { LdifEntry } from './read-ldif.ts';

function entryOf(dn: string, ...lines: readonly (readonly [string, string])[]): LdifEntry {
  return { dn, names: lines.map(([name]) => name), values: lines.map(([, value]) => value) };
}

const person = entryOf('uid=a,dc=x', ['objectClass', 'top'], ['objectClass', 'person'], ['cn', 'A'], ['userPassword', '{SSHA}x']);

const alike: readonly (readonly [string, LdifEntry])[] = [
  [
    'values in another order',
    entryOf('uid=a,dc=x', ['userPassword', '{SSHA}x'], ['cn', 'A'], ['objectClass', 'person'], ['objectClass', 'top']),
  ],
  [
    'names in another case',
    entryOf('uid=a,dc=x', ['OBJECTCLASS', 'top'], ['objectclass', 'person'], ['CN', 'A'], ['userpassword', '{SSHA}x']),
  ],
  ['the DN spelled otherwise', { ...person, dn: 'UID=A, dc = X' }],
  ['the option binary', { ...person, names: person.names.map((name) => (name === 'cn' ? 'cn;binary' : name)) }],
  ...attributesLeftOut.map(
    (name) => [`a value of ${name}`, { ...person, names: [...person.names, name], values: [...person.values, 'anything'] }] as const,
  ),
];
for (const [what, entry] of alike) {
  test(`entryDigest() is the same for ${what}`, () => {
    assert.deepEqual(entryDigest(entry), entryDigest(person));
  });
}

const different: readonly (readonly [string, LdifEntry])[] = [
  ['another DN', { ...person, dn: 'uid=b,dc=x' }],
  ['another password', { ...person, values: ['top', 'person', 'A', '{SSHA}y'] }],
  ['a value in another case', { ...person, values: ['top', 'person', 'a', '{SSHA}x'] }],
  ['a value less', { ...person, names: person.names.slice(1), values: person.values.slice(1) }],
  ['a value twice', { ...person, names: [...person.names, 'cn'], values: [...person.values, 'A'] }],
  ['a value of another attribute', { ...person, names: ['objectClass', 'objectClass', 'sn', 'userPassword'] }],
  ['an option', { ...person, names: ['objectClass', 'objectClass', 'cn;lang-de', 'userPassword'] }],
  ['an operational attribute', { ...person, names: [...person.names, 'modifyTimestamp'], values: [...person.values, '20261126014550Z'] }],
];
for (const [what, entry] of different) {
  test(`entryDigest() is another for ${what}`, () => {
    assert.notDeepEqual(entryDigest(entry), entryDigest(person));
  });
}

test('entryDigest() tells a value apart from two that look like it', () => {
  const one = entryOf('dc=x', ['cn', 'a\ncn:1:b']);
  const two = entryOf('dc=x', ['cn', 'a'], ['cn', 'b']);

  assert.notDeepEqual(entryDigest(one), entryDigest(two));
});

test('entryDigest() is the SHA-256 of the DN and the sorted values, each with its length in bytes', () => {
  const entry = entryOf('cn=ä', ['b', 'ÿ\u0000'], ['a', '']);
  const bytes = Buffer.concat([Buffer.from('5:cn=ä\na:0:\nb:2:'), Buffer.from([255, 0])]);

  assert.equal(entryDigest(entry).toString('hex'), createHash('sha256').update(bytes).digest('hex'));
});

test('EntryTotals counts, and sums the digests modulo 2^256 in whatever order they come', () => {
  const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
  const full = fc.constant(Buffer.alloc(32, 255));
  fc.assert(
    fc.property(fc.array(fc.oneof(digest, full)), (digests) => {
      const totals = new EntryTotals();
      for (const one of digests) totals.add(one);
      const sum = digests.reduce((total, one) => (total + BigInt(`0x${one.toString('hex')}`)) % 2n ** 256n, 0n);
      assert.equal(totals.entries, digests.length);
      assert.equal(totals.digest, `1-${sum.toString(16).padStart(64, '0')}`);
      assert.equal(totals.digest, totals.digest, 'asking changes nothing');
    }),
  );
});

test('EntryTotals holds more entries than a sum without carries would', () => {
  const totals = new EntryTotals();
  const full = Buffer.alloc(32, 255);
  for (let entry = 0; entry < 3_000_000; entry += 1) totals.add(full);

  const sum = ((2n ** 256n - 1n) * 3_000_000n) % 2n ** 256n;
  assert.equal(totals.digest, `1-${sum.toString(16).padStart(64, '0')}`);
});
