import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readResult } from './read-result.ts';
import { summaryOf } from './run-summary.ts';

const id = '2000bf9655f80c7cd18eefe217e06bb1ff757e7fc24fdee9f60ab62231cb2763';
const snapshot = { id, time: '2026-11-26T13:38:38.183Z', server: 'opendj-0', bytes: 15_349_779 };

const backup = {
  ...snapshot,
  backupId: '20261126133838Z',
  backends: ['schema', 'userRoot'],
  state: 'complete',
  remarks: [],
  newBytes: 604_456,
  storedBytes: 172_612,
  files: 7,
  entries: 5007,
  milliseconds: 1673,
  forgotten: [],
  forgetFailure: null,
  locksExtended: null,
  lockFailure: null,
};

const verify = {
  isWhole: true,
  isDataRead: false,
  part: null,
  objects: [],
  isLocked: null,
  lockRequiredUntil: null,
  lockFailure: null,
  suspicions: null,
  snapshots: [{ ...snapshot, damages: [] }],
};

test('summaryOf() tells of a backup its snapshot, size and what was new', () => {
  assert.equal(summaryOf({ job: 'backup', result: backup }), 'snapshot 2000bf9655f8, 14.6 MiB, 590 KiB of it new');
  assert.equal(summaryOf({ job: 'backup', result: { ...snapshot, forgotten: ['a', 'b'] } }), 'snapshot 2000bf9655f8, 14.6 MiB; forgot 2');
});

test('summaryOf() calls whole only what a verify called so', () => {
  const part = { name: 'today/30', objects: 1, ofObjects: 30, bytes: 10, ofBytes: 300, unit: 'pack' };
  const damaged = { ...verify, isWhole: false, snapshots: [{ ...snapshot, damages: [{ path: 'a', finding: 'is missing' }] }, snapshot] };

  assert.equal(summaryOf({ job: 'verify', result: verify }), 'whole: 1 snapshot, presence and size');
  assert.equal(summaryOf({ job: 'verify', result: { ...verify, isWhole: null, part } }), 'no damage found: 1 snapshot, today/30 was read');
  assert.equal(summaryOf({ job: 'verify', result: damaged }), 'damaged: 1 of 2 snapshots');
  assert.equal(summaryOf({ job: 'verify', result: { ...verify, isWhole: false } }), 'damaged, and 1 snapshot whole nevertheless');
});

test('summaryOf() tells what forget and prune did apart from what they would do', () => {
  const forget = { keep: [{ snapshot, reasons: ['last'] }], forget: [snapshot, snapshot] };
  const prune = { objects: [{ key: 'packs/a', bytes: 2048 }], bytes: 2048, waiting: 1, removedBytes: 1024, refusals: [] };

  assert.equal(summaryOf({ job: 'forget', result: { ...forget, isDone: true } }), 'forgot 2, kept 1');
  assert.equal(summaryOf({ job: 'forget', result: { ...forget, isDone: false } }), 'would forget 2 and keep 1');
  assert.equal(summaryOf({ job: 'prune', result: { ...prune, isDone: true } }), '1.00 KiB removed');
  assert.equal(summaryOf({ job: 'prune', result: { ...prune, isDone: false } }), '2.00 KiB would be removed');
});

test('summaryOf() and readResult() tell of a prune under locks what is only hidden', () => {
  const locked = { versions: 3, bytes: 4096, until: '2026-12-30T12:00:00.000Z' };
  const swept = { bytes: 512, locked, refused: { versions: 2, bytes: 10 } };
  const suspicions = [{ key: 'data/a', what: 'hidden' }, { key: 'data/b', what: 'other' }, { what: 'overwritten' }];
  const plan = {
    isDone: false,
    objects: [],
    bytes: 0,
    waiting: 0,
    removedBytes: 0,
    hiddenVersions: { versions: 5, bytes: 8192 },
    swept: null,
  };
  const result = { ...plan, isDone: true, removedBytes: 1024, swept, suspicions };

  assert.equal(summaryOf({ job: 'prune', result }), '1.00 KiB hidden, 512 B given back');
  const read = readResult('prune', result);
  assert.ok(read?.kind === 'prune');
  const held = { bytes: 512, lockedVersions: 3, lockedBytes: 4096, lockedUntil: locked.until, refusedVersions: 2 };
  assert.deepEqual(read.hidden, { versions: 5, bytes: 8192, swept: held });
  assert.deepEqual(read.suspicions, [{ key: 'data/a', what: 'hidden' }]);
  const planned = readResult('prune', plan);
  assert.ok(planned?.kind === 'prune');
  assert.deepEqual(planned.hidden, { versions: 5, bytes: 8192, swept: undefined });
});

test('summaryOf() tells first why a run failed', () => {
  const failure = { code: 'E_STORE', message: 'Cannot back up: the store does not answer' };

  assert.equal(summaryOf({ job: 'backup', failure, result: backup }), failure.message);
});

test('readResult() gives nothing for documents that are none of the job, whatever they are', () => {
  for (const job of ['backup', 'verify', 'drill', 'forget', 'prune'] as const)
    for (const result of [undefined, null, 0, 'text', [], {}, { snapshots: 'x', keep: 1, objects: {}, version: 2 }])
      assert.equal(readResult(job, result), undefined, `${job} ${JSON.stringify(result)}`);
});

test('readResult() keeps what went wrong by the way, and leaves out what it cannot read', () => {
  const side = { code: 'E_ACCESS_DENIED', message: 'Cannot forget: it is not allowed' };
  const read = readResult('backup', { ...backup, forgetFailure: side, lockFailure: { code: 7 }, remarks: ['small', 5] });

  assert.ok(read?.kind === 'backup');
  assert.deepEqual(read.failures, [{ ...side, hint: undefined }]);
  assert.deepEqual(read.remarks, ['small']);
});

test('readResult() reads each damage that a verify found', () => {
  const damages = [{ path: 'userRoot.zip', finding: 'is missing' }, { path: 'no finding' }];
  const objects = [{ object: 'packs/a', finding: 'is damaged', isDamage: true, snapshots: [], remedy: null }, 'other'];
  const read = readResult('verify', { ...verify, isWhole: false, objects, snapshots: [{ ...snapshot, damages }] });

  assert.ok(read?.kind === 'verify');
  assert.deepEqual(read.snapshots[0]?.damages, [{ path: 'userRoot.zip', finding: 'is missing' }]);
  assert.deepEqual(read.objects, [{ object: 'packs/a', finding: 'is damaged', isDamage: true, remedy: undefined }]);
});
