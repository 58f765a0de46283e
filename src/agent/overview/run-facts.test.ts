import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { RunFacts } from './run-facts.ts';

test('RunFacts has of each backup what it cost, and nothing of documents that are none', () => {
  const facts = new RunFacts();
  const before = facts.version;
  facts.learn([
    exampleRunRecord({ result: { id: 'a', newBytes: 5, entries: 12, milliseconds: 900 } }),
    exampleRunRecord({ result: { id: 'b', newBytes: 7, entries: null } }),
    exampleRunRecord({ result: { id: 'c', newBytes: 'many' } }),
    exampleRunRecord({ result: undefined }),
    exampleRunRecord({ job: 'prune', result: { id: 'd', newBytes: 1 } }),
  ]);

  assert.deepEqual(facts.backup('a'), { newBytes: 5, entries: 12, milliseconds: 900 });
  // Where the document does not say it: the run's own time.
  assert.deepEqual(facts.backup('b'), { newBytes: 7, entries: undefined, milliseconds: 240_000 });
  assert.deepEqual([facts.backup('c'), facts.backup('d')], [undefined, undefined]);
  assert.equal(facts.version, before + 2);
  facts.learn([exampleRunRecord({ result: { id: 'a', newBytes: 6 } })]);
  assert.deepEqual([facts.backup('a')?.newBytes, facts.version], [5, before + 2]);
});

test('RunFacts takes a verification for good when it found no damage, also where it read a part, and the newest first', () => {
  const facts = new RunFacts();
  const verify = (hour: number, isWhole: boolean | null, outcome: 'success' | 'failure' = 'success') =>
    exampleRunRecord({
      job: 'verify',
      beganAt: `2026-11-23T0${hour}:00:00.000Z`,
      outcome,
      result: { isWhole, snapshots: [{ id: `of ${hour}` }] },
    });
  facts.learn([verify(1, true), verify(3, null), verify(4, false, 'failure'), verify(2, true, 'failure'), verify(1, true)]);
  // Its document was too large to be kept; of one that failed without a document nothing is known.
  facts.learn([exampleRunRecord({ job: 'verify', beganAt: '2026-11-23T05:00:00.000Z', result: undefined })]);
  facts.learn([exampleRunRecord({ job: 'verify', beganAt: '2026-11-23T06:00:00.000Z', outcome: 'failure', result: undefined })]);

  assert.deepEqual(
    facts.verifies.map(({ at, ids }) => [at.slice(11, 13), ids && [...ids]]),
    [
      ['05', undefined],
      ['03', ['of 3']],
      ['02', ['of 2']],
      ['01', ['of 1']],
    ],
  );
  for (let day = 10; day < 30; day += 1) facts.learn([exampleRunRecord({ job: 'verify', beganAt: `2026-12-${day}T00:00:00.000Z` })]);
  assert.deepEqual([facts.verifies.length, facts.verifies[0]?.at], [8, '2026-12-29T00:00:00.000Z']);
});

test('RunFacts knows when drills began, and holds a bounded number of backups', () => {
  const facts = new RunFacts();
  facts.learn([exampleRunRecord({ job: 'drill', result: { kind: 'drill', time: '2026-11-23T01:00:00.000Z' } })]);
  for (let count = 0; count <= 10_000; count += 1) facts.learn([exampleRunRecord({ result: { id: String(count), newBytes: count } })]);

  assert.deepEqual([...facts.drillTimes], ['2026-11-23T01:00:00.000Z']);
  assert.deepEqual([facts.backup('0'), facts.backup('1')?.newBytes], [undefined, 1]);
});

test('RunFacts knows locks as the newest verification that looked at them found them', () => {
  const facts = new RunFacts();
  const verify = (beganAt: string, snapshots: readonly object[]) =>
    facts.learn([exampleRunRecord({ job: 'verify', beganAt, result: { isWhole: true, snapshots } })]);
  const version = facts.version;
  verify('2026-11-23T02:00:00.000Z', [
    { id: 'a', lockedUntil: '2026-12-01T00:00:00.000Z' },
    { id: 'b', lockedUntil: null },
  ]);
  verify('2026-11-23T01:00:00.000Z', [{ id: 'a', lockedUntil: '2026-11-30T00:00:00.000Z' }]);
  verify('2026-11-23T03:00:00.000Z', [{ id: 'a' }]);

  assert.deepEqual([facts.lockedUntil('a'), facts.lockedUntil('b'), facts.version], ['2026-12-01T00:00:00.000Z', undefined, version + 1]);
});
