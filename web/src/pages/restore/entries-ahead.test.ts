import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesAhead } from './entries-ahead.ts';

test('entriesAhead() counts only what the replica has more, and nothing where a number is not known', () => {
  assert.equal(entriesAhead({ entriesNow: 53, entriesOfSource: 50 }), 3);
  assert.equal(entriesAhead({ entriesNow: 0, entriesOfSource: 50 }), 0);
  assert.equal(entriesAhead({ entriesNow: 53, entriesOfSource: undefined }), 0);
  assert.equal(entriesAhead({ entriesNow: undefined, entriesOfSource: 50 }), 0);
});
