import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { exportInMemory } from '../../../test/harness/export-in-memory.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import { historyOf } from './entry-history.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

interface Person {
  readonly name: string;
  readonly uuid?: string;
  readonly mail?: string;
}

const dnOf = (name: string): string => `uid=${name},ou=People,dc=example,dc=com`;

/** A snapshot a day, oldest first, each with these people. */
async function days(...all: readonly (readonly Person[])[]): Promise<readonly SnapshotExports[]> {
  return Promise.all(
    all.map(async (people, day) => {
      const texts = people.map(({ name, uuid, mail }) =>
        [`dn: ${dnOf(name)}`, ...(mail === undefined ? [] : [`mail: ${mail}`]), ...(uuid === undefined ? [] : [`entryUUID: ${uuid}`])].join(
          '\n',
        ),
      );
      const text = `dn: dc=example,dc=com\nobjectClass: domain\n\n${texts.map((one) => `${one}\n\n`).join('')}`;
      return { snapshot: exampleSnapshot({ time: `2026-11-2${day}T10:00:00.000Z` }), exports: [await exportInMemory(text)] };
    }),
  );
}

async function history(snapshots: readonly SnapshotExports[], name: string): Promise<readonly string[] | undefined> {
  const moments = await historyOf(snapshots, dnOf(name), standardSchema, {});
  return moments?.map(({ kind, snapshot, entry, before }) => {
    const uid = ((entry ?? before)?.dn ?? '').split(',', 1)[0];
    return `${snapshot.time.slice(8, 10)} ${kind} ${uid}`;
  });
}

const a = '00000000-0000-4000-8000-00000000000a';
const b = '00000000-0000-4000-8000-00000000000b';

suite('historyOf()', () => {
  test('tells of an entry that another one has replaced under its name', async () => {
    const snapshots = await days([{ name: 'jane', uuid: a }], [{ name: 'jane', uuid: a }], [{ name: 'jane', uuid: b }]);

    assert.deepEqual(await history(snapshots, 'jane'), ['20 first uid=jane', '22 replaced uid=jane']);
  });

  test('tells that an entry went, and that it is there again', async () => {
    const jane = { name: 'jane', uuid: a };
    const snapshots = await days([], [jane], [], [jane]);

    assert.deepEqual(await history(snapshots, 'jane'), ['21 appeared uid=jane', '22 gone uid=jane', '23 appeared uid=jane']);
  });

  test('follows the entry that has the name last, not the one that had it before', async () => {
    const snapshots = await days(
      [
        { name: 'jane', uuid: a },
        { name: 'temp', uuid: b },
      ],
      [
        { name: 'old', uuid: a },
        { name: 'jane', uuid: b },
      ],
    );

    assert.deepEqual(await history(snapshots, 'jane'), ['20 first uid=temp', '21 renamed uid=jane']);
    assert.deepEqual(await history(snapshots, 'old'), ['20 first uid=jane', '21 renamed uid=old']);
  });

  test('follows the name where entries tell no entryUUID', async () => {
    const snapshots = await days([{ name: 'jane', mail: 'j@a' }], [{ name: 'jane', mail: 'j@b' }], []);

    assert.deepEqual(await history(snapshots, 'jane'), ['20 first uid=jane', '21 changed uid=jane', '22 gone uid=jane']);
  });

  test('knows nothing of a name that no snapshot has', async () => {
    assert.equal(await history(await days([{ name: 'jane', uuid: a }]), 'john'), undefined);
  });
});
