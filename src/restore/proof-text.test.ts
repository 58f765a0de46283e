import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryProof } from '../domain/recovery-report.ts';
import { faultOf } from './proof-text.ts';

const proof: EntryProof = { server: 'ds-0', backend: 'userRoot', baseDn: 'dc=x', by: 'entries', state: 'different' };
const examples = (...names: readonly string[]) => names.map((name) => ({ dn: `cn=${name},dc=x`, difference: 'missing' as const }));

const cases: readonly (readonly [string, EntryProof, string])[] = [
  [
    'one entry',
    { ...proof, differences: 1, examples: [...examples('a'), { dn: 'cn=b,dc=x', difference: 'changed-meanwhile' }] },
    '1 entry differs below dc=x: cn=a,dc=x is missing',
  ],
  [
    'the first five of many',
    { ...proof, differences: 70, examples: examples('a', 'b', 'c', 'd', 'e', 'f') },
    '70 entries differ below dc=x: cn=a,dc=x is missing; cn=b,dc=x is missing; cn=c,dc=x is missing; cn=d,dc=x is missing; cn=e,dc=x is missing; and 65 more',
  ],
  ['what has no DN to show', { ...proof, differences: 2 }, '2 entries differ below dc=x: which no DN shows'],
  ['counts', { ...proof, by: 'counts', expectedEntries: 5, foundEntries: 4 }, 'dc=x has 4 entries instead of 5'],
  ['a count that is not told', { ...proof, by: 'counts', expectedEntries: 5 }, 'dc=x has an unknown number of entries instead of 5'],
];
for (const [what, one, text] of cases) {
  test(`faultOf() tells of ${what}`, () => {
    assert.equal(faultOf(one), text);
  });
}
