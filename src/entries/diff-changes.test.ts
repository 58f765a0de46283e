import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { changesBetween } from '../domain/entry-changes.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import { standardSchema } from '../domain/schema/standard-schema.ts';
import type { EntryDifference } from './compare-exports.ts';
import { DiffChanges } from './diff-changes.ts';

function entry(dn: string, attributes: Readonly<Record<string, readonly string[]>> = {}): LdifEntry {
  const pairs = Object.entries(attributes).flatMap(([name, values]) => values.map((value) => [name, value] as const));
  return { dn, names: pairs.map(([name]) => name), values: pairs.map(([, value]) => value) };
}

function renamed(before: LdifEntry, after: LdifEntry): EntryDifference {
  return { kind: 'renamed', before, after };
}

/** The records, without the line of the version. */
function records(differences: readonly EntryDifference[], areSecretsShown = false): readonly string[] {
  const changes = new DiffChanges(standardSchema, areSecretsShown);
  for (const difference of differences) {
    const { before, after } = difference;
    changes.add({ difference, changes: before === undefined || after === undefined ? [] : changesBetween(before, after, standardSchema) });
  }
  const [version, ...rest] = [...changes.text()].join('').trimEnd().split('\n\n');
  assert.equal(version, 'version: 1');
  return rest;
}

const base = 'dc=example,dc=com';

suite('DiffChanges', () => {
  test('renames an entry above alone, and what is below it only where it has another name or place', () => {
    const [from, to] = [`ou=Old,${base}`, `ou=New,${base}`];
    const below = (name: string, parent: string) => entry(`uid=${name},${parent}`, { uid: [name] });

    const found = records([
      renamed(below('kept', from), below('kept', to)),
      renamed(below('jane', from), below('john', to)),
      renamed(entry(from, { ou: ['Old'] }), entry(to, { ou: ['New'] })),
      renamed(below('gone', from), below('gone', `ou=Elsewhere,${base}`)),
    ]);

    assert.deepEqual(found, [
      `dn: ${from}\nchangetype: modrdn\nnewrdn: ou=New\ndeleteoldrdn: 1`,
      `dn: uid=jane,ou=new,${base}\nchangetype: modrdn\nnewrdn: uid=john\ndeleteoldrdn: 1`,
      `dn: uid=gone,ou=new,${base}\nchangetype: modrdn\nnewrdn: uid=gone\ndeleteoldrdn: 1\nnewsuperior: ou=Elsewhere,${base}`,
    ]);
  });

  test('replaces values that have no equality rule as a whole, and takes and gives single ones of others', () => {
    const dn = `uid=jane,${base}`;
    const photo = (number: number) => String.fromCodePoint(0xff, 0xd8, number);
    const before = entry(dn, { jpegPhoto: [photo(1), photo(2)], mail: ['a@x', 'b@x'] });
    const after = entry(dn, { jpegPhoto: [photo(2), photo(3)], mail: ['b@x', 'c@x'] });

    assert.deepEqual(records([{ kind: 'changed', before, after }]), [
      [
        `dn: ${dn}`,
        'changetype: modify',
        'replace: jpegPhoto',
        `jpegPhoto:: ${Buffer.from(photo(2), 'latin1').toString('base64')}`,
        `jpegPhoto:: ${Buffer.from(photo(3), 'latin1').toString('base64')}`,
        '-',
        'delete: mail',
        'mail: a@x',
        '-',
        'add: mail',
        'mail: c@x',
        '-',
      ].join('\n'),
    ]);
  });

  test('adds parents before what is below them, and removes what is below before its parents', () => {
    const [parent, child] = [entry(`ou=A,${base}`, { ou: ['A'] }), entry(`uid=b,ou=A,${base}`, { uid: ['b'] })];
    const first = (record: string) => record.split('\n').slice(0, 2).join(' ');

    assert.deepEqual(
      records([
        { kind: 'added', after: child },
        { kind: 'added', after: parent },
      ]).map(first),
      [`dn: ou=A,${base} changetype: add`, `dn: uid=b,ou=A,${base} changetype: add`],
    );
    assert.deepEqual(
      records([
        { kind: 'removed', before: parent },
        { kind: 'removed', before: child },
      ]).map(first),
      [`dn: uid=b,ou=A,${base} changetype: delete`, `dn: ou=A,${base} changetype: delete`],
    );
  });

  test('leaves out secrets unless they are asked for, and what the server alone writes', () => {
    const dn = `uid=jane,${base}`;
    const after = entry(dn, { uid: ['jane'], userPassword: ['{SSHA512}stored'], entryUUID: ['00000000-0000-4000-8000-000000000001'] });

    const [hidden = ''] = records([{ kind: 'added', after }]);
    const [shown = ''] = records([{ kind: 'added', after }], true);

    assert.doesNotMatch(hidden, /SSHA512|entryUUID: /);
    assert.match(shown, /^userPassword: \{SSHA512\}stored$/m);
    assert.doesNotMatch(shown, /entryUUID/);
  });
});
