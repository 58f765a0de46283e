import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectReport } from '../verify/verify-objects.ts';
import { bareLook } from './look.ts';
import { objectLines } from './object-findings.ts';

const pack = `data/0e/${'0e'.repeat(32)}`;
const damaged: ObjectReport = {
  object: pack,
  finding: 'is missing, and an index lists it',
  isDamage: true,
  remedy: 'repair index',
  snapshots: ['ab'.repeat(32)],
};
const damages = [{ snapshot: 'ab'.repeat(32), path: 'data', finding: 'needs a pack', object: pack }];

test('objectLines() names no repair while what is damaged is only hidden or written over', () => {
  const told = [
    'Objects of the archive that are damaged:',
    '  ✗ data/0e/0e0e0e0e0e0e is missing, and an index lists it; 1 snapshot suffers: abababababab',
  ];
  const locks = { required: undefined, locks: new Map(), suspicions: [{ key: pack, what: 'hidden' }] } as const;

  assert.deepEqual(objectLines({ objects: [damaged], damages, locks }, bareLook), told);
  assert.deepEqual(objectLines({ objects: [damaged], damages, locks: { ...locks, suspicions: [] } }, bareLook), [
    ...told,
    'To put it right, in this order: rootcellar repair index',
    'What that does not bring back, a new backup stores again where the server still has it; then "rootcellar repair snapshots" saves the rest.',
  ]);
});

test('objectLines() tells of many objects of a kind in one line', () => {
  const own = { finding: 'is passed over', isDamage: false, remedy: undefined, snapshots: [] };
  const objects = Array.from({ length: 6 }, (_, index) => ({ ...own, object: `locks/${index}` }));

  assert.deepEqual(objectLines({ objects, damages: [], locks: undefined }, bareLook), [
    '  · 6 objects, each of which is passed over; such as locks/0',
  ]);
});
