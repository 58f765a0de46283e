import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { orderChanges, type Steps } from './order-changes.ts';

const base = 'dc=x';
const none: Steps = { adds: [], renames: [], modifies: [], references: [], deletes: [] };

function rename(dn: string, target: string): Steps['renames'][number] {
  return { kind: 'rename', dn, target, isOldRdnDeleted: true, isNewRdnDeleted: true, isTaken: false, reason: '' };
}

function remove(dn: string): Steps['deletes'][number] {
  return { kind: 'delete', dn, attributes: [], reason: '' };
}

/** What each wave does, by the names that the entries have then. */
function waves(steps: Partial<Steps>): readonly (readonly string[])[] {
  return orderChanges({ ...none, ...steps }).waves.map((wave) =>
    wave.map(({ change }) => `${change.kind} ${change.dn}${change.kind === 'rename' ? ` to ${change.newRdn}` : ''}`),
  );
}

suite('orderChanges()', () => {
  test('frees a name below a renamed parent before it is taken there', () => {
    const renames = [
      rename(`uid=1,ou=A,${base}`, `uid=2,ou=B,${base}`),
      rename(`uid=2,ou=A,${base}`, `uid=3,ou=B,${base}`),
      rename(`ou=A,${base}`, `ou=B,${base}`),
    ];

    assert.deepEqual(waves({ renames, deletes: [remove(`uid=3,ou=A,${base}`)] }), [
      [`rename ou=A,${base} to ou=B`],
      [`delete uid=3,ou=B,${base}`],
      [`rename uid=2,ou=B,${base} to uid=3`],
      [`rename uid=1,ou=B,${base} to uid=2`],
    ]);
  });

  test('tells of two below a renamed parent that swapped their names, and leaves them alone', () => {
    const renames = [
      rename(`uid=1,ou=A,${base}`, `uid=2,ou=B,${base}`),
      rename(`uid=2,ou=A,${base}`, `uid=1,ou=B,${base}`),
      rename(`ou=A,${base}`, `ou=B,${base}`),
    ];

    const { stuck } = orderChanges({ ...none, renames });

    assert.deepEqual(waves({ renames }), [[`rename ou=A,${base} to ou=B`]]);
    assert.deepEqual(
      stuck.map(({ step }) => step.dn),
      [`uid=1,ou=A,${base}`, `uid=2,ou=A,${base}`],
    );
  });
});
