import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../../test/harness/fake-clock.ts';
import { isFailure } from '../../../foundation/failure.ts';
import { networkOf, SignInLimit } from './sign-in-limit.ts';

function seconds(limit: SignInLimit, address: string): unknown {
  try {
    limit.assertMayTry(address);
    return 0;
  } catch (error) {
    assert.ok(isFailure(error, 'E_AGENT_TRIES'));
    return error.facts['retryAfterSeconds'];
  }
}

describe('SignInLimit', () => {
  test('lets an address be wrong 20 times, then once in three seconds, and others as before', async () => {
    const clock = new FakeClock();
    const limit = new SignInLimit(clock);

    for (let at = 0; at < 20; at += 1) {
      assert.equal(seconds(limit, '192.0.2.1'), 0);
      limit.wrong('192.0.2.1');
    }
    assert.equal(seconds(limit, '192.0.2.1'), 3);
    assert.equal(seconds(limit, '192.0.2.2'), 0);
    await clock.advance(3000);
    assert.equal(seconds(limit, '192.0.2.1'), 0);
    limit.wrong('192.0.2.1');
    assert.equal(seconds(limit, '192.0.2.1'), 3);
  });

  test('counts each of many that are tried at once', () => {
    const limit = new SignInLimit(new FakeClock());
    for (let at = 0; at < 100; at += 1) limit.wrong('192.0.2.1');

    assert.equal(seconds(limit, '192.0.2.1'), 81 * 3);
  });

  test('limits what comes from many addresses, but not those from which a right token came', async () => {
    const clock = new FakeClock();
    const limit = new SignInLimit(clock);
    limit.right('198.51.100.7');
    for (let at = 0; at < 200; at += 1) limit.wrong(`203.0.113.${at}`);

    assert.equal(seconds(limit, '192.0.2.1'), 1);
    assert.equal(seconds(limit, '198.51.100.7'), 0);
    await clock.advance(1000);
    assert.equal(seconds(limit, '192.0.2.1'), 0);
  });

  test('makes nobody wait for more than ten minutes, also when the clock is set back', async () => {
    const clock = new FakeClock();
    const limit = new SignInLimit(clock);
    for (let at = 0; at < 1000; at += 1) limit.wrong('192.0.2.1');
    assert.ok(Number(seconds(limit, '192.0.2.1')) <= 600);
    await clock.advance(-86_400_000);

    assert.ok(Number(seconds(limit, '192.0.2.1')) <= 600);
  });

  test('forgets nobody who owes for those who owe nothing, and keeps a bounded number', async () => {
    const clock = new FakeClock();
    const limit = new SignInLimit(clock);
    limit.right('192.0.2.1');
    for (let at = 0; at < 1990; at += 1) limit.wrong(`10.0.${Math.floor(at / 250)}.${at % 250}`);
    await clock.advance(60_000);
    for (let at = 0; at < 30; at += 1) limit.wrong('192.0.2.1');
    for (let at = 0; at < 100; at += 1) limit.wrong(`10.1.0.${at}`);

    assert.equal(seconds(limit, '192.0.2.1'), 33);
  });
});

test('networkOf() takes the addresses that one host has as one', () => {
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(networkOf('::1'), '::1');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8::6'), '2001:db8:0:0::/64');
  assert.equal(networkOf('2001:db8:1:2::'), '2001:db8:1:2::/64');
});
