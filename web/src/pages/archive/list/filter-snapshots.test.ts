import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { listedSnapshot } from '../example-snapshot.ts';
import { plainView } from './archive-view.ts';
import { filterSnapshots, isChosen, namesIn, type Choice } from './filter-snapshots.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const pinned = { at: '2026-11-25T11:00:00Z', by: 'anna', reason: 'Before the Merger' };
const snapshots = [
  listedSnapshot({ id: 'aa01', server: 'ds-1', provenAt: '2026-11-26T11:00:00.000Z', lockedUntil: '2026-11-27T00:00:00Z' }),
  listedSnapshot({ id: 'bb01', server: 'ds-2', time: '2026-11-20T12:00:00.000Z', pinned, lockedUntil: '2026-11-26T11:00:00Z' }),
  listedSnapshot({
    id: 'cc01',
    server: 'ds-2',
    time: '2026-11-10T12:00:00.000Z',
    backends: ['other'],
    state: 'damaged',
    remarks: ['2 files are missing'],
  }),
];

function found(choice: Partial<Choice>): string {
  return filterSnapshots(snapshots, { ...plainView, ...choice }, now)
    .map(({ id }) => id)
    .join(' ');
}

describe('filterSnapshots()', () => {
  test('gives all where nothing is chosen', () => assert.equal(found({}), 'aa01 bb01 cc01'));

  test('chooses by server, backend and state, all of them at once', () => {
    assert.equal(found({ server: 'ds-2' }), 'bb01 cc01');
    assert.equal(found({ backend: 'other' }), 'cc01');
    assert.equal(found({ server: 'ds-1', backend: 'other' }), '');
    assert.equal(found({ state: 'damaged' }), 'cc01');
    assert.equal(found({ state: 'proven' }), 'aa01');
    assert.equal(found({ state: 'unproven' }), 'bb01 cc01');
    assert.equal(found({ state: 'pinned' }), 'bb01');
  });

  test('takes a lock that has ended for none', () => assert.equal(found({ state: 'locked' }), 'aa01'));

  test('counts both ends of a span', () => {
    assert.equal(found({ from: '2026-11-20' }), 'aa01 bb01');
    assert.equal(found({ from: '2026-11-10', to: '2026-11-20' }), 'bb01 cc01');
  });

  test('finds all words, whatever their letters, an ID only by its beginning', () => {
    assert.equal(found({ text: 'MERGER anna' }), 'bb01');
    assert.equal(found({ text: 'missing' }), 'cc01');
    assert.equal(found({ text: 'b01' }), '');
    assert.equal(found({ text: 'bb' }), 'bb01');
    assert.equal(found({ text: '.*' }), '');
  });
});

test('isChosen() takes blanks for nothing', () => {
  assert.equal(isChosen({ ...plainView, text: '  ' }), false);
  assert.equal(isChosen({ ...plainView, to: '2026-11-20' }), true);
});

test('namesIn() gives each name once', () => {
  assert.deepEqual(namesIn(snapshots), { servers: ['ds-1', 'ds-2'], backends: ['other', 'schema', 'userRoot'] });
});
