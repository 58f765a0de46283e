import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../foundation/failure.ts';
import { interrupted } from '../foundation/failure.ts';
import { supervisorLost, Watchdog } from './watchdog.ts';

function startWatchdog() {
  const time = { now: 5_000_000 };
  const losses: Failure[] = [];
  const watchdog = new Watchdog({ now: () => time.now, onLost: (failure) => losses.push(failure) });
  return { time, losses, watchdog };
}

const held = (forMilliseconds: number, sentAt?: number) => ({ kind: 'held', forMilliseconds, ...(sentAt !== undefined && { sentAt }) });
const silent = 'The command was interrupted, as the agent that started it no longer has the right to it, or does not answer';

test('Watchdog lets a run go on for as long as was said last', () => {
  const { time, losses, watchdog } = startWatchdog();
  watchdog.hear(held(2000));
  for (let beat = 0; beat < 10; beat += 1) {
    time.now += 1500;
    watchdog.mayGoOn();
    watchdog.hear(held(2000));
  }
  assert.equal(watchdog.left, 2000);
  time.now += 1999;
  assert.equal(watchdog.look(), false);
  time.now += 1;
  assert.equal(watchdog.look(), true);
  assert.deepEqual(
    losses.map(({ code, exitCode, message }) => [code, exitCode, message]),
    [['E_SUPERVISOR_LOST', 130, silent]],
  );
});

test('Watchdog has a run that hears nothing at all end after half a minute', () => {
  const { time, losses, watchdog } = startWatchdog();
  time.now += 29_999;
  assert.equal(watchdog.look(), false);
  time.now += 1;
  assert.equal(watchdog.look(), true);
  assert.equal(losses.length, 1);
});

test('Watchdog has a run that is told 0 end at once, and what runs out is over for good', () => {
  const { losses, watchdog } = startWatchdog();
  watchdog.hear(held(2000));
  watchdog.hear(held(0));
  assert.equal(losses.length, 1);
  watchdog.hear(held(60_000));
  watchdog.hangUp();
  assert.deepEqual([watchdog.look(), losses.length], [true, 1]);
});

test('Watchdog counts from when it was said, not from when it was heard', () => {
  const { time, losses, watchdog } = startWatchdog();
  const saidAt = time.now;
  time.now += 1500;
  watchdog.hear(held(2000, saidAt));
  assert.equal(watchdog.left, 500);
  // A clock that is ahead gives no more time.
  watchdog.hear(held(2000, time.now + 60_000));
  assert.equal(watchdog.left, 2000);
  time.now += 10_000;
  watchdog.hear(held(2000, saidAt + 100));
  assert.equal(losses.length, 1);
});

test('Watchdog.mayGoOn() throws once where the run may not go on, and then lets it tidy up', () => {
  const { time, losses, watchdog } = startWatchdog();
  watchdog.hear(held(2000));
  watchdog.mayGoOn();
  time.now += 2000;
  assert.throws(() => watchdog.mayGoOn(), { code: 'E_SUPERVISOR_LOST', message: silent });
  assert.equal(losses.length, 1);
  watchdog.mayGoOn();
});

test('Watchdog takes a closed channel for the end of the agent', () => {
  const { losses, watchdog } = startWatchdog();
  watchdog.hear(held(60_000));
  watchdog.hangUp();
  assert.deepEqual(
    losses.map(({ message }) => message),
    ['The command was interrupted, as the agent that started it is gone'],
  );
  watchdog.mayGoOn();
});

test('Watchdog takes messages that are none of ours for nothing', () => {
  const { watchdog, losses } = startWatchdog();
  for (const message of [
    undefined,
    null,
    'held',
    0,
    [],
    {},
    { kind: 'held' },
    { kind: 'cancel' },
    held(Number.NaN),
    { ...held(1), kind: 1 },
  ]) {
    watchdog.hear(message);
  }
  assert.deepEqual([watchdog.left, losses.length], [30_000, 0]);
});

test('supervisorLost() keeps the state and the hint of the interruption', () => {
  const { message, hint, exitCode } = supervisorLost(
    interrupted('The backup of server "ds-0"', 'no snapshot was made').message,
    'the agent that started it is gone',
    'run it again',
  );
  assert.equal(message, 'The backup of server "ds-0" was interrupted, as the agent that started it is gone: no snapshot was made');
  assert.deepEqual([hint, exitCode], ['run it again', 130]);
});
