import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { normalDn } from '../../domain/dn.ts';
import { dnAfter, entryAfter, type EntryState } from '../../domain/entry-after.ts';
import { inverseOf } from '../../domain/inverse-change.ts';
import { Schema } from '../../domain/schema/schema.ts';
import type { Ability, ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import type { PlannedChange } from '../plan/planned-change.ts';
import { planUndo, wavesOf } from './plan-undo.ts';
import type { UndoRecord } from './undo-file.ts';

const schema = new Schema(
  ["( 1.1 NAME 'entryUUID' NO-USER-MODIFICATION )", "( 1.2 NAME 'l' )", "( 1.3 NAME 'ou' )", "( 1.4 NAME 'userPassword' )"],
  [],
);
const all: Ability = { isKept: true, how: 'a control' };
const nothing: Ability = { isKept: false, because: 'there is none' };
const abilitiesOf = (ability: Ability): ChangeAbilities => ({
  serverAttributes: { add: ability, modify: ability },
  storedPasswords: { add: ability, modify: ability },
  maxRequestBytes: undefined,
});
const named = (name: string, ...values: readonly string[]) => ({ name, values: values.map((value) => Buffer.from(value)) });
const adds = (dn: string, ...values: readonly string[]): ChangeRecord => ({ kind: 'add', dn, attributes: [named('ou', ...values)] });
const modifies = (dn: string, op: 'add' | 'delete' | 'replace', ...values: readonly string[]): ChangeRecord => ({
  kind: 'modify',
  dn,
  changes: [{ op, ...named('l', ...values) }],
});
const renames = (dn: string, newRdn: string): ChangeRecord => ({ kind: 'rename', dn, newRdn, isOldRdnDeleted: true });

/** A directory of a few entries. */
class Directory {
  readonly entries = new Map<string, EntryState>();

  read = async (dn: string): Promise<EntryState | undefined> => this.entries.get(normalDn(dn));

  make(change: ChangeRecord): UndoRecord {
    const before = this.entries.get(normalDn(change.dn));
    const undo = inverseOf(change, before, schema);
    assert.ok(undo !== undefined);
    const after = entryAfter(before, change, schema);
    const to = dnAfter(change);
    this.entries.delete(normalDn(change.dn));
    if (after !== undefined) this.entries.set(normalDn(change.dn), after);
    if (change.kind === 'rename' && to !== undefined) this.#move(normalDn(change.dn), normalDn(to));
    return { did: change, undo, reason: 'why' };
  }

  get content(): readonly string[] {
    const valuesOf = ({ values }: EntryState): readonly string[] =>
      [...values].map(([name, one]) => `${name}=${one.values.toSorted().join('|')}`);
    return [...this.entries].map(([dn, entry]) => `${dn}: ${valuesOf(entry).toSorted().join(' ')}`).toSorted();
  }

  #move(from: string, to: string): void {
    for (const [dn, entry] of new Map(this.entries)) {
      if (dn !== from && !dn.endsWith(`,${from}`)) continue;
      this.entries.delete(dn);
      const moved = `${dn.slice(0, dn.length - from.length)}${to}`;
      this.entries.set(moved, { ...entry, dn: moved });
    }
  }
}

function filled(): Directory {
  const directory = new Directory();
  for (const change of [adds('ou=a', 'a'), adds('ou=b,ou=a', 'b'), modifies('ou=b,ou=a', 'add', 'Bonn', 'Ulm'), adds('ou=z', 'z')])
    directory.make(change);
  return directory;
}

const scripts: Readonly<Record<string, readonly ChangeRecord[]>> = {
  'an addition': [adds('ou=new', 'new')],
  'a deletion': [{ kind: 'delete', dn: 'ou=b,ou=a' }],
  'values added': [modifies('ou=z', 'add', 'Köln')],
  'values taken away': [modifies('ou=b,ou=a', 'delete', 'Bonn')],
  'all values taken away': [modifies('ou=b,ou=a', 'delete')],
  'values replaced': [modifies('ou=b,ou=a', 'replace', 'Ulm', 'Rom')],
  'a rename': [renames('ou=b,ou=a', 'ou=c')],
  'an addition that is changed after': [adds('ou=new', 'new'), modifies('ou=new', 'add', 'Rom'), modifies('ou=new', 'replace', 'Paris')],
  'a rename, then values': [renames('ou=b,ou=a', 'ou=c'), modifies('ou=c,ou=a', 'add', 'Rom')],
  'a branch renamed, then what is below': [renames('ou=a', 'ou=y'), modifies('ou=b,ou=y', 'delete', 'Ulm'), adds('ou=new,ou=y', 'new')],
  'deleted and made anew': [{ kind: 'delete', dn: 'ou=z' }, adds('ou=z', 'z', 'other')],
};

suite('planUndo()', () => {
  for (const [what, changes] of Object.entries(scripts)) {
    test(`${what}: taken back, then there is nothing left; after any part of it as well`, async () => {
      for (let made = 0; made <= changes.length; made += 1) {
        const directory = filled();
        const before = directory.content;
        // The records are written before the first change, so of all of them.
        const rehearsal = filled();
        const records = changes.map((change) => rehearsal.make(change)).toReversed();
        for (const change of changes.slice(0, made)) directory.make(change);

        const plan = await planUndo(records, directory.read, { schema, abilities: abilitiesOf(all), isForced: false });

        assert.deepEqual([plan.conflicts, plan.notKept], [[], []], `${made} made`);
        for (const { change } of plan.waves.flat()) directory.make(change);
        assert.deepEqual(directory.content, before, `${made} made`);
        const again = await planUndo(records, directory.read, { schema, abilities: abilitiesOf(all), isForced: false });
        assert.deepEqual([again.waves, again.conflicts, again.alreadyUndone], [[], [], changes.length]);
      }
    });
  }

  const conflicts: readonly [string, readonly ChangeRecord[], readonly ChangeRecord[], string, boolean][] = [
    [
      'an added entry that was changed',
      [adds('ou=new', 'new')],
      [modifies('ou=new', 'add', 'Rom')],
      'it was changed since it was added (l)',
      true,
    ],
    [
      'a deleted entry that is there anew',
      [{ kind: 'delete', dn: 'ou=z' }],
      [adds('ou=z', 'z', 'other')],
      'an entry with other values is there (ou)',
      true,
    ],
    [
      'replaced values that are others now',
      [modifies('ou=b,ou=a', 'replace', 'Rom')],
      [modifies('ou=b,ou=a', 'replace', 'Paris')],
      'it was changed since (l)',
      true,
    ],
    [
      'a changed entry that is gone',
      [modifies('ou=z', 'replace', 'Rom')],
      [{ kind: 'delete', dn: 'ou=z' }],
      'the entry is not there any more',
      false,
    ],
    [
      'a renamed entry that is gone',
      [renames('ou=z', 'ou=y')],
      [{ kind: 'delete', dn: 'ou=y' }],
      'the entry is at neither of its names any more',
      false,
    ],
    ['a name that is taken', [renames('ou=z', 'ou=y')], [adds('ou=z', 'z')], 'another entry has the name ou=z now', false],
  ];
  for (const [what, changes, since, because, canBeForced] of conflicts) {
    test(`${what} is a conflict`, async () => {
      const directory = filled();
      const records = changes.map((change) => directory.make(change)).toReversed();
      for (const change of since) directory.make(change);
      const plan = await planUndo(records, directory.read, { schema, abilities: abilitiesOf(all), isForced: false });
      assert.deepEqual(plan.waves, []);
      assert.deepEqual(
        plan.conflicts.map((conflict) => [conflict.because, conflict.canBeForced]),
        [[because, canBeForced]],
      );
      const forced = await planUndo(records, directory.read, { schema, abilities: abilitiesOf(all), isForced: true });
      assert.equal(forced.conflicts.length, canBeForced ? 0 : 1);
      for (const { change } of forced.waves.flat()) directory.make(change);
      if (canBeForced) assert.deepEqual(directory.content, filled().content);
    });
  }

  test('other values of the same attribute do not stand against taking back single ones', async () => {
    const directory = filled();
    const record = directory.make(modifies('ou=b,ou=a', 'delete', 'Bonn'));
    directory.make(modifies('ou=b,ou=a', 'add', 'Paris'));
    const plan = await planUndo([record], directory.read, { schema, abilities: abilitiesOf(all), isForced: false });
    for (const { change } of plan.waves.flat()) directory.make(change);
    assert.deepEqual(directory.entries.get('ou=b,ou=a')?.values.get('l')?.values.toSorted(), ['Bonn', 'Paris', 'Ulm']);
  });

  test('what the server cannot keep is left out and told; a change of nothing else is not made', async () => {
    const directory = new Directory();
    const undo: ChangeRecord = {
      kind: 'add',
      dn: 'ou=a',
      attributes: [named('ou', 'a'), named('entryUUID', 'u'), named('userPassword', '{SSHA}x')],
    };
    const records: UndoRecord[] = [{ did: { kind: 'delete', dn: 'ou=a' }, undo, reason: 'why' }];
    const plan = await planUndo(records, directory.read, { schema, abilities: abilitiesOf(nothing), isForced: false });
    assert.deepEqual(
      plan.waves.flat().map(({ change }) => change),
      [{ kind: 'add', dn: 'ou=a', attributes: [named('ou', 'a')] }],
    );
    assert.deepEqual(plan.notKept, [
      { attribute: 'entryUUID', changes: 1, because: 'there is none' },
      { attribute: 'userPassword', changes: 1, because: 'there is none' },
    ]);
  });
});

suite('wavesOf()', () => {
  const planned = (change: ChangeRecord): PlannedChange => ({ change, undo: change, reason: '' });
  const cases: readonly [string, readonly ChangeRecord[], readonly number[]][] = [
    ['siblings go together', [adds('ou=a'), adds('ou=b'), adds('ou=c')], [3]],
    ['a parent goes before', [adds('ou=a'), adds('ou=b,ou=a'), adds('ou=c,ou=a')], [1, 2]],
    [
      'what is below is deleted before',
      [
        { kind: 'delete', dn: 'ou=b,ou=a' },
        { kind: 'delete', dn: 'ou=a' },
      ],
      [1, 1],
    ],
    ['kinds go apart', [adds('ou=a'), modifies('ou=b', 'add', 'x'), adds('ou=c')], [1, 1, 1]],
    [
      'an entry is changed once in a wave',
      [modifies('ou=a', 'add', 'x'), modifies('ou=b', 'add', 'x'), modifies('OU=A', 'add', 'y')],
      [2, 1],
    ],
    [
      'values of an entry and of its parent do not hinder each other',
      [modifies('ou=a', 'add', 'x'), modifies('ou=b,ou=a', 'add', 'x')],
      [2],
    ],
    ['a rename into the place of another goes after', [renames('ou=a', 'ou=b'), renames('ou=c', 'ou=a'), renames('ou=e', 'ou=f')], [1, 2]],
  ];
  for (const [what, changes, sizes] of cases) {
    test(what, () =>
      assert.deepEqual(
        wavesOf(changes.map(planned)).map((wave) => wave.length),
        sizes,
      ),
    );
  }
});
