import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDefinition } from './read-definition.ts';
import { Schema } from './schema.ts';
import { standardSchema } from './standard-schema.ts';

const schema = new Schema(
  [
    // RFC 4512, section 4.2 and RFC 4519, with what servers add.
    "( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} X-ORIGIN 'RFC 4519' )",
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name X-SCHEMA-FILE '00-core.ldif' )",
    "(2.5.4.31 NAME 'member' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12)",
    "( 2.5.18.1 NAME 'createTimestamp' EQUALITY generalizedTimeMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.24 SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )",
    "( 1.2.3 NAME 'photo' DESC 'it\\27s a \\5c ( $ )' SYNTAX '1.3.6.1.4.1.1466.115.121.1.28' )",
    '( ds-without-name-oid SUP cn )',
    "( 1.2.4 NAME 'broken' DESC 'no end )",
  ],
  [
    "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ description ) )",
    "( 1.2.5 NAME 'x' AUXILIARY MAY cn )",
  ],
);

test('Schema reads attribute types, what they inherit, and what servers add', () => {
  assert.deepEqual(schema.attribute('CommonName;lang-de'), {
    names: ['cn', 'commonName'],
    oid: '2.5.4.3',
    syntax: '1.3.6.1.4.1.1466.115.121.1.15',
    equality: 'caseignorematch',
    isSingleValued: false,
    isUserModifiable: true,
    isOperational: false,
    superior: 'name',
  });
  assert.equal(schema.attribute('2.5.4.3'), schema.attribute('cn'));
  const time = schema.attribute('createTimestamp');
  assert.deepEqual([time?.isSingleValued, time?.isUserModifiable, time?.isOperational], [true, false, true]);
  assert.equal(schema.attribute('photo')?.equality, undefined);
  assert.equal(schema.attribute('photo')?.syntax, '1.3.6.1.4.1.1466.115.121.1.28');
  assert.deepEqual(schema.attribute('ds-without-name-oid')?.names, ['ds-without-name-oid']);
  assert.equal(schema.attribute('nothing'), undefined);
});

test('Schema leaves out what it cannot read and counts it', () => {
  assert.equal(schema.unread, 1);
  assert.equal(schema.attribute('broken'), undefined);
});

test('Schema knows what is derived, what names entries, and which spellings are one', () => {
  assert.ok(schema.isOrDerives('commonname', 'NAME'));
  assert.ok(!schema.isOrDerives('name', 'cn'));
  assert.ok(schema.isDnValued('member'));
  assert.ok(!schema.isDnValued('cn'));
  assert.equal(schema.comparableName('commonName;x-b;binary;LANG-de'), 'cn;lang-de;x-b');
  assert.equal(schema.comparableName('Unknown'), 'unknown');
});

test('Schema reads object classes', () => {
  assert.deepEqual(schema.objectClass('PERSON'), {
    names: ['person'],
    oid: '2.5.6.6',
    superiors: ['top'],
    kind: 'structural',
    must: ['sn', 'cn'],
    may: ['userPassword', 'description'],
  });
  assert.deepEqual(schema.objectClass('x')?.may, ['cn']);
});

test('Schema ends when superiors go in a circle', () => {
  const circle = new Schema(["( 1.1 NAME 'a' SUP b )", "( 1.2 NAME 'b' SUP a )"], []);
  assert.equal(circle.attribute('a')?.equality, undefined);
  assert.ok(!circle.isOrDerives('a', 'c'));
});

test('readDefinition() reads quotes and escapes, and nothing that has another form', () => {
  assert.deepEqual(
    [...(readDefinition("( 1.2.3 NAME 'photo' DESC 'it\\27s a \\5c ( $ )' )")?.terms ?? [])],
    [
      ['NAME', ['photo']],
      ['DESC', ["it's a \\ ( $ )"]],
    ],
  );
  for (const text of ['', '(', '()', "( 1.2 NAME 'x'", '1.2 NAME', '( 1.2 NAME )', "( 1.2 NAME ( 'a' )"])
    assert.equal(readDefinition(text), undefined, text);
});

test('standardSchema knows types of people and groups', () => {
  assert.equal(standardSchema.unread, 0);
  assert.ok(standardSchema.isDnValued('uniqueMember') && standardSchema.isDnValued('manager'));
  assert.equal(standardSchema.attribute('entryUUID')?.isUserModifiable, false);
  assert.ok(standardSchema.isOrDerives('sn', 'name'));
});
