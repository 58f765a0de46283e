import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import type { LockReport, SnapshotLock } from '../archive/archive-locks.ts';
import { lockJson, lockLines, snapshotLockJson } from './lock-text.ts';
import { bareLook } from './look.ts';

const snapshots = ['aa', 'bb'].map((digits) => exampleSnapshot({ id: digits.repeat(32), server: 'prod' }));
const until = new Date('2026-12-01T00:00:00Z');
const locked: SnapshotLock = { until, mode: 'compliance', weakest: 'data/00/00', isKept: true };
const free: SnapshotLock = { until: undefined, mode: undefined, weakest: 'config', isKept: true };

function reportOf(locks: readonly SnapshotLock[], required?: Date): LockReport {
  return { required, locks: new Map(locks.map((lock, index) => [snapshots[index]?.id ?? '', lock])), suspicions: undefined };
}

function linesOf(report: LockReport): readonly string[] {
  const verified = { snapshots: snapshots.map((snapshot) => ({ snapshot, damages: [] })), damages: [], isDataRead: false };
  return lockLines({ ...verified, locks: report, lockFailure: undefined }, { look: bareLook, clock: new FakeClock() });
}

test('lockLines() says until when each snapshot is locked, and by what', () => {
  const each = ['  aaaaaaaaaaaa of prod: locked until 2026-12-01 00:00:00 UTC (compliance)'];
  each.push('  bbbbbbbbbbbb of prod: locked until 2026-12-01 00:00:00 UTC (compliance)');

  assert.deepEqual(linesOf(reportOf([locked, locked], until)), ['Locked: 2 snapshots; asked is 2026-12-01 00:00:00 UTC.', ...each]);
  assert.deepEqual(linesOf(reportOf([locked, locked])), ['Locked: 2 snapshots; by the default of the bucket.', ...each]);
});

test('lockLines() does not call locked what the default of the bucket did not lock', () => {
  const report = reportOf([locked, free]);

  assert.deepEqual(linesOf(report), [
    'Not locked: 1 of 2 snapshots, although the bucket locks by default what is written to it.',
    '  aaaaaaaaaaaa of prod: locked until 2026-12-01 00:00:00 UTC (compliance)',
    '  bbbbbbbbbbbb of prod: not locked',
  ]);
  assert.equal(lockJson(report, undefined).isLocked, false);
  assert.deepEqual(
    snapshots.map((snapshot) => snapshotLockJson(report, snapshot)['isLocked']),
    [true, false],
  );
  assert.equal(lockJson(reportOf([locked, locked]), undefined).isLocked, true);
});
