import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import type { RunOutcome, RunRecord } from '../../domain/run-record.ts';
import { decideNotification } from './decide-notification.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse('2026-11-23T00:00:00.000Z');

/** Runs that end every six hours from midnight on: `s` success, `f` failure, `p` partial, `c` canceled, `k` skipped, `a` an attempt that another follows. */
function runsOf(letters: string, everyHours = 6): RunRecord[] {
  const outcomes: Readonly<Record<string, RunOutcome>> = {
    s: 'success',
    f: 'failure',
    p: 'partial',
    c: 'canceled',
    k: 'skipped',
    a: 'failure',
  };
  return letters.split('').map((letter, at) => {
    const endedAt = new Date(start + at * everyHours * hour).toISOString();
    const beganAt = new Date(start + at * everyHours * hour - 60_000).toISOString();
    return exampleRunRecord({ beganAt, endedAt, outcome: outcomes[letter] ?? 'success', isTriedAgain: letter === 'a' });
  });
}

/** What is told of each run, by its first letter, a capital where it is told again; `.` nothing. */
function told(letters: string, options: { readonly everyHours?: number; readonly window?: number } = {}): string {
  const runs = runsOf(letters, options.everyHours);
  return runs
    .map((record, at) => {
      const history = runs.slice(Math.max(0, at - (options.window ?? runs.length)), at + 1).toReversed();
      const decision = decideNotification(record, history, day);
      if (decision === undefined) return '.';
      const letter = decision.kind.charAt(0);
      return decision.isRepeated ? letter.toUpperCase() : letter;
    })
    .join('');
}

for (const [what, runs, expected] of [
  ['runs that are as they should be', 'ssss', '....'],
  ['the first failure, and the first success after it', 'ssfsss', '..fr..'],
  ['the very first run, if it fails', 'fs', 'fr'],
  ['the very first run that succeeds', 's', '.'],
  ['a failure only when no other attempt follows', 'saas', '....'],
  ['the last of the attempts', 'saaf', '...f'],
  ['a failure that goes on once a day', 'sfffffffff', '.f..F...F.'],
  ['a partial run, and that it is over', 'spps', '.p.r'],
  ['that it got worse, and that it got better, but not well', 'spfps', '.pfpr'],
  ['nothing of canceled and skipped runs, which change nothing', 'sckfckcks', '...f....r'],
] as const) {
  test(`decideNotification() tells ${what}: ${runs} ${expected}`, () => {
    assert.equal(told(runs), expected);
  });
}

test('decideNotification() says since when, and how many runs', () => {
  const runs = runsOf('sfpcfs');
  const [, failure, , , again, recovery] = runs;
  assert.ok(failure !== undefined && again !== undefined && recovery !== undefined);

  assert.deepEqual(decideNotification(again, runs, day), { kind: 'failure', since: failure.endedAt, runs: 3, isRepeated: false });
  assert.deepEqual(decideNotification(recovery, runs, day), { kind: 'recovery', since: failure.endedAt, runs: 3, isRepeated: false });
});

test('decideNotification() asks only about runs of the same job', () => {
  const [failure, success] = runsOf('fs');
  assert.ok(failure !== undefined && success !== undefined);

  assert.equal(decideNotification(success, [{ ...failure, job: 'verify' }], day), undefined);
});

test('decideNotification() tells a failure that goes on at most once in each period, whatever part of the history it is given', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 6, max: 30 }),
      fc.constantFrom(1, 3, 6, 8, 24),
      fc.integer({ min: 30, max: 90 }),
      (window, everyHours, length) => {
        const tellings = told(`s${'f'.repeat(length)}`, { everyHours, window });
        const days = Map.groupBy(
          tellings.split('').map((letter, at) => ({ letter, day: Math.floor((at * everyHours) / 24) })),
          (one) => one.day,
        );
        const last = Math.max(...days.keys());

        for (const [at, letters] of days) {
          const count = letters.filter(({ letter }) => letter !== '.').length;
          assert.ok(count <= 1, tellings);
          // The first day has the news; the second may be within half a day of it.
          if (at > 1 && at < last) assert.equal(count, 1, tellings);
        }
      },
    ),
  );
});
