import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import type { EntryChange } from '../../src/archive/archive.ts';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { makeSet } from '../harness/example-set.ts';
import { realClock } from '../harness/real-clock.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { bucketPlace, folderPlace, type StorePlace } from '../harness/store-places.ts';

const shared = randomBytes(400_000);
const moved = randomBytes(60_000);

/** Three sets of a server, whose middle one changes, moves, adds and removes; each has a folder that never changes. */
const sets: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>> = {
  '20261121100000Z': {
    'schema/99.ldif': 'dn: cn=schema\n',
    'schema/old.ldif': 'old\n',
    'userRoot/data': shared,
    'userRoot/moved': moved,
    'userRoot/backup-userRoot-20261121100000Z': 'one line\n'.repeat(9000),
  },
  '20261122100000Z': {
    'schema/99.ldif': 'dn: cn=schema\n',
    'deep/er/moved': moved,
    'userRoot/data': Buffer.concat([shared, Buffer.from('grown')]),
    'userRoot/backup-userRoot-20261122100000Z': 'one line\n'.repeat(9001),
    'userRoot/empty': '',
  },
  '20261123100000Z': {
    'schema/99.ldif': 'dn: cn=schema\n',
    'deep/er/moved': moved,
    'userRoot/data': Buffer.concat([shared, Buffer.from('grown')]),
    'userRoot/backup-userRoot-20261123100000Z': 'one line\n'.repeat(9001),
    'userRoot/empty': '',
  },
};

/** What those sets come to in a repository, and a fourth snapshot that restic made of the last of them. */
async function fill(place: StorePlace): Promise<{ readonly archive: RepositoryArchive; readonly snapshots: readonly Snapshot[] }> {
  const archive = repositoryArchive(place.store, { clock: realClock });
  await archive.create();
  for (const [backupId, files] of Object.entries(sets)) {
    const staged = path.join(place.folder, backupId);
    await archive.save(staged, await makeSet(staged, backupId, files));
  }
  const last = path.join(place.folder, '20261123100000Z');
  await symlink('data', path.join(last, 'userRoot/link'));
  await place.restic('backup', '--host', 'by-restic', '--time', '2026-11-24 10:00:00', last);
  return { archive, snapshots: (await archive.list()).toReversed() };
}

interface ResticNode {
  readonly message_type: string;
  readonly path: string;
  readonly type: string;
  readonly size?: number;
  readonly mode: number;
  readonly mtime: string;
}

interface ResticChange {
  readonly message_type: string;
  readonly path: string;
  readonly modifier: string;
  readonly added: ResticTotals;
  readonly removed: ResticTotals;
}

interface ResticTotals {
  readonly data_blobs: number;
  readonly tree_blobs: number;
  readonly bytes: number;
}

/** The bytes of all content, those that are stored, and the number of blobs; of all snapshots unless told. */
async function resticStats(
  { restic }: StorePlace,
  mode: string,
  ids: readonly string[] = [],
): Promise<{ readonly bytes: number; readonly stored: number; readonly blobs: number }> {
  const output = await restic('stats', '--json', '--mode', mode, ...ids);
  const { total_size, total_uncompressed_size = 0, total_blob_count = 0 } = JSON.parse(output) as Readonly<Record<string, number>>;
  // It counts what sealing would add to the content.
  return { bytes: total_uncompressed_size - 32 * total_blob_count, stored: total_size ?? 0, blobs: total_blob_count };
}

function jsonLines<Line>(output: string): Line[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

const kinds: Readonly<Record<string, string>> = { file: 'file', dir: 'folder' };
const modifiers: Readonly<Record<EntryChange, string>> = { added: '+', removed: '-', content: 'M', renamed: '', type: 'T', facts: 'U' };

for (const [name, open] of [
  ['a folder', folderPlace],
  ['an S3 server', bucketPlace],
] as const) {
  suite(`reading a repository in ${name}, with restic as witness`, () => {
    test('entries() has what "restic ls" has', async () => {
      await using place = await open();
      const { archive, snapshots } = await fill(place);
      assert.equal(snapshots.length, 4);

      for (const snapshot of snapshots) {
        const nodes = jsonLines<ResticNode>(await place.restic('ls', '--json', snapshot.id)).filter((line) => line.message_type === 'node');
        const expected = nodes.map(({ path: at, type, size = 0, mode, mtime }) => ({
          path: at.slice(1),
          type: kinds[type] ?? 'other',
          bytes: type === 'file' ? size : 0,
          mode: mode % 512,
          modifiedAt: `${mtime.slice(0, 19)}`,
        }));
        const entries = await archive.entries(snapshot);
        assert.ok(nodes.length >= 6);
        assert.deepEqual(
          entries.map(({ path: at, type, bytes, mode, modifiedAt = '' }) => ({
            path: at,
            type,
            bytes,
            mode,
            modifiedAt: modifiedAt.slice(0, 19),
          })),
          expected,
        );
      }
    });

    test('compare() finds what "restic diff" finds, to the byte', async () => {
      await using place = await open();
      const { archive, snapshots } = await fill(place);

      for (const before of snapshots) {
        for (const after of snapshots) {
          const { entries, damages, blobs } = await archive.compare(before, after);
          const lines = jsonLines<ResticChange>(await place.restic('diff', '--quiet=false', '--json', '--metadata', before.id, after.id));
          const totals = lines.find((line) => line.message_type === 'statistics');
          const changes = lines.filter((line) => line.message_type === 'change' && line.path !== '/manifest.json');
          const ours = entries.flatMap(({ change, before: left, after: right }) => {
            // restic knows nothing of backup IDs in names.
            if (left !== undefined && right !== undefined && left.path !== right.path) return [`- ${left.path}`, `+ ${right.path}`];
            return [`${modifiers[change]} ${right?.path ?? left?.path}${(right ?? left)?.type === 'folder' ? '/' : ''}`];
          });

          assert.deepEqual(damages, []);
          assert.deepEqual(ours.toSorted(), changes.map((line) => `${line.modifier} ${line.path.slice(1)}`).toSorted());
          assert.ok(blobs && totals);
          for (const [mine, its] of [
            [blobs.onlyAfter, totals.added],
            [blobs.onlyBefore, totals.removed],
          ] as const) {
            assert.deepEqual([mine.dataBlobs, mine.treeBlobs, mine.bytes], [its.data_blobs, its.tree_blobs, its.bytes]);
          }
        }
      }
    });

    test('measure() adds up what "restic stats" does', async () => {
      await using place = await open();
      const { archive, snapshots } = await fill(place);
      const [first, second] = snapshots;
      assert.ok(first && second);

      for (const chosen of [snapshots, [second], [first, second]]) {
        const { unique, unneededBytes, troubles } = await archive.measure(chosen);
        const ids = chosen.map(({ id }) => id);
        const raw = await resticStats(place, 'raw-data', ids);
        const size = await resticStats(place, 'restore-size', ids);

        assert.deepEqual([troubles, unneededBytes], [[], 0]);
        assert.equal(unique.bytes, raw.bytes);
        // It leaves out the lines in the headers of packs.
        const lines = unique.storedBytes - raw.stored;
        assert.ok(lines >= 37 * raw.blobs && lines <= 41 * raw.blobs, `${lines} bytes of headers`);
        let logical = 0;
        for (const snapshot of chosen) {
          const manifest = (await archive.entries(snapshot)).find((entry) => entry.path === 'manifest.json');
          logical += snapshot.bytes + (manifest?.bytes ?? 0);
        }
        assert.equal(logical, size.stored);
      }
    });

    test('measure() says what forgetting gives back', async () => {
      await using place = await open();
      const { archive, snapshots } = await fill(place);
      const [first, second] = snapshots;
      assert.ok(first && second);
      const before = await resticStats(place, 'raw-data');
      const { together, snapshots: measured } = await archive.measure([first, second]);
      const added = measured[0]?.added;
      assert.ok(added && added.bytes > 400_000 && added.storedBytes > 400_000);

      await place.restic('forget', first.id);
      const between = await resticStats(place, 'raw-data');
      await place.restic('forget', second.id);
      const after = await resticStats(place, 'raw-data');

      assert.equal(measured[0]?.alone?.bytes, before.bytes - between.bytes);
      assert.equal(together.bytes, before.bytes - after.bytes);
      const { unneededBytes } = await archive.measure([]);
      // Packs of which nothing is left are unneeded with what their headers are sealed in.
      assert.equal((unneededBytes - together.storedBytes) % 36, 0);
      assert.ok(unneededBytes >= together.storedBytes && unneededBytes < together.storedBytes + 36 * 10);
    });
  });
}

test('compare() tells how many bytes of each file are new, also of one that only moved', async () => {
  await using place = await folderPlace();
  const { archive, snapshots } = await fill(place);
  const [first, second, third] = snapshots;
  assert.ok(first && second && third);

  const { entries } = await archive.compare(first, second);
  const same = await archive.compare(second, third);

  const newBytes = new Map(entries.map((one) => [one.after?.path ?? one.before?.path, one.newBytes]));
  assert.equal(newBytes.get('deep/er/moved'), 0);
  const grown = newBytes.get('userRoot/data') ?? 0;
  assert.ok(grown > 0 && grown <= 32_768 + 5, `${grown} bytes of the grown file are new`);
  const ofBackup = entries.find(({ after }) => after?.path === 'userRoot/backup-userRoot-20261122100000Z');
  assert.equal(ofBackup?.change, 'content');
  assert.equal(ofBackup.before?.path, 'userRoot/backup-userRoot-20261121100000Z');
  assert.deepEqual(
    same.entries.filter(({ change }) => change !== 'facts').map(({ change, after }) => [change, after?.path]),
    [['renamed', 'userRoot/backup-userRoot-20261123100000Z']],
  );
});
