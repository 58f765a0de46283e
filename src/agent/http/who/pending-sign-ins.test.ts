import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../../test/harness/fake-clock.ts';
import { PendingSignIns } from './pending-sign-ins.ts';

const where = { redirectUrl: 'http://localhost/sign-in/oidc/callback', returnTo: '/runs' };

describe('PendingSignIns', () => {
  test('gives what it kept once, to the browser that began', () => {
    const all = new PendingSignIns(new FakeClock());
    const [one, other] = [all.begin(where), all.begin(where)];
    const { state } = one.pending;

    assert.equal(all.take(state, undefined), undefined);
    assert.equal(all.take(state, other.browser), undefined);
    assert.equal(all.take('', one.browser), undefined);
    assert.deepEqual(all.take(state, one.browser), one.pending);
    assert.equal(all.take(state, one.browser), undefined);
    assert.equal(new Set(Object.values(one.pending)).size, 5);
  });

  test('forgets after ten minutes, and where the clock was set back', async () => {
    const clock = new FakeClock();
    const all = new PendingSignIns(clock);
    const [early, late] = [all.begin(where), all.begin(where)];
    await clock.advance(599_999);
    assert.ok(all.take(early.pending.state, early.browser));
    await clock.advance(1);
    assert.equal(all.take(late.pending.state, late.browser), undefined);
    const next = all.begin(where);
    await clock.advance(-1000);
    assert.equal(all.take(next.pending.state, next.browser), undefined);
  });

  test('keeps the last 1000', () => {
    const all = new PendingSignIns(new FakeClock());
    const first = all.begin(where);
    const second = all.begin(where);
    for (let at = 0; at < 999; at += 1) all.begin(where);
    assert.equal(all.take(first.pending.state, first.browser), undefined);
    assert.ok(all.take(second.pending.state, second.browser));
  });
});
