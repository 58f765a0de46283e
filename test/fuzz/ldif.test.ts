import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LdifEntry, readLdif } from '../../src/domain/read-ldif.ts';
import { mutated } from './mutate.ts';
import { tryInputs, wellSaid } from './try-inputs.ts';
import { inPieces, meantEntries, spelledLdif } from './written-ldif.ts';

const words = [
  '\n',
  '\n\n',
  '\r\n',
  '\n ',
  '\n\r\n',
  ':',
  '::',
  ':<',
  ': ',
  'dn: ',
  'dn::',
  'version: 1\n',
  'changetype: add\n',
  '\n#',
  '\n-\n',
  '\0',
  'ÿ',
  '=',
];

async function read(source: AsyncIterable<Uint8Array>): Promise<LdifEntry[]> {
  const entries: LdifEntry[] = [];
  for await (const batch of readLdif(source, { name: 'fuzz.ldif' })) entries.push(...batch);
  return entries;
}

/** What came of it: entries, or the sentence of the refusal. */
async function outcomeOf(source: AsyncIterable<Uint8Array>): Promise<readonly LdifEntry[] | string> {
  try {
    return await read(source);
  } catch (error) {
    return wellSaid(error, ['E_LDIF_INVALID']).message;
  }
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text, 'latin1');
}

test('readLdif() reads each spelling of entries as the same, wherever it is cut', async (context) => {
  const told = await tryInputs({
    name: 'spellings of LDIF',
    inputs: 3000,
    make: (random) => {
      const meant = meantEntries(random);
      return { meant, text: spelledLdif(random, meant) };
    },
    check: async ({ meant, text }, random) => {
      assert.deepEqual(await read(inPieces(random, text)), meant);
    },
  });
  context.diagnostic(told);
});

test('readLdif() reads or refuses whatever it gets, in one sentence, the same wherever it is cut', async (context) => {
  const told = await tryInputs({
    name: 'mutated LDIF',
    inputs: 3000,
    make: (random) => mutated(random, spelledLdif(random, meantEntries(random)), words).replaceAll(/[^\0-\u00ff]/g, '?'),
    check: async (text, random) => {
      assert.deepEqual(await outcomeOf(inPieces(random, text)), await outcomeOf(whole(text)));
    },
  });
  context.diagnostic(told);
});
