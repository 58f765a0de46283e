import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { exportInMemory } from '../../../test/harness/export-in-memory.ts';
import { findEntries } from './find-entries.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

const people = Array.from({ length: 2000 }, (_, number) => number);

function person(number: number, name = `user.${number}`, title = 'none'): string {
  const uuid = `00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`;
  return `dn: uid=${name},ou=People,dc=example,dc=com\nuid: ${name}\ntitle: ${title}\nentryUUID: ${uuid}\n\n`;
}

async function snapshotOf(
  day: number,
  text: string,
): Promise<{ readonly one: SnapshotExports; readonly bytes: () => number; readonly total: number }> {
  const count = { bytes: 0 };
  const snapshot = exampleSnapshot({ time: `2026-11-2${day}T10:00:00.000Z` });
  return { one: { snapshot, exports: [await exportInMemory(text, count)] }, bytes: () => count.bytes, total: text.length };
}

const everything = { matches: () => true };

suite('findEntries()', () => {
  test('reads once what several snapshots have in common, and counts it in each', async () => {
    const older = await snapshotOf(1, people.map((number) => person(number)).join(''));
    const newer = await snapshotOf(2, people.map((number) => person(number, undefined, number === 700 ? 'Boss' : 'none')).join(''));

    const { found, isAll } = await findEntries([newer.one, older.one], everything, { atMost: 5000 });

    assert.equal(newer.bytes(), newer.total);
    assert.ok(older.bytes() > 0 && older.bytes() < older.total / 20, `${older.bytes()} of ${older.total}`);
    assert.ok(isAll);
    assert.deepEqual(new Set(found.map(({ snapshots }) => snapshots)), new Set([2]));
    assert.equal(found.length, people.length);
  });

  test('tells in which snapshots an entry matches, under its newest name', async () => {
    const first = await snapshotOf(1, person(1) + person(2));
    const second = await snapshotOf(2, person(1, 'renamed') + person(2));
    const third = await snapshotOf(3, person(1, 'renamed', 'Boss'));
    const matches = (entry: { readonly values: readonly string[] }) => entry.values.includes('none');

    const { found } = await findEntries([third.one, second.one, first.one], { matches }, { atMost: 10 });

    assert.deepEqual(
      found.map(({ dn, snapshots, oldest, newest }) => [
        dn.split(',', 1)[0],
        snapshots,
        oldest.time.slice(8, 10),
        newest.time.slice(8, 10),
      ]),
      [
        ['uid=renamed', 2, '21', '22'],
        ['uid=user.2', 2, '21', '22'],
      ],
    );
  });

  test('says when there are more than were asked for, and looks only below the base DN', async () => {
    const { one } = await snapshotOf(
      1,
      people
        .slice(0, 50)
        .map((number) => person(number))
        .join(''),
    );

    const some = await findEntries([one], everything, { atMost: 3 });
    const none = await findEntries([one], { baseDn: 'ou=Groups,dc=example,dc=com', ...everything }, { atMost: 3 });

    assert.deepEqual([some.found.length, some.isAll], [3, false]);
    assert.deepEqual([none.found.length, none.isAll], [0, true]);
  });

  for (const [atMost, what] of [
    [5, 'a few by the index'],
    [1500, 'many by reading all'],
  ] as const) {
    test(`stops reading when there are more than were asked for, and follows ${what} into older snapshots`, async () => {
      // Of another replica, in whose order no block is the same; the second person had another title, the third another name, the fourth was not there.
      const then = (number: number) =>
        number === 3 ? '' : person(number, number === 2 ? 'before' : undefined, number === 1 ? 'other' : 'none');
      const older = await snapshotOf(1, people.toReversed().map(then).join(''));
      const newer = await snapshotOf(2, people.map((number) => person(number)).join(''));
      const matches = (entry: { readonly values: readonly string[] }) => entry.values.includes('none');

      const { found, isAll } = await findEntries([newer.one, older.one], { matches }, { atMost });

      assert.ok(!isAll);
      assert.ok(newer.bytes() < newer.total, `${newer.bytes()} of ${newer.total}`);
      assert.ok(atMost < 1000 ? older.bytes() < older.total / 20 : older.bytes() > older.total * 0.9, `${older.bytes()} of ${older.total}`);
      assert.deepEqual(
        found.map(({ dn, snapshots }) => [dn.split(',', 1)[0], snapshots]),
        people.slice(0, atMost).map((number) => [`uid=user.${number}`, number === 1 || number === 3 ? 1 : 2]),
      );
    });
  }
});
