import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesText, entriesText, numberText } from './entry-counts.ts';

test('entriesText() and numberText() count one, many and what is not known', () => {
  assert.deepEqual([0, 1, 1234, undefined].map(entriesText), ['0 entries', '1 entry', '1,234 entries', 'an unknown number of entries']);
  assert.deepEqual([1, 1234, undefined].map(numberText), ['1', '1,234', 'an unknown number']);
});

test('changesText() has the verbs of one and of many', () => {
  assert.equal(changesText({ lost: 1, changed: 1, broughtBack: 1 }), '1 entry goes, 1 becomes what it was, 1 comes back');
  assert.equal(changesText({ lost: 3, changed: 0, broughtBack: 2000 }), '3 entries go, 0 become what they were, 2,000 come back');
});
