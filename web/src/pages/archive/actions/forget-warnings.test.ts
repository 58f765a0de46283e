import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { listedSnapshot } from '../example-snapshot.ts';
import { warningsBeforeForget } from './forget-warnings.ts';

const now = Date.parse('2026-11-26T12:00:00Z');
const newest = listedSnapshot({ id: '1'.repeat(64), time: '2026-11-26T10:00:00.000Z' });
const proven = listedSnapshot({ id: '2'.repeat(64), time: '2026-11-25T10:00:00.000Z', provenAt: '2026-11-25T11:00:00.000Z' });
const held = listedSnapshot({
  id: '3'.repeat(64),
  time: '2026-11-24T10:00:00.000Z',
  pinned: { at: '2026-11-25T11:00:00Z', by: 'anna' },
  lockedUntil: '2026-11-27T00:00:00Z',
});
const damaged = listedSnapshot({ id: '4'.repeat(64), time: '2026-11-26T11:00:00.000Z', state: 'damaged' });
const all = [damaged, newest, proven, held];

function told(...chosen: typeof all): readonly string[] {
  return warningsBeforeForget(all, chosen, now, (at) => at.slice(0, 10)).map(({ level, text }) => `${level}: ${text}`);
}

describe('warningsBeforeForget()', () => {
  test('refuses the newest good one, which a newer damaged one is not', () => {
    assert.deepEqual(told(newest), ['refused: 111111111111 is the newest good snapshot of ds-1: make a newer backup first.']);
    assert.deepEqual(told(damaged), []);
  });

  test('warns before the last proof goes', () => {
    assert.deepEqual(told(proven), ['warn: Then no snapshot of ds-1 is left that is proven to come back.']);
  });

  test('refuses what is pinned, and says until when something is locked', () => {
    assert.deepEqual(told(held), [
      'refused: 333333333333 is pinned by anna: unpin it first.',
      'warn: 333333333333 is locked until 2026-11-27: it goes out of sight now, and its space is given back after that.',
    ]);
  });
});
