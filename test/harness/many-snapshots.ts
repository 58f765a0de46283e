import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { StoredRuns } from '../../src/archive/stored-runs.ts';
import { newRunId } from '../../src/domain/run-record.ts';
import { mapConcurrently } from '../../src/foundation/concurrency.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { encodeSnapshot, type SnapshotFile } from '../../src/repository/format/snapshot-file.ts';
import { listSnapshots } from '../../src/repository/list-snapshots.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { RepositoryCore } from '../../src/repository/repository-core.ts';
import { archivePassword, passwordFile } from './archive-password.ts';
import { exampleRunRecord } from './example-run-record.ts';
import { makeSet } from './example-set.ts';
import { realClock } from './real-clock.ts';
import { repositoryArchive } from './repository-archive.ts';

const hour = 3_600_000;

/**
 * Makes an archive in a folder below `home`, as three servers that are backed up every six hours have it in the end: `snapshots` of them, the newest of this
 * hour, and the records of the last `runs` backups. One set is saved by the archive itself; the others are snapshots of the same tree under
 * other names and times, so that thousands take a second or two. Returns what `rootcellar` reads to work on it.
 */
export async function archiveOfMany(
  home: string,
  { snapshots, runs }: { readonly snapshots: number; readonly runs: number },
): Promise<Readonly<Record<string, string>>> {
  const folder = path.join(home, 'archive');
  const store = new LocalFolderStore({ folder, clock: realClock });
  const archive = repositoryArchive(store, { clock: realClock, password: archivePassword });
  const set = path.join(home, 'set');
  await mkdir(set);
  await archive.create();
  await archive.save(set, await makeSet(set, '20200101000000Z', { 'userRoot/backup.info': 'x', 'userRoot/00000000.jdb': 'some bytes' }));
  await addSnapshots(store, snapshots - 1);
  const history = new StoredRuns(store, 'directory');
  const numbers = Array.from({ length: runs }, (_, number) => number);
  await mapConcurrently(numbers, 8, async (number) => {
    const beganAt = new Date(timeOf(number));
    const outcome = number % 40 === 20 ? 'failure' : 'success';
    const times = { beganAt: beganAt.toISOString(), endedAt: new Date(beganAt.getTime() + 60_000 + number).toISOString() };
    await history.save(exampleRunRecord({ ...times, id: newRunId(beganAt, 0.5), agent: serverOf(number), outcome }));
  });
  return { ROOTCELLAR_ARCHIVE: folder, ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_CACHE_FOLDER: path.join(home, 'cache') };
}

async function addSnapshots(store: LocalFolderStore, count: number): Promise<void> {
  const owner = { hostname: 'test', username: 'test', pid: 1 };
  const opened = await openRepository(store, new Secret(archivePassword));
  const { documents } = new RepositoryCore(store, opened, { clock: realClock, owner, graceMilliseconds: 0 });
  const [first] = await listSnapshots(documents);
  const model = first?.file;
  if (model === undefined) throw new Error('there is no snapshot');
  const numbers = Array.from({ length: count }, (_, number) => number);
  await mapConcurrently(numbers, 8, async (number) => {
    await documents.put('snapshots', documents.seal(encodeSnapshot(another(model, number))), undefined);
  });
}

/** The snapshot of the same tree that is so many places before the newest. */
function another(model: SnapshotFile, number: number): SnapshotFile {
  const time = timeOf(number);
  const server = serverOf(number);
  const iso = new Date(time).toISOString();
  const facts = { server, time: iso, backupId: `${iso.replaceAll(/\D/g, '').slice(0, 14)}Z`, bytes: 1_000_000_000 + 1000 * number };
  return {
    ...model,
    time: { milliseconds: time, nanoseconds: 0 },
    paths: [`/${server}`],
    hostname: server,
    rootcellar: { ...model.rootcellar, ...facts },
  };
}

function timeOf(number: number): number {
  const now = Date.now();
  return now - (now % hour) - Math.floor(number / 3) * 6 * hour - (number % 3) * 60_000;
}

function serverOf(number: number): string {
  return `ds-${number % 3}`;
}
