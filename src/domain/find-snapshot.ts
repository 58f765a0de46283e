import { Failure } from '../foundation/failure.ts';
import { newestFirst, type Snapshot } from './snapshot.ts';

/**
 * The one snapshot that `wanted` names: `latest` (the newest that is `complete`, or `unlisted` where none is), `latest~1` (the one of those before it),
 * an ID or a prefix of it of at least two digits, or a backup ID.
 *
 * @throws Failure E_SNAPSHOT_UNKNOWN when none is named so, E_SNAPSHOT_AMBIGUOUS when several are
 */
export function findSnapshot(snapshots: readonly Snapshot[], wanted: string): Snapshot {
  const sorted = snapshots.toSorted(newestFirst);
  const back = /^latest(?:~(\d{1,6}))?$/.exec(wanted);
  if (back !== null) return latest(sorted, Number(back[1] ?? 0));
  const exact = sorted.filter((snapshot) => snapshot.id === wanted || snapshot.backupId === wanted);
  const found = exact.length > 0 ? exact : sorted.filter((snapshot) => wanted.length >= 2 && snapshot.id.startsWith(wanted));
  const [only, ...others] = found;
  if (only === undefined) {
    throw new Failure('E_SNAPSHOT_UNKNOWN', `Cannot find snapshot "${wanted}": ${noneOf(sorted.length)}`, {
      hint: 'run "rootcellar list" to see them all',
    });
  }
  if (others.length > 0) {
    const names = found.map((snapshot) => `${shortId(snapshot.id)} (${snapshot.server}, ${snapshot.time})`);
    throw new Failure(
      'E_SNAPSHOT_AMBIGUOUS',
      `Cannot tell which snapshot "${wanted}" is: it names ${found.length}: ${names.slice(0, 5).join(', ')}`,
      {
        hint: 'give more digits of the ID, or --server NAME',
      },
    );
  }
  return only;
}

function noneOf(snapshots: number): string {
  if (snapshots === 0) return 'there are no snapshots yet';
  return snapshots === 1 ? 'the only one there is has another ID' : `none of the ${snapshots} snapshots has this ID`;
}

function latest(sorted: readonly Snapshot[], back: number): Snapshot {
  const wanted = back === 0 ? 'latest' : `latest~${back}`;
  const servers = new Set(sorted.map((snapshot) => snapshot.server));
  if (servers.size > 1) {
    throw new Failure(
      'E_SNAPSHOT_AMBIGUOUS',
      `Cannot tell which snapshot "${wanted}" is: the archive keeps ${servers.size} servers (${[...servers].slice(0, 5).join(', ')})`,
      {
        hint: 'add --server NAME',
      },
    );
  }
  const complete = sorted.filter((snapshot) => snapshot.state === 'complete');
  const good = complete.length > 0 ? complete : sorted.filter((snapshot) => snapshot.state === 'unlisted');
  const found = good[back];
  if (found !== undefined) return found;
  if (good.length > 0) {
    throw new Failure(
      'E_SNAPSHOT_UNKNOWN',
      `Cannot find snapshot "${wanted}": the archive has only ${good.length === 1 ? 'one' : good.length} of which it could be`,
      { hint: 'see "rootcellar list" and name one by its ID' },
    );
  }
  throw new Failure(
    'E_SNAPSHOT_UNKNOWN',
    `Cannot find the latest snapshot: the archive has ${sorted.length === 0 ? 'none' : 'none that is complete'}`,
    {
      hint: sorted.length === 0 ? 'make one with "rootcellar backup"' : 'see "rootcellar list" and name one by its ID',
    },
  );
}

/**
 * The snapshots that were listed of `server`, or of all where none is named. A name that is mistyped must not pass for an archive in which nothing
 * is wrong.
 *
 * @throws Failure E_SNAPSHOT_UNKNOWN when a server is named and there is none of it
 */
export function assertOfServer(snapshots: readonly Snapshot[], server: string | undefined): readonly Snapshot[] {
  if (server === undefined || snapshots.length > 0) return snapshots;
  throw new Failure('E_SNAPSHOT_UNKNOWN', `Cannot find a snapshot of the server "${server}": the archive has none`, {
    hint: 'run "rootcellar list" without --server to see which servers there are',
  });
}

/** The first twelve digits, which people read and type. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
