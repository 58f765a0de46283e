import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { verifiedIn } from './verified.ts';

const [newer, older] = ['2026-11-26T04:00:00.000Z', '2026-11-25T04:00:00.000Z'];
const whole = (id: string) => ({ id, damages: [] });

describe('verifiedIn()', () => {
  test('tells of each snapshot what the newest run found that looked at it', () => {
    const found = verifiedIn([
      { endedAt: newer, result: { isDataRead: true, part: null, snapshots: [{ id: 'a', damages: [{ path: 'x' }] }] } },
      { endedAt: older, result: { isDataRead: false, part: null, snapshots: [whole('a'), whole('b')] } },
    ]);
    assert.deepEqual(Object.fromEntries(found), {
      a: { at: newer, isWhole: false, isDataRead: true },
      b: { at: older, isWhole: true, isDataRead: false },
    });
  });

  test('takes a part of the data for no reading of it', () => {
    const found = verifiedIn([{ endedAt: newer, result: { isDataRead: true, part: { group: 1 }, snapshots: [whole('a')] } }]);
    assert.equal(found.get('a')?.isDataRead, false);
  });

  test('learns nothing from runs without a document of verify', () => {
    const results: unknown[] = [undefined, null, 'text', { snapshots: [{}] }, { snapshots: 'none' }];
    assert.equal(verifiedIn(results.map((result) => ({ endedAt: newer, result }))).size, 0);
  });
});
