import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesBetween, ModelDirectory } from '../../../test/harness/model-directory.ts';
import { allKept, personEntry, unitEntry } from '../../../test/harness/example-entries.ts';
import type { Modification } from '../../domain/change-record.ts';
import { normalDn } from '../../domain/dn.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import { planRevert } from './plan-revert.ts';

const base = 'dc=x';
const people = `ou=People,${base}`;
const dnOf = (uid: string): string => `uid=${uid},${people}`;

function atFirst(): ModelDirectory {
  return new ModelDirectory([
    { dn: base, names: ['objectClass', 'dc', 'entryUUID'], values: ['domain', 'x', 'id-x'] },
    unitEntry('People', base),
    ...['a', 'b', 'c'].map((uid) => personEntry(uid, people, { mail: [`${uid}@x`, `${uid}2@x`], title: 'Dr' })),
  ]);
}

function changed(
  from: ModelDirectory,
  uid: string,
  ...changes: readonly (readonly [Modification['op'], string, ...string[]])[]
): ModelDirectory {
  const copy = from.copy();
  copy.apply({
    kind: 'modify',
    dn: dnOf(uid),
    changes: changes.map(([op, name, ...values]) => ({ op, name, values: values.map((value) => Buffer.from(value)) })),
  });
  return copy;
}

async function reverted(before: ModelDirectory, after: ModelDirectory, now: ModelDirectory, isForced = false) {
  async function* asked() {
    yield* await Promise.resolve(differencesBetween(before, after));
  }
  const planned = await planRevert({
    differences: asked(),
    past: before.past,
    now: now.now,
    schema: standardSchema,
    abilities: allKept,
    isForced,
  });
  const result = now.copy();
  const undo = result.applyPlan(planned);
  const undone = result.copy();
  for (const change of undo) undone.apply(change);
  assert.deepEqual(undone.state(), now.state(), 'the undo gives the state before');
  return { planned, result };
}

test('planRevert() undoes what changed, was added, deleted and renamed where nothing came after', async () => {
  const before = atFirst();
  const after = changed(
    before,
    'a',
    ['delete', 'mail', 'a2@x'],
    ['add', 'mail', 'a3@x'],
    ['replace', 'title'],
    ['add', 'description', 'new'],
  );
  after.entries.delete(normalDn(dnOf('b')));
  after.apply({ kind: 'rename', dn: dnOf('c'), newRdn: 'uid=cc', isOldRdnDeleted: true });
  for (const entry of [unitEntry('New', base), personEntry('n', `ou=New,${base}`)]) after.entries.set(normalDn(entry.dn), entry);
  const { planned, result } = await reverted(before, after, after);
  assert.deepEqual(result.state(), before.state());
  assert.deepEqual(planned.conflicts, []);
  assert.deepEqual(
    planned.waves.flat().map(({ change, reason }) => `${change.kind} ${change.dn}: ${reason}`),
    [
      `add ${dnOf('b')}: deleted between the two`,
      `rename ${dnOf('cc')}: renamed since`,
      `modify ${dnOf('a')}: changed since: mail, title, description`,
      `delete uid=n,ou=New,${base}: added between the two`,
      `delete ou=New,${base}: added between the two`,
    ],
  );
});

test('planRevert() does nothing where all is as at first already', async () => {
  const before = atFirst();
  const after = changed(before, 'a', ['replace', 'title', 'Prof'], ['delete', 'mail', 'a2@x']);
  after.entries.delete(normalDn(dnOf('b')));
  const { planned } = await reverted(before, after, before);
  assert.deepEqual([planned.waves, planned.conflicts, planned.unchanged], [[], [], 2]);
});

test('planRevert() leaves what came later: other attributes, other values of a list, other entries', async () => {
  const before = atFirst();
  const after = changed(before, 'a', ['delete', 'mail', 'a2@x'], ['add', 'mail', 'bad@x']);
  const now = changed(after, 'a', ['add', 'mail', 'later@x'], ['replace', 'title', 'Prof']);
  const { result, planned } = await reverted(before, after, now);
  assert.deepEqual(planned.conflicts, []);
  const there = result.find(dnOf('a'));
  assert.deepEqual(there?.values.filter((_, index) => /^(?:mail|title)$/.test(there.names[index] ?? '')).toSorted(), [
    'Prof',
    'a2@x',
    'a@x',
    'later@x',
  ]);
});

test('planRevert() tells an attribute that has changed again, and puts it back where that was chosen', async () => {
  const before = atFirst();
  const after = changed(before, 'a', ['replace', 'title', 'Bad'], ['delete', 'mail', 'a2@x']);
  const now = changed(after, 'a', ['replace', 'title', 'Prof']);
  const skipped = await reverted(before, after, now);
  assert.deepEqual(skipped.planned.conflicts, [
    { dn: dnOf('a'), attribute: 'title', because: 'it has changed again since', isForced: false },
  ]);
  assert.match(JSON.stringify(skipped.result.find(dnOf('a'))), /Prof.*a2@x/);
  const forced = await reverted(before, after, now, true);
  assert.equal(forced.planned.conflicts[0]?.isForced, true);
  assert.deepEqual(forced.result.state(), before.state());
});

test('planRevert() tells an entry that was changed and then deleted, and adds it where that was chosen', async () => {
  const before = atFirst();
  const after = changed(before, 'a', ['replace', 'title', 'Bad']);
  const now = after.copy();
  now.entries.delete(normalDn(dnOf('a')));
  const skipped = await reverted(before, after, now);
  assert.deepEqual(skipped.planned.waves, []);
  assert.deepEqual(skipped.planned.conflicts, [
    { dn: dnOf('a'), attribute: undefined, because: 'it was changed, and has been deleted since', isForced: false },
  ]);
  assert.deepEqual((await reverted(before, after, now, true)).result.state(), before.state());
});

test('planRevert() deletes no added entry that has changed since, or that has others below it', async () => {
  const before = atFirst();
  const after = before.copy();
  for (const entry of [unitEntry('New', base), personEntry('n', base)]) after.entries.set(normalDn(entry.dn), entry);
  const now = after.copy();
  now.entries.set(normalDn(`uid=n,${base}`), personEntry('n', base, { title: 'Prof' }));
  const below = personEntry('z', `ou=New,${base}`);
  now.entries.set(normalDn(below.dn), below);
  const { planned } = await reverted(before, after, now);
  assert.deepEqual(planned.waves, []);
  assert.deepEqual(
    planned.conflicts.map(({ dn, because }) => [dn, because]),
    [
      [`uid=n,${base}`, 'it was added, and has changed since'],
      [`ou=New,${base}`, 'it was added, and has other entries below it now'],
    ],
  );
});

test('planRevert() deletes an added parent once what was moved below it has moved back', async () => {
  const before = atFirst();
  const after = before.copy();
  after.entries.set(`ou=new,${base}`, unitEntry('New', base));
  after.apply({ kind: 'rename', dn: dnOf('a'), newRdn: 'uid=a', isOldRdnDeleted: true, newParent: `ou=New,${base}` });
  const { planned, result } = await reverted(before, after, after);
  assert.deepEqual(result.state(), before.state());
  assert.deepEqual(
    planned.waves.map((wave) => wave.map(({ change }) => change.kind)),
    [['rename'], ['delete']],
  );
});

test('planRevert() tells a deleted entry that is there again with other values', async () => {
  const before = atFirst();
  const after = before.copy();
  after.entries.delete(normalDn(dnOf('a')));
  const now = after.copy();
  now.entries.set(normalDn(dnOf('a')), personEntry('a', people, { title: 'Other' }));
  const { planned } = await reverted(before, after, now);
  assert.deepEqual(
    planned.conflicts.map(({ because }) => because),
    ['it was deleted, and is there again with other values'],
  );
  assert.deepEqual((await reverted(before, after, now, true)).result.state(), before.state());
});

test('planRevert() tells an entry that was renamed again', async () => {
  const before = atFirst();
  const after = before.copy();
  after.apply({ kind: 'rename', dn: dnOf('a'), newRdn: 'uid=aa', isOldRdnDeleted: true });
  const now = after.copy();
  now.apply({ kind: 'rename', dn: dnOf('aa'), newRdn: 'uid=aaa', isOldRdnDeleted: true });
  const { planned } = await reverted(before, after, now);
  assert.deepEqual(planned.waves, []);
  assert.ok(planned.conflicts.some(({ because }) => because === `it was renamed from "${dnOf('a')}", and again since`));
  assert.deepEqual((await reverted(before, after, now, true)).result.state(), before.state());
});
