import { chmod, mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure, messageOf } from '../foundation/failure.ts';
import { formatBytes } from '../foundation/sizes.ts';

/**
 * The staging folder: where the server writes a set and rootcellar reads it (and the other way round for a restore).
 *
 * `<folder>/<server>/<backupId>/` is one run. Beside it, `<backupId>.archived` is written once the set is safely archived, and holds the
 * snapshot's ID; a run folder without that file is what a killed run left. Only who holds the server's lease calls what changes it.
 */
export interface Staging {
  /** As rootcellar sees it. */
  readonly folder: string;
  /** The same folder as the directory server sees it. */
  readonly serverFolder: string;
}

export interface RunFolder {
  readonly folder: string;
  readonly serverFolder: string;
}

export interface KeptSet extends RunFolder {
  readonly backupId: string;
  readonly snapshotId: string;
}

/** The two names of one run's folder. */
export function runFolder(staging: Staging, server: string, name: string): RunFolder {
  return { folder: path.join(staging.folder, server, name), serverFolder: path.posix.join(staging.serverFolder, server, name) };
}

/** Makes a run's folder, writable by the group, as the server may run under another user of the same group. */
export async function makeRunFolder(staging: Staging, server: string, name: string): Promise<RunFolder> {
  const run = runFolder(staging, server, name);
  try {
    for (const folder of [path.dirname(run.folder), run.folder]) {
      await makeFolder(folder);
      await openToGroup(folder).catch(() => undefined);
    }
    return run;
  } catch (error) {
    throw stagingFailure(`Cannot make the staging folder ${run.folder}`, error);
  }
}

/**
 * Makes a folder inside a run's folder, for what the server writes there itself.
 *
 * @throws Failure E_DISK_FULL, E_STAGING_NOT_WRITABLE
 */
export async function makeSharedFolder(run: RunFolder, name: string): Promise<RunFolder> {
  const folder = path.join(run.folder, name);
  try {
    await makeFolder(folder);
    await openToGroup(folder).catch(() => undefined);
    return { folder, serverFolder: path.posix.join(run.serverFolder, name) };
  } catch (error) {
    throw stagingFailure(`Cannot make the staging folder ${folder}`, error);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    // Of a read-only volume Node's recursive mkdir says ENOENT; the plain one says what it is.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') await mkdir(folder);
    else throw error;
  }
}

/**
 * Writes a file into the staging folder: a small one, or pieces one behind the other; where that fails nothing half-written stays.
 *
 * @throws Failure E_DISK_FULL, E_STAGING_NOT_WRITABLE
 */
export async function writeStaged(file: string, content: string | readonly Uint8Array[]): Promise<void> {
  try {
    await writeFile(file, content, { mode: 0o640 });
  } catch (error) {
    await rm(file, { force: true }).catch(() => undefined);
    throw stagingFailure(`Cannot write ${file}`, error);
  }
}

const troubles: Readonly<Record<string, string>> = {
  ENOSPC: 'the volume is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the volume is read-only',
  EACCES: 'the user that rootcellar runs as may not write there',
  EPERM: 'the user that rootcellar runs as may not write there',
  ENOTDIR: 'a file is in the way where a folder should be',
};

/** What hindered `attempt` in the staging folder, as a Failure. */
export function stagingFailure(attempt: string, error: unknown): Failure {
  const { code = '' } = error as NodeJS.ErrnoException;
  const message = `${attempt}: ${troubles[code] ?? messageOf(error)}`;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new Failure('E_DISK_FULL', message, { cause: error, hint: moreRoom })
    : new Failure('E_STAGING_NOT_WRITABLE', message, {
        cause: error,
        hint: 'set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a folder that both rootcellar and the server may write',
      });
}

const moreRoom = 'make room, lower keepLocal, or set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a larger volume';

/** Keeps the set-group-ID bit, by which a volume gives what is made on it to one group (Kubernetes: fsGroup). */
async function openToGroup(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  await chmod(folder, (mode & 0o2000) | 0o770);
}

/** Notes that the set of this run is archived as `snapshotId`; from now on its folder is a kept set and no rest. */
export async function markArchived(run: RunFolder, snapshotId: string): Promise<void> {
  await writeStaged(`${run.folder}.archived`, `${snapshotId}\n`);
}

/** The archived sets that are still here, newest first. */
export async function keptSets(staging: Staging, server: string): Promise<readonly KeptSet[]> {
  const names = await namesIn(path.join(staging.folder, server));
  const marks = names
    .filter((name) => name.endsWith('.archived'))
    .toSorted()
    .toReversed();
  const kept = marks.map((mark) => mark.slice(0, -'.archived'.length)).filter((name) => names.includes(name));
  return Promise.all(
    kept.map(async (backupId) => {
      const run = runFolder(staging, server, backupId);
      return { ...run, backupId, snapshotId: (await readFile(`${run.folder}.archived`, 'utf8')).trim() };
    }),
  );
}

/**
 * Removes what killed runs left and all but the newest `keep` archived sets. Resolves to the names of what killed runs left.
 */
export async function sweepStaging(staging: Staging, server: string, keep: number): Promise<readonly string[]> {
  const folder = path.join(staging.folder, server);
  const archived = await keptSets(staging, server);
  const namesOf = (sets: readonly KeptSet[]) => sets.flatMap(({ backupId }) => [backupId, `${backupId}.archived`]);
  const [kept, old] = [namesOf(archived.slice(0, keep)), namesOf(archived.slice(keep))];
  const rests: string[] = [];
  for (const name of await namesIn(folder)) {
    if (kept.includes(name)) continue;
    await rm(path.join(folder, name), { recursive: true, force: true });
    if (!old.includes(name)) rests.push(name);
  }
  return rests;
}

/** Bytes that are free where the folder is, or will be when it is made. */
export async function freeBytesAt(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return freeBytesAt(parent);
  }
}

/**
 * Refuses before the work begins when the staging folder has less room than `needed` bytes.
 *
 * @throws Failure E_DISK_FULL
 */
export async function assertRoom(staging: Staging, needed: number, what: string): Promise<void> {
  const free = await freeBytesAt(staging.folder);
  if (free >= needed) return;
  throw new Failure(
    'E_DISK_FULL',
    `Cannot stage ${what} in ${staging.folder}: it needs about ${formatBytes(needed)}, and ${formatBytes(free)} are free`,
    { hint: moreRoom },
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
