import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Owners, type Owner } from './owners.ts';

/** What a set of names would say. */
function expectedOwner(needing: ReadonlySet<number>, isChosen: readonly boolean[]): Owner {
  const [first] = needing;
  if (needing.size <= 1) return first;
  const kinds = new Set([...needing].map((snapshot) => isChosen[snapshot]));
  if (kinds.size === 2) return 'both';
  return kinds.has(true) ? 'chosen' : 'others';
}

test('Owners says of each blob what the set of all that need it says, in whatever order they are told', () => {
  const needs = fc.array(fc.record({ blob: fc.nat(5), snapshot: fc.nat(7) }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), needs, (isChosen, told) => {
      const owners = new Owners(6, isChosen);
      const sets = Array.from({ length: 6 }, () => new Set<number>());
      for (const { blob, snapshot } of told) {
        owners.add(blob, owners.labelOf(snapshot));
        sets[blob]?.add(snapshot);
      }

      for (const [blob, needing] of sets.entries()) assert.equal(owners.ownerOf(blob), expectedOwner(needing, isChosen));
    }),
  );
});

test('Owners tells a label only when it has changed, and that is at most three times', () => {
  const owners = new Owners(1, [true, true, false, false]);

  const changes = [0, 0, 1, 0, 2, 3, 1].map((snapshot) => owners.add(0, owners.labelOf(snapshot)));

  assert.equal(changes.filter((label) => label !== undefined).length, 3);
  assert.equal(owners.ownerOf(0), 'both');
});

test('Owners takes the label of several for what lies below them', () => {
  const owners = new Owners(2, [true, true, false]);
  owners.add(0, owners.labelOf(0));
  const label = owners.add(0, owners.labelOf(1));
  assert.ok(label);

  owners.add(1, label);

  assert.equal(owners.ownerOf(1), 'chosen');
  owners.add(1, owners.labelOf(2));
  assert.equal(owners.ownerOf(1), 'both');
});
