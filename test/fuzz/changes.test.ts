import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChangeRecord, encodeChange } from '../../src/domain/change-record.ts';
import { readChanges } from '../../src/domain/read-changes.ts';
import { mutated } from './mutate.ts';
import { tryInputs, wellSaid } from './try-inputs.ts';
import { meantChanges, writtenChanges } from './written-changes.ts';
import { inPieces } from './written-ldif.ts';

const words = [
  '\n',
  '\n\n',
  '\r\n',
  '\n ',
  ':',
  '::',
  ':<',
  '-\n',
  'dn: ',
  'changetype: ',
  'modify\n',
  'delete: cn\n',
  'newrdn: a\n',
  'control: 1\n',
  '\n#',
  '\0',
  'ÿ',
];

async function read(source: AsyncIterable<Uint8Array>): Promise<ChangeRecord[]> {
  return Array.fromAsync(readChanges(source, { name: 'fuzz.ldif' }));
}

/** What came of it: the records as they are written, or the sentence of the refusal. */
async function outcomeOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  try {
    // A record that changes nothing is written as a comment.
    const records = (await read(source)).filter((change) => change.kind !== 'modify' || change.changes.length > 0);
    return records.map((change) => encodeChange(change, { areSecretsShown: true })).join('');
  } catch (error) {
    return wellSaid(error, ['E_LDIF_INVALID']).message;
  }
}

async function* whole(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, 'latin1');
}

test('readChanges() reads what encodeChanges() writes, wherever it is cut', async (context) => {
  const told = await tryInputs({
    name: 'written changes',
    inputs: 3000,
    make: meantChanges,
    check: async (meant, random) => {
      assert.deepEqual(await read(inPieces(random, writtenChanges(meant))), meant);
    },
  });
  context.diagnostic(told);
});

test('readChanges() reads or refuses whatever it gets, in one sentence, the same wherever it is cut', async (context) => {
  const told = await tryInputs({
    name: 'mutated changes',
    inputs: 3000,
    make: (random) => mutated(random, writtenChanges(meantChanges(random)), words).replaceAll(/[^\0-\u00ff]/g, '?'),
    check: async (text, random) => {
      const outcome = await outcomeOf(whole(text));
      assert.equal(await outcomeOf(inPieces(random, text)), outcome);
      if (!outcome.startsWith('Cannot'))
        assert.equal(await outcomeOf(whole(outcome)), outcome, 'what was read is written so that it is read again');
    },
  });
  context.diagnostic(told);
});
