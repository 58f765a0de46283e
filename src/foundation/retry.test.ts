import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { Failure, type RetryAdvice } from './failure.ts';
import { retrying, type RetryRule } from './retry.ts';

const rule: RetryRule = { attempts: 4, firstPauseMilliseconds: 100, longestPauseMilliseconds: 1000 };

function setUp({ random = 0.5, signal }: { random?: number; signal?: AbortSignal } = {}) {
  const clock = new FakeClock();
  const pauses: number[] = [];
  const tools = {
    clock,
    random: () => random,
    ...(signal === undefined ? {} : { signal }),
    onRetry: (_error: unknown, _attempt: number, pause: number) => void pauses.push(pause),
  };
  return { clock, tools, pauses };
}

function failing(advice: RetryAdvice, times = Number.POSITIVE_INFINITY) {
  const attempts: number[] = [];
  const work = (attempt: number) => {
    attempts.push(attempt);
    return attempt > times ? Promise.resolve('done') : Promise.reject(new Failure('E_TEST', `attempt ${attempt}`, { retry: advice }));
  };
  return { attempts, work };
}

test('retrying() resolves at once when the first call does', async () => {
  const { tools, pauses } = setUp();

  assert.equal(await retrying(rule, tools, () => Promise.resolve('done')), 'done');

  assert.deepEqual(pauses, []);
});

test('retrying() tries again after a pause when the failure advises "later"', async () => {
  const { clock, tools, pauses } = setUp();
  const { attempts, work } = failing('later', 1);
  const result = retrying(rule, tools, work);

  await clock.advance(49);
  assert.deepEqual(attempts, [1]);
  await clock.advance(1);

  assert.equal(await result, 'done');
  assert.deepEqual([attempts, pauses], [[1, 2], [50]]);
});

test('retrying() doubles the bound of each pause up to the longest, and rejects with the last error', async () => {
  const { clock, tools, pauses } = setUp({ random: 0.999_999 });
  const { work } = failing('later');
  const result = assert.rejects(retrying({ ...rule, attempts: 7 }, tools, work), { message: 'attempt 7' });

  await clock.advance(60_000);

  await result;
  assert.deepEqual(pauses, [100, 200, 400, 800, 1000, 1000]);
});

test('retrying() does not pause before the first repetition when the failure advises "now", and does before the next', async () => {
  const { clock, tools, pauses } = setUp();
  const { work } = failing('now', 2);
  const result = retrying(rule, tools, work);

  await clock.advance(60_000);

  assert.equal(await result, 'done');
  assert.deepEqual(pauses, [0, 100]);
});

test('retrying() does not repeat what fails for good', async () => {
  const { tools } = setUp();
  const { attempts, work } = failing('never');

  await assert.rejects(retrying(rule, tools, work), { message: 'attempt 1' });

  assert.deepEqual(attempts, [1]);
});

test('retrying() does not repeat a plain error, which is a bug', async () => {
  const { tools, pauses } = setUp();

  await assert.rejects(
    retrying(rule, tools, () => Promise.reject(new TypeError('a bug'))),
    TypeError,
  );

  assert.deepEqual(pauses, []);
});

test('retrying() calls just once when one attempt is allowed', async () => {
  const { tools } = setUp();
  const { attempts, work } = failing('now');

  await assert.rejects(retrying({ ...rule, attempts: 1 }, tools, work), { message: 'attempt 1' });

  assert.deepEqual(attempts, [1]);
});

test('retrying() ends a pause with the reason of the abort, and calls no more', async () => {
  const stop = new AbortController();
  const { clock, tools } = setUp({ signal: stop.signal });
  const { attempts, work } = failing('later');
  const result = assert.rejects(retrying(rule, tools, work), { message: 'stop' });
  await clock.advance(1);

  stop.abort(new Error('stop'));

  await result;
  assert.deepEqual(attempts, [1]);
  assert.equal(clock.sleeping, 0);
});

test('retrying() calls nothing when it is aborted beforehand', async () => {
  const { tools } = setUp({ signal: AbortSignal.abort(new Error('stop')) });
  const { attempts, work } = failing('later');

  await assert.rejects(retrying(rule, tools, work), { message: 'stop' });

  assert.deepEqual(attempts, []);
});

test('retrying() keeps every pause within its bound, whatever the dice say', async () => {
  const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  await fc.assert(
    fc.asyncProperty(dice, async (random) => {
      const pauses: number[] = [];
      const clock = { now: () => new Date(0), sleep: (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds)) };

      await assert.rejects(retrying({ ...rule, attempts: 6 }, { clock, random: () => random }, failing('later').work));

      assert.equal(pauses.length, 5);
      pauses.forEach((pause, index) => assert.ok(pause >= 0 && pause <= Math.min(1000, 100 * 2 ** index), `${pause} at ${index}`));
    }),
    { numRuns: 50 },
  );
});
