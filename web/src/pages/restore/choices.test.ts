import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, choicesOf, choicesOfWords, noChoices, wordsOf, type Choices } from './choices.ts';

const id = 'a'.repeat(64);
const all: Choices = {
  step: 'plan',
  snapshot: id,
  lostSince: '2026-11-26T10:00:00.000Z',
  backends: ['userRoot', 'odd & name'],
  isFromExport: true,
  isTopology: true,
  isKeptWritable: true,
  isAllAtOnce: true,
  isStoppedOnFailure: true,
};

test('choicesOf() reads from an address what addressOf() wrote into it', () => {
  assert.deepEqual(choicesOf(addressOf(all)), all);
  assert.deepEqual(choicesOf(addressOf(noChoices)), noChoices);
  assert.equal(addressOf(noChoices), '/restore');
});

test('choicesOf() takes what is no choice for none, and shows nothing of no snapshot', () => {
  assert.deepEqual(choicesOf('/restore?step=everything&yes=yes'), noChoices);
  assert.equal(choicesOf('/restore?step=plan').step, 'snapshot');
});

test('wordsOf() makes the command line of the choices; what is only for a topology is left out of a restore of one server', () => {
  assert.deepEqual(wordsOf(all), [
    id,
    '--backend=userRoot',
    '--backend=odd & name',
    '--from-export',
    '--topology',
    '--keep-writable',
    '--all-at-once',
    '--stop-on-failure',
  ]);
  assert.deepEqual(wordsOf({ ...all, isTopology: false, backends: [] }), [id, '--from-export']);
});

test('choicesOfWords() understands each spelling of a command line that was run, and no other command', () => {
  const { lostSince: _, ...rest } = all;
  const chosen = { ...rest, lostSince: undefined };
  assert.deepEqual(choicesOfWords(['restore', ...wordsOf(all), '--yes']), chosen);
  assert.deepEqual(choicesOfWords(['--json', 'restore', '--backend', 'userRoot', '--server', 'ds-1', '--topology', '--', id]), {
    ...noChoices,
    step: 'plan',
    snapshot: id,
    backends: ['userRoot'],
    isTopology: true,
  });
  assert.equal(choicesOfWords(['roll-back', '--yes']), undefined);
});
