import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf } from './run-query.ts';
import { isPart, wordsOfRun } from './run-words.ts';

const none = { reading: 'schedule', part: 'today/7', isAccepted: false } as const;

test('wordsOfRun() has words only of choices that belong to the job', () => {
  assert.deepEqual(wordsOfRun('backup', { ...none, reading: 'all' }), []);
  assert.deepEqual(wordsOfRun('backup', { ...none, isAccepted: true }), ['--accept']);
  assert.deepEqual(wordsOfRun('verify', { ...none, isAccepted: true }), []);
  assert.deepEqual(wordsOfRun('verify', { ...none, reading: 'all' }), ['--read-data']);
  assert.deepEqual(wordsOfRun('verify', { ...none, reading: 'part', part: ' 2/7 ' }), ['--read-data-subset', '2/7']);
  for (const job of ['drill', 'forget', 'prune'] as const)
    assert.deepEqual(wordsOfRun(job, { ...none, reading: 'all', isAccepted: true }), []);
});

test('isPart() takes what --read-data-subset takes, and nothing else', () => {
  for (const part of ['today/7', '2/7', '5%', '0.5%', '10GiB', '500 MiB', ' 5% ']) assert.equal(isPart(part), true, part);
  for (const part of ['', '7', 'today', '5 %%', '-1%', '10GB; rm', '--yes']) assert.equal(isPart(part), false, part);
});

test('pathOf() has in the address what is chosen, and no more', () => {
  assert.equal(pathOf({}), '/runs');
  assert.equal(pathOf({ job: undefined, outcome: 'failure' }), '/runs?outcome=failure');
  assert.equal(pathOf({ job: 'backup', run: 'prune' }), '/runs?job=backup&run=prune');
});
