import assert from 'node:assert/strict';
import { test } from 'node:test';
import { depthOf, isAtOrBelow, normalDn, parentDn, parseDn } from '../../src/domain/dn.ts';
import { mutated } from './mutate.ts';
import { refusalOf, tryInputs } from './try-inputs.ts';
import { meantDn, spelledDn } from './written-dn.ts';

const words = ['\\', '"', '#', ',', '+', '=', ';', '\\2c', '\\zz', '\\c3', '#04', '#0402', ' ', 'cn=', '2.5.4.3=', '\0', '\ud800', 'oid.'];

test('parseDn() and normalDn() read each spelling of a DN as the same', async (context) => {
  const told = await tryInputs({
    name: 'spellings of a DN',
    inputs: 3000,
    make: (random) => {
      const meant = meantDn(random);
      return { meant, first: spelledDn(random, meant), second: spelledDn(random, meant) };
    },
    check: ({ meant, first, second }) => {
      const parsed = parseDn(first);
      assert.deepEqual(
        parsed.map(({ parts }) => new Map(parts.map(({ type, value }) => [type, Buffer.from(value, 'latin1').toString('utf8')]))),
        meant.map((parts) => new Map(parts.map(({ type, value }) => [type, value]))),
      );
      const normal = normalDn(first);
      assert.equal(normalDn(second), normal);
      assert.equal(normalDn(normal), normal, 'the form is its own');
      assert.equal(normalDn(parsed.map(({ text }) => text).join(',')), normal, 'the steps as they were spelled');
      assert.equal(depthOf(first), meant.length);
      const parent = parentDn(first);
      assert.equal(parent === undefined, meant.length === 0);
      if (parent !== undefined) assert.ok(isAtOrBelow(normal, normalDn(parent)) && !isAtOrBelow(normalDn(parent), normal));
    },
  });
  context.diagnostic(told);
});

test('parseDn() reads or refuses whatever it gets, in one sentence, and normalDn() has a form for it', async (context) => {
  const told = await tryInputs({
    name: 'mutated DNs',
    inputs: 3000,
    make: (random) => mutated(random, spelledDn(random, meantDn(random)), words),
    check: (text) => {
      const refusal = refusalOf(() => parseDn(text), ['E_DN_INVALID']);
      const normal = normalDn(text);
      if (refusal !== undefined) return;
      assert.equal(normalDn(normal), normal, 'the form is its own');
      assert.equal(depthOf(text), parseDn(text).length);
      const parent = parentDn(text);
      if (parent !== undefined) assert.ok(isAtOrBelow(normal, normalDn(parent)), 'it is below what is above');
    },
  });
  context.diagnostic(told);
});
