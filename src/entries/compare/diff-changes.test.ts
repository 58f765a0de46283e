import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { exampleEntry, personEntry, unitEntry } from '../../../test/harness/example-entries.ts';
import { differencesBetween, ModelDirectory } from '../../../test/harness/model-directory.ts';
import { normalDn } from '../../domain/dn.ts';
import { changesBetween } from '../../domain/entry-changes.ts';
import { readChanges } from '../../domain/read-changes.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { EntryDifference } from './compare-exports.ts';
import { DiffChanges } from './diff-changes.ts';
import { valuesOf } from '../exports/entry-words.ts';

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
const baseEntry = exampleEntry(base, { objectClass: 'domain', dc: 'example', entryUUID: 'id-base' });

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
      `dn: uid=jane,${to}\nchangetype: modrdn\nnewrdn: uid=john\ndeleteoldrdn: 1`,
      `dn: uid=gone,${to}\nchangetype: modrdn\nnewrdn: uid=gone\ndeleteoldrdn: 1\nnewsuperior: ou=Elsewhere,${base}`,
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

  test('comes to the later moment where a name is freed by a rename or a removal, or a parent is new', async () => {
    const before = new ModelDirectory([
      baseEntry,
      ...['A', 'B', 'Gone'].map((name) => unitEntry(name, base)),
      ...['one', 'two', 'three'].map((name) => personEntry(name, `ou=A,${base}`)),
    ]);
    const after = before.copy();
    const rename = (dn: string, newRdn: string, newParent?: string) =>
      after.apply({ kind: 'rename', dn, newRdn, isOldRdnDeleted: true, ...(newParent === undefined ? {} : { newParent }) });
    after.apply({ kind: 'delete', dn: `uid=three,ou=A,${base}` });
    rename(`uid=two,ou=A,${base}`, 'uid=three');
    rename(`uid=one,ou=A,${base}`, 'uid=two');
    after.apply({ kind: 'delete', dn: `ou=Gone,${base}` });
    rename(`ou=A,${base}`, 'ou=Gone');
    after.entries.set(`ou=new,${base}`, unitEntry('New', base));
    rename(`ou=B,${base}`, 'ou=B', `ou=New,${base}`);

    const { result, text } = await applied(before, after);

    assert.deepEqual(stateOf(result), stateOf(after), text);
    assert.doesNotMatch(text, /not written/);
  });

  test('says in a comment that two entries swapped their names, and changes neither', async () => {
    const before = new ModelDirectory([
      baseEntry,
      ...['one', 'two', 'three'].map((name) => personEntry(name, base, { mail: `${name}@x` })),
    ]);
    const after = before.copy();
    for (const [from, to] of [
      ['one', 'temp'],
      ['two', 'one'],
      ['temp', 'two'],
      ['three', 'four'],
    ] as const)
      after.apply({ kind: 'rename', dn: `uid=${from},${base}`, newRdn: `uid=${to}`, isOldRdnDeleted: true });
    after.apply({ kind: 'modify', dn: `uid=two,${base}`, changes: [{ op: 'replace', name: 'mail', values: [Buffer.from('new@x')] }] });

    const { result, text } = await applied(before, after);

    assert.match(
      text,
      /^# not written, as [^\n]+: rename "uid=one,dc=example,dc=com" to "uid=two,dc=example,dc=com", and what changed in it$/m,
    );
    assert.deepEqual(valuesOf(result.find(`uid=two,${base}`) ?? entry(''), 'mail'), ['two@x']);
    assert.notEqual(result.find(`uid=four,${base}`), undefined);
  });

  test('comes to the later moment, whatever happened in between, but for what it says it leaves out', async () => {
    const step = fc.tuple(fc.constantFrom('rename', 'move', 'delete', 'add', 'mail'), fc.nat(30), fc.nat(30));
    let complete = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const before = new ModelDirectory([
          baseEntry,
          ...['A', 'B', 'C'].map((name) => unitEntry(name, base)),
          unitEntry('D', `ou=A,${base}`),
          ...['1', '2', '3'].flatMap((name) => [personEntry(`a${name}`, `ou=A,${base}`), personEntry(`d${name}`, `ou=D,ou=A,${base}`)]),
        ]);
        const after = before.copy();
        for (const [number, one] of steps.entries()) changeSomething(after, number, one);

        // What a record cannot do is refused by the directory, and fails the test.
        const { result, text } = await applied(before, after);

        if (text.includes('# not written')) return;
        complete += 1;
        assert.deepEqual(stateOf(result), stateOf(after), text);
      }),
      { numRuns: 300 },
    );
    assert.ok(complete > 200, `${complete}`);
  });
});

type Step = readonly ['rename' | 'move' | 'delete' | 'add' | 'mail', number, number];

/** What the directory refuses does not happen. */
function changeSomething(directory: ModelDirectory, number: number, [kind, one, other]: Step): void {
  const all = [...directory.entries.values()];
  const units = all.filter(({ dn }) => dn.startsWith('ou='));
  const dn = all[one % all.length]?.dn ?? base;
  const type = dn.startsWith('ou=') ? 'ou' : 'uid';
  const parent = units[other % units.length]?.dn ?? base;
  try {
    if (kind === 'add') {
      const made = other % 2 === 0 ? unitEntry(`N${number}`, parent) : personEntry(`n${number}`, parent);
      if (directory.find(made.dn) === undefined) directory.entries.set(normalDn(made.dn), made);
    } else if (kind === 'delete') directory.apply({ kind, dn });
    else if (kind === 'mail')
      directory.apply({ kind: 'modify', dn, changes: [{ op: 'replace', name: 'mail', values: [Buffer.from(`${other}@x`)] }] });
    else if (kind === 'move')
      directory.apply({ kind: 'rename', dn, newRdn: dn.split(',', 1)[0] ?? '', isOldRdnDeleted: true, newParent: parent });
    // Few names, so that some are taken again once they are free.
    else directory.apply({ kind: 'rename', dn, newRdn: `${type}=r${other % 4}`, isOldRdnDeleted: true });
  } catch (error) {
    assert.match(String(error), /noSuchObject|entryAlreadyExists|notAllowedOnNonLeaf|unwillingToPerform/);
  }
}

/** The first directory after the records of what differs. */
async function applied(before: ModelDirectory, after: ModelDirectory): Promise<{ readonly result: ModelDirectory; readonly text: string }> {
  const text = `version: 1\n\n${records([...differencesBetween(before, after)]).join('\n\n')}\n`;
  const result = before.copy();
  for await (const change of readChanges(Readable.from([Buffer.from(text)]), { name: 'the records' })) {
    try {
      result.apply(change);
    } catch (error) {
      throw new Error(`${String(error)}\n${text}`, { cause: error });
    }
  }
  return { result, text };
}

/** Names and what clients may write. */
function stateOf({ entries }: ModelDirectory): Readonly<Record<string, readonly string[]>> {
  const state = [...entries].map(
    ([name, one]) => [name, ['uid', 'ou', 'mail', 'sn'].flatMap((type) => [...valuesOf(one, type)].toSorted())] as const,
  );
  return Object.fromEntries(state.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
