import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FakeClock } from '../../../test/harness/fake-clock.ts';
import { Failure } from '../../foundation/failure.ts';
import { Outbox } from './outbox.ts';

const rule = { attempts: 3, firstPauseMilliseconds: 1000, longestPauseMilliseconds: 60_000 };

function openOutbox() {
  const clock = new FakeClock();
  const outcomes: string[] = [];
  const logged: unknown[] = [];
  const note = (facts: unknown): void => void logged.push(facts);
  const log = { debug: note, info: note, warn: note, error: note };
  const outbox = new Outbox({ kind: 'slack', rule, onOutcome: (outcome) => outcomes.push(outcome) }, { clock, random: () => 0.5, log });
  return { clock, outcomes, logged, outbox };
}

const away = new Failure('E_NOT_DELIVERED', 'Cannot tell Slack of a run: nothing listens there', { retry: 'later' });

suite('Outbox', () => {
  test('sends in order, and what fails again until it is taken', async () => {
    const { clock, outcomes, outbox } = openOutbox();
    const sent: string[] = [];
    let tries = 0;
    outbox.add(async () => {
      tries += 1;
      if (tries < 3) throw away;
      sent.push('first');
    });
    outbox.add(async () => void sent.push('second'));

    await clock.advance(499);
    assert.deepEqual([tries, sent], [1, []]);
    await clock.advance(1001);
    assert.deepEqual([tries, sent], [3, ['first', 'second']]);
    assert.deepEqual(outcomes, ['sent', 'sent']);
  });

  test('gives up after so many attempts, counts and logs it, and goes on with the next', async () => {
    const { clock, outcomes, logged, outbox } = openOutbox();
    outbox.add(() => Promise.reject(away));
    outbox.add(() => Promise.reject(new Failure('E_NOT_DELIVERED', 'Cannot tell Slack of a run: it answered 404')));
    outbox.add(async () => undefined);

    await clock.advance(60_000);

    assert.deepEqual(outcomes, ['failed', 'failed', 'sent']);
    assert.deepEqual(logged, [
      { kind: 'slack', reason: 'Cannot tell Slack of a run: nothing listens there' },
      { kind: 'slack', code: 'E_NOT_DELIVERED', reason: 'Cannot tell Slack of a run: nothing listens there' },
      { kind: 'slack', code: 'E_NOT_DELIVERED', reason: 'Cannot tell Slack of a run: it answered 404' },
    ]);
  });

  test('drops the oldest of more than a hundred', async () => {
    const { clock, outcomes, outbox } = openOutbox();
    const sent: number[] = [];
    outbox.add(() => clock.sleep(1000));
    for (let at = 0; at < 102; at += 1) outbox.add(async () => void sent.push(at));

    await clock.advance(1000);

    assert.deepEqual([sent[0], sent.at(-1), sent.length], [2, 101, 100]);
    assert.equal(outcomes.filter((outcome) => outcome === 'dropped').length, 2);
  });

  test('close() waits for what is under way, also for pauses, and takes nothing any more', async () => {
    const { clock, outcomes, outbox } = openOutbox();
    let tries = 0;
    outbox.add(async () => {
      tries += 1;
      if (tries === 1) throw away;
    });
    const closing = outbox.close(new AbortController().signal);
    await clock.advance(1000);
    await closing;
    outbox.add(() => assert.fail());

    assert.deepEqual(outcomes, ['sent', 'dropped']);
  });

  test('close() ends with its bound, also where a sender cannot be cut off', async () => {
    const { outcomes, outbox } = openOutbox();
    const bound = new AbortController();
    outbox.add(() => new Promise(() => undefined));
    outbox.add(() => assert.fail());
    const closing = outbox.close(bound.signal);
    bound.abort(new Error('over'));
    await closing;

    assert.deepEqual(outcomes, ['dropped', 'dropped']);
  });
});
