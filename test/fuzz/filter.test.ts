import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Filter } from '../../src/domain/filter/filter.ts';
import { matchesFilter } from '../../src/domain/filter/match-filter.ts';
import { parseFilter } from '../../src/domain/filter/parse-filter.ts';
import { standardSchema } from '../../src/domain/schema/standard-schema.ts';
import { mutated } from './mutate.ts';
import { refusalOf, tryInputs } from './try-inputs.ts';
import { entryToMatch, meantFilter, spelledFilter } from './written-filter.ts';

const words = [
  '(',
  ')',
  '(&',
  '(|',
  '(!',
  '*',
  '\\',
  '\\2a',
  '\\zz',
  '=',
  '>=',
  '~=',
  ':=',
  ':dn:',
  '()',
  '((',
  '(cn=*)',
  ' ',
  '\0',
  '\ud800',
];

test('parseFilter() reads each spelling of a filter as the same', async (context) => {
  const told = await tryInputs({
    name: 'spellings of a filter',
    inputs: 3000,
    make: (random) => {
      const meant = meantFilter(random);
      return { meant, text: spelledFilter(random, meant) };
    },
    check: ({ meant, text }) => {
      assert.deepEqual(parseFilter(text), meant);
    },
  });
  context.diagnostic(told);
});

test('matchesFilter() has an answer for every entry, and what is denied twice is what it was', async (context) => {
  let matched = 0;
  const told = await tryInputs({
    name: 'filters that are matched',
    inputs: 3000,
    make: (random) => ({ filter: meantFilter(random), entry: entryToMatch(random) }),
    check: ({ filter, entry }) => {
      const not = (inner: Filter): Filter => ({ kind: 'not', filter: inner });
      const [is, isNot] = [matchesFilter(filter, entry, standardSchema), matchesFilter(not(filter), entry, standardSchema)];
      assert.ok(!(is && isNot), 'it is not both');
      assert.equal(matchesFilter(not(not(filter)), entry, standardSchema), is);
      assert.equal(matchesFilter({ kind: 'and', filters: [filter, filter] }, entry, standardSchema), is);
      assert.equal(matchesFilter({ kind: 'or', filters: [filter, { kind: 'or', filters: [] }] }, entry, standardSchema), is);
      matched += Number(is);
    },
  });
  assert.ok(matched > 0 || process.env['ROOTCELLAR_FUZZ_AT'], 'some of them matched');
  context.diagnostic(`${told}; ${matched} matched`);
});

test('parseFilter() reads or refuses whatever it gets, in one sentence', async (context) => {
  const told = await tryInputs({
    name: 'mutated filters',
    inputs: 3000,
    make: (random) => ({ text: mutated(random, spelledFilter(random, meantFilter(random)), words), entry: entryToMatch(random) }),
    check: ({ text, entry }) => {
      const refusal = refusalOf(() => parseFilter(text), ['E_FILTER_INVALID']);
      if (refusal !== undefined) assert.match(refusal.hint ?? '', /\n +\^$/, 'it shows where');
      else refusalOf(() => matchesFilter(parseFilter(text), entry, standardSchema), ['E_FILTER_INVALID']);
    },
  });
  context.diagnostic(told);
});
