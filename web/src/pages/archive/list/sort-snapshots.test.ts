import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { listedSnapshot } from '../example-snapshot.ts';
import { isSortKey, sortSnapshots } from './sort-snapshots.ts';

const snapshots = [
  listedSnapshot({ id: 'aa', time: '2026-11-26T10:00:00.000Z', newBytes: 5, state: 'damaged' }),
  listedSnapshot({ id: 'bb', time: '2026-11-25T10:00:00.000Z' }),
  listedSnapshot({ id: 'cc', time: '2026-11-24T10:00:00.000Z', newBytes: 50, state: 'suspicious' }),
  listedSnapshot({ id: 'dd', time: '2026-11-23T10:00:00.000Z', newBytes: 5 }),
];

function ids(sorted: typeof snapshots | ReturnType<typeof sortSnapshots>): string {
  return sorted.map(({ id }) => id).join(' ');
}

describe('sortSnapshots()', () => {
  test('puts what has nothing to sort by last in either order', () => {
    assert.equal(ids(sortSnapshots(snapshots, 'newBytes', 'ascending')), 'aa dd cc bb');
    assert.equal(ids(sortSnapshots(snapshots, 'newBytes', 'descending')), 'cc aa dd bb');
  });

  test('sorts states by how bad they are, and what is alike with the newest first', () => {
    assert.equal(ids(sortSnapshots(snapshots, 'state', 'descending')), 'aa cc bb dd');
  });

  test('leaves what it is given as it is', () => {
    sortSnapshots(snapshots, 'time', 'ascending');
    assert.equal(ids(snapshots), 'aa bb cc dd');
  });
});

test('isSortKey() knows only what can be sorted by', () => {
  assert.ok(isSortKey('lockedUntil') === false && isSortKey('locked'));
  assert.equal(isSortKey('toString'), false);
});
