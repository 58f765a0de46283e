import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import type { RunOutcome } from '../../domain/run-record.ts';
import { ReportedRuns } from './reported-runs.ts';

function runAt(hour: number, outcome: RunOutcome) {
  return exampleRunRecord({
    beganAt: new Date(Date.UTC(2026, 10, 1, hour)).toISOString(),
    outcome,
    log: ['line'],
    result: { bytes: hour },
  });
}

test('ReportedRuns has each attempt once, the last ended first, wherever it was heard of', () => {
  const runs = new ReportedRuns();
  const first = { ...runAt(0, 'failure'), isTriedAgain: true };
  const second = { ...first, attempt: 2, endedAt: '2026-11-01T01:00:00.000Z', outcome: 'success' as const };
  runs.add([second]);
  runs.add([first, second, runAt(2, 'success')]);

  assert.deepEqual(
    runs.of('backup').map(({ attempt, endedAt }) => [attempt, endedAt]),
    [
      [1, '2026-11-01T02:04:00.000Z'],
      [2, '2026-11-01T01:00:00.000Z'],
      [1, '2026-11-01T00:04:00.000Z'],
    ],
  );
  assert.deepEqual(runs.of('verify'), []);
});

test('ReportedRuns holds a bounded number, log and result only of the newest of each outcome, and never forgets the last success', () => {
  const runs = new ReportedRuns();
  runs.add([runAt(0, 'success')]);
  for (let hour = 1; hour <= 1000; hour += 1) runs.add([runAt(hour, 'failure')]);

  const known = runs.of('backup');
  assert.equal(known.length, 101);
  assert.deepEqual(
    known.filter(({ log, result }) => log.length > 0 || result !== undefined).map(({ result }) => result),
    [{ bytes: 1000 }, { bytes: 0 }],
  );
  assert.deepEqual(
    runs.newest().map(({ outcome, result }) => [outcome, result]),
    [
      ['failure', { bytes: 1000 }],
      ['success', { bytes: 0 }],
    ],
  );
});
