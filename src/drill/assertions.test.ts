import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FoundEntry } from '../directory-servers/scratch-server.ts';
import { assertionsSchema, attributesOf, findingsOf } from './assertions.ts';

function found(dn: string, attributes: Readonly<Record<string, readonly string[]>> = {}): FoundEntry {
  return { dn, values: (name) => attributes[name] ?? [] };
}

function findings(expect: unknown, entries: readonly FoundEntry[]): readonly string[] {
  const [assertion] = assertionsSchema.parse([{ name: 'one', base: 'dc=a', expect }]);
  assert.ok(assertion !== undefined);
  return findingsOf(assertion, entries);
}

suite('findingsOf()', () => {
  const three = ['uid=1,dc=a', 'uid=2,dc=a', 'uid=3,dc=a'].map((dn) => found(dn));
  for (const [expect, finding] of [
    [{ count: 3 }, undefined],
    [{ count: { min: 3 } }, undefined],
    [{ count: { max: 3 } }, undefined],
    [{ count: { min: 1, max: 5 } }, undefined],
    [{ count: 4 }, '3 entries were found instead of 4'],
    [{ count: { min: 4 } }, '3 entries were found instead of at least 4'],
    [{ count: { max: 2 } }, '3 entries were found instead of at most 2'],
    [{ count: { min: 4, max: 9 } }, '3 entries were found instead of 4 to 9'],
  ] as const) {
    test(`of ${JSON.stringify(expect)} and three entries ${finding === undefined ? 'finds nothing wrong' : 'says what was found'}`, () => {
      assert.deepEqual(findings(expect, three), finding === undefined ? [] : [finding]);
    });
  }

  test('compares DNs as servers spell them, and values in any order, each of them', () => {
    const entry = found('uid=1,dc=a', { member: ['b', 'a'], sn: ['X'] });
    const expect = (attributes: unknown) => ({ entries: [{ dn: 'UID=1, dc=A', attributes }] });

    assert.deepEqual(findings(expect({ member: ['a', 'b'], sn: 'X', gone: [] }), [entry]), []);
    assert.deepEqual(findings(expect({ member: ['a'] }), [entry]), ['member of UID=1, dc=A is "b", "a" instead of "a"']);
    assert.deepEqual(findings(expect({ sn: 'x' }), [entry]), ['sn of UID=1, dc=A is "X" instead of "x"']);
    assert.deepEqual(findings(expect({ sn: [] }), [entry]), ['sn of UID=1, dc=A is "X" instead of absent']);
    assert.deepEqual(findings(expect({ mail: 7 }), [entry]), ['mail of UID=1, dc=A is absent instead of "7"']);
  });

  test('tells of an entry that was not found', () => {
    assert.deepEqual(findings({ entries: [{ dn: 'uid=9,dc=a' }] }, [found('uid=1,dc=a')]), ['uid=9,dc=a was not found']);
  });
});

test('attributesOf() asks for those that are compared, and for none where only entries are counted', () => {
  const [both, count] = assertionsSchema.parse([
    {
      name: 'a',
      base: '',
      expect: {
        entries: [
          { dn: 'dc=a', attributes: { cn: 'x' } },
          { dn: 'dc=b', attributes: { cn: 'y', sn: 'z' } },
        ],
      },
    },
    { name: 'b', base: '', expect: { count: 1 } },
  ]);

  assert.deepEqual(both && attributesOf(both), ['cn', 'sn']);
  assert.deepEqual(count && attributesOf(count), ['1.1']);
});
