import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { growthOf } from './growth.ts';
import { RunFacts } from './run-facts.ts';

const snapshots = (server: string, count: number) =>
  Array.from({ length: count }, (_, at) =>
    exampleSnapshot({ server, id: `${server}${at}`, time: new Date(at * 3_600_000).toISOString(), bytes: at }),
  );

test('growthOf() gives each snapshot, the oldest first, with what its run told', () => {
  const facts = new RunFacts();
  facts.learn([exampleRunRecord({ result: { id: 'prod1', newBytes: 5, entries: 12, milliseconds: 900 } })]);

  assert.deepEqual(growthOf(snapshots('prod', 2).toReversed(), facts, 500), [
    { time: '1970-01-01T00:00:00.000Z', server: 'prod', snapshot: 'prod0', bytes: 0 },
    { time: '1970-01-01T01:00:00.000Z', server: 'prod', snapshot: 'prod1', bytes: 1, newBytes: 5, entries: 12, milliseconds: 900 },
  ]);
});

test('growthOf() leaves out evenly what is too much, and never the first and the last of a server', () => {
  const points = growthOf([...snapshots('a', 4000), ...snapshots('b', 1000)], new RunFacts(), 500);
  const of = (name: string) => points.filter(({ server }) => server === name).map(({ bytes }) => bytes);

  assert.deepEqual([of('a').length, of('b').length], [400, 100]);
  assert.deepEqual([of('a')[0], of('a').at(-1), of('b')[0], of('b').at(-1)], [0, 3999, 0, 999]);
  const steps = of('a')
    .slice(1)
    .map((bytes, at) => bytes - (of('a')[at] ?? 0));
  assert.deepEqual(
    [...new Set(steps)].toSorted((a, b) => a - b),
    [10, 11],
  );
});

test('growthOf() keeps the last snapshot of a server that has few among many', () => {
  const points = growthOf([...snapshots('a', 5000), ...snapshots('b', 3)], new RunFacts(), 500);

  assert.deepEqual(
    points.filter(({ server }) => server === 'b').map(({ snapshot }) => snapshot),
    ['b2'],
  );
  assert.ok(points.length <= 500);
});
