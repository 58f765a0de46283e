import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backupIdAt, momentOfBackupId } from './backup-id.ts';

test('backupIdAt() is the UTC time to the second', () => {
  assert.equal(backupIdAt(new Date('2026-11-23T12:46:46.999+02:00')), '20261123104646Z');
});

test('momentOfBackupId() reads what backupIdAt() wrote', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, (second) => {
      assert.equal(momentOfBackupId(backupIdAt(new Date(second * 1000)))?.getTime(), second * 1000);
    }),
  );
});

test('momentOfBackupId() leaves out fractions of a second', () => {
  assert.deepEqual(momentOfBackupId('20261123104646.123Z'), new Date('2026-11-23T10:46:46Z'));
});

const others = [
  '',
  'doctor',
  '20261123104646',
  '2026112310464Z',
  '20261323104646Z',
  '20260230104646Z',
  '20261123244646Z',
  '20261123240000Z',
  '20261123106046Z',
  'x20261123104646Z',
  '20261123104646Z ',
];
for (const backupId of others) {
  test(`momentOfBackupId() sees no moment in "${backupId}"`, () => {
    assert.equal(momentOfBackupId(backupId), undefined);
  });
}
