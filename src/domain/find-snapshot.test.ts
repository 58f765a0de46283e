import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import { findSnapshot, shortId } from './find-snapshot.ts';

const older = exampleSnapshot({ id: `abc1${'0'.repeat(60)}`, time: '2026-11-21T00:00:00.000Z' });
const newer = exampleSnapshot({ id: `abc2${'0'.repeat(60)}`, time: '2026-11-22T00:00:00.000Z' });
const other = exampleSnapshot({ id: `def0${'0'.repeat(60)}`, time: '2026-11-22T00:00:00.000Z', server: 'test' });

const found = [
  ['its whole ID', older.id, older],
  ['a prefix of its ID', 'abc2', newer],
  ['a prefix of two digits', 'de', other],
  ['its backup ID', '20261121000000Z', older],
] as const;
for (const [what, wanted, expected] of found) {
  test(`findSnapshot() finds a snapshot by ${what}`, () => {
    assert.equal(findSnapshot([older, newer, other], wanted), expected);
  });
}

for (const wanted of ['nothing', 'a', '', 'ABC2', '2026112100']) {
  test(`findSnapshot() says that none is named "${wanted}"`, () => {
    assert.throws(() => findSnapshot([older, newer], wanted), {
      code: 'E_SNAPSHOT_UNKNOWN',
      exitCode: 1,
      message: `Cannot find snapshot "${wanted}": none of the 2 snapshots has this ID`,
      hint: 'run "rootcellar list" to see them all',
    });
  });
}

test('findSnapshot() says so where there is one snapshot, or none at all', () => {
  assert.throws(() => findSnapshot([older], 'ff'), { message: 'Cannot find snapshot "ff": the only one there is has another ID' });
  assert.throws(() => findSnapshot([], 'ff'), { message: 'Cannot find snapshot "ff": there are no snapshots yet' });
});

test('findSnapshot() names the snapshots that a prefix could be', () => {
  assert.throws(() => findSnapshot([older, newer, other], 'abc'), {
    code: 'E_SNAPSHOT_AMBIGUOUS',
    message:
      'Cannot tell which snapshot "abc" is: it names 2: abc200000000 (prod, 2026-11-22T00:00:00.000Z), abc100000000 (prod, 2026-11-21T00:00:00.000Z)',
    hint: 'give more digits of the ID, or --server NAME',
  });
});

test('findSnapshot() asks which server when two have a set of one backup ID', () => {
  assert.throws(() => findSnapshot([newer, other], '20261122000000Z'), {
    code: 'E_SNAPSHOT_AMBIGUOUS',
    message:
      'Cannot tell which snapshot "20261122000000Z" is: it names 2: abc200000000 (prod, 2026-11-22T00:00:00.000Z), def000000000 (test, 2026-11-22T00:00:00.000Z)',
  });
});

test('findSnapshot() takes a whole ID before others that begin with it', () => {
  const short = exampleSnapshot({ id: 'abc2' });

  assert.equal(findSnapshot([newer, short], 'abc2'), short);
});

test('findSnapshot() takes the newest complete one for "latest"', () => {
  const doubtful = (['suspicious', 'damaged', 'unlisted'] as const).map((state, index) =>
    exampleSnapshot({ time: `2026-12-0${index + 1}T00:00:00.000Z`, state }),
  );

  assert.equal(findSnapshot([older, ...doubtful, newer], 'latest'), newer);
});

test('findSnapshot() counts back from the newest complete one for "latest~N"', () => {
  const damaged = exampleSnapshot({ time: '2026-11-21T12:00:00.000Z', state: 'damaged' });

  assert.equal(findSnapshot([older, damaged, newer], 'latest~0'), newer);
  assert.equal(findSnapshot([older, damaged, newer], 'latest~1'), older);
  assert.throws(() => findSnapshot([older, damaged, newer], 'latest~2'), {
    code: 'E_SNAPSHOT_UNKNOWN',
    message: 'Cannot find snapshot "latest~2": the archive has only 2 of which it could be',
    hint: 'see "rootcellar list" and name one by its ID',
  });
});

test('findSnapshot() takes the newest unlisted one for "latest" where none is complete', () => {
  const unlisted = exampleSnapshot({ state: 'unlisted' });
  const damaged = exampleSnapshot({ time: '2026-12-01T00:00:00.000Z', state: 'damaged' });

  assert.equal(findSnapshot([unlisted, damaged], 'latest'), unlisted);
});

test('findSnapshot() does not guess the server of "latest"', () => {
  assert.throws(() => findSnapshot([newer, other], 'latest'), {
    code: 'E_SNAPSHOT_AMBIGUOUS',
    message: 'Cannot tell which snapshot "latest" is: the archive keeps 2 servers (prod, test)',
    hint: 'add --server NAME',
  });
});

test('findSnapshot() says that an empty archive has no latest', () => {
  assert.throws(() => findSnapshot([], 'latest'), {
    code: 'E_SNAPSHOT_UNKNOWN',
    message: 'Cannot find the latest snapshot: the archive has none',
    hint: 'make one with "rootcellar backup"',
  });
});

test('findSnapshot() says that none of the archive is complete', () => {
  assert.throws(() => findSnapshot([exampleSnapshot({ state: 'damaged' }), exampleSnapshot({ state: 'suspicious' })], 'latest'), {
    code: 'E_SNAPSHOT_UNKNOWN',
    message: 'Cannot find the latest snapshot: the archive has none that is complete',
    hint: 'see "rootcellar list" and name one by its ID',
  });
});

test('shortId() is the first twelve digits', () => {
  assert.equal(shortId(older.id), 'abc100000000');
});
