import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { newestFirst } from './snapshot.ts';

test('newestFirst() sorts by time, then server, then ID', () => {
  const newest = exampleSnapshot({ time: '2026-11-23T00:00:00.000Z', server: 'b' });
  const rest = [
    { time: '2026-11-22T00:00:00.000Z', server: 'a', id: '2' },
    { time: '2026-11-22T00:00:00.000Z', server: 'a', id: '3' },
    { time: '2026-11-22T00:00:00.000Z', server: 'b', id: '1' },
  ].map(exampleSnapshot);

  assert.deepEqual([...rest, newest].toReversed().toSorted(newestFirst), [newest, ...rest]);
  assert.equal(newestFirst(newest, { ...newest }), 0);
});
