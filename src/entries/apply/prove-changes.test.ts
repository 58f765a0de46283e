import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { entryAfter, stateOf } from '../../domain/entry-after.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { Schema } from '../../domain/schema/schema.ts';
import { serverThatOnly } from '../../../test/harness/unasked-server.ts';
import { ExpectedEntries } from './prove-changes.ts';

const schema = new Schema(["( 1.1 NAME 'modifyTimestamp' NO-USER-MODIFICATION )", "( 1.2 NAME 'l' )", "( 1.3 NAME 'ou' )"], []);
const entry = (dn: string, ...pairs: readonly (readonly [string, string])[]): LdifEntry => ({
  dn,
  names: pairs.map(([name]) => name),
  values: pairs.map(([, value]) => value),
});
const child = entry('ou=b,ou=a', ['ou', 'b'], ['l', 'Bonn'], ['modifyTimestamp', '1']);
const replace = (name: string, value: string): ChangeRecord => ({
  kind: 'modify',
  dn: child.dn,
  changes: [{ op: 'replace', name, values: [Buffer.from(value)] }],
});
const rename: ChangeRecord = { kind: 'rename', dn: 'ou=a', newRdn: 'ou=y', isOldRdnDeleted: true };

/** Notes these changes as made, and reads back from what is there. */
async function prove(changes: readonly ChangeRecord[], present: readonly LdifEntry[]) {
  const expected = new ExpectedEntries();
  const before = [child, entry('ou=a', ['ou', 'a'])];
  for (const change of changes) {
    const found = before.find(({ dn }) => dn === change.dn);
    const after = entryAfter(found === undefined ? undefined : stateOf(found, schema), change, schema);
    expected.note(change, after === undefined ? undefined : expected.digestOf(after, change, schema));
  }
  const server = serverThatOnly({ readEntry: async (wanted) => present.find(({ dn }) => dn === wanted) });
  return expected.prove(server, schema, {});
}

suite('ExpectedEntries', () => {
  const rome = entry(child.dn, ['L', 'Rom'], ['ou', 'b'], ['modifyTimestamp', '2']);

  test('an entry is as planned whatever the order and spelling of its attributes, and whoever changed it last', async () => {
    assert.deepEqual(await prove([replace('l', 'Rom')], [rome]), { proven: 1, unproven: [] });
  });

  test('who changed it last counts where that was asked for', async () => {
    const asked: ChangeRecord = {
      kind: 'modify',
      dn: child.dn,
      changes: [{ op: 'replace', name: 'modifyTimestamp', values: [Buffer.from('7')] }],
    };
    const found = (time: string) => [entry(child.dn, ['ou', 'b'], ['l', 'Bonn'], ['modifyTimestamp', time])];
    assert.deepEqual(await prove([asked], found('7')), { proven: 1, unproven: [] });
    assert.deepEqual((await prove([asked], found('8'))).unproven, [{ dn: child.dn, state: 'it has other values than planned' }]);
  });

  test('what was changed below a branch is looked for where that was moved to, and nothing where it was', async () => {
    const moved = [entry('ou=y', ['ou', 'y']), { ...rome, dn: 'ou=b,ou=y' }];
    assert.deepEqual(await prove([replace('l', 'Rom'), rename], moved), { proven: 3, unproven: [] });
    assert.deepEqual((await prove([replace('l', 'Rom'), rename], [...moved, entry('ou=a', ['ou', 'a'])])).unproven, [
      { dn: 'ou=a', state: 'it is still there' },
    ]);
    assert.deepEqual((await prove([replace('l', 'Rom'), rename], [entry('ou=y', ['ou', 'y'])])).unproven, [
      { dn: 'ou=b,ou=y', state: 'it is not there' },
    ]);
  });

  test('a value more, a value less and another value show', async () => {
    const others = [
      entry(child.dn, ['ou', 'b'], ['l', 'Rom'], ['l', 'Bonn']),
      entry(child.dn, ['ou', 'b']),
      entry(child.dn, ['ou', 'b'], ['l', 'rom']),
    ];
    for (const other of others) {
      assert.deepEqual((await prove([replace('l', 'Rom')], [other])).unproven, [
        { dn: child.dn, state: 'it has other values than planned' },
      ]);
    }
  });
});
