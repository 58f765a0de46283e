import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Archive, SavedSnapshot } from '../archive/archive.ts';
import { underLease, type Leases } from '../archive/lease.ts';
import { backendIdOf, parseBackupInfo } from '../domain/backup-info.ts';
import { decodeManifest, manifestName, type Manifest, type ManifestBackend, type ManifestFile } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Clock } from '../foundation/clock.ts';
import { Failure, wrongUsage } from '../foundation/failure.ts';
import { folderTrouble } from '../foundation/folder-trouble.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { freeBackupId } from './backup.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import { describeFiles, isFileOf } from '../staging/set-files.ts';

export interface ArchiveFolderRequest {
  readonly archive: Archive;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly program: string;
  readonly folder: string;
  /** The name to archive under. */
  readonly serverName: string;
}

/**
 * Archives a folder that is there already: a backup folder that the server's tools or an earlier `fetch` made, or any other. Backends are
 * known by their `backup.info`, in the folder itself or one level below. A fetched set keeps its server, ID and time. The folder is left as
 * it is.
 *
 * @throws Failure E_USAGE when the folder is missing or empty, E_SET_CHANGED when it has a `manifest.json` at its top that is foreign or no
 * longer right
 */
export async function archiveFolder(request: ArchiveFolderRequest, options: OperationContext = {}): Promise<SavedSnapshot> {
  const { archive, leases, folder, serverName } = request;
  await assertFolder(folder);
  await archive.open(options);
  const files = await describeFiles(folder, { isHashed: archive.needsHashes, signal: options.signal });
  const fetched = await readOwnManifest(folder, files, options.signal);
  return underLease(leases, fetched?.server ?? serverName, options, async (lease, held) => {
    const manifest = fetched ?? (await describeFolder(request, files, await archive.list({ server: serverName }, held), held.signal));
    return archive.save(folder, manifest, { ...held, assertHeld: () => lease.assertHeld() });
  });
}

async function assertFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    throw wrongUsage(`Cannot archive ${folder}: ${folderTrouble(error)}`, 'name a folder that is there and readable');
  });
  if (!found.isDirectory()) throw wrongUsage(`Cannot archive ${folder}: it is not a folder`, 'name the folder that holds the backup');
  if ((await readdir(folder)).length === 0)
    throw wrongUsage(`Cannot archive ${folder}: it is empty`, 'name the folder that holds the backup');
}

async function describeFolder(
  request: ArchiveFolderRequest,
  files: ManifestFile[],
  taken: readonly Snapshot[],
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const { folder, clock, program, serverName } = request;
  const began = clock.now();
  return {
    version: 1,
    backupId: await freeBackupId(taken, clock, signal),
    time: began.toISOString(),
    server: serverName,
    origin: 'archive',
    program,
    backends: await backendsIn(folder, files),
    files,
  };
}

/** The manifest of a set that was fetched before, if that is what the folder is and nothing in it has changed. */
async function readOwnManifest(
  folder: string,
  files: readonly ManifestFile[],
  signal: AbortSignal | undefined,
): Promise<Manifest | undefined> {
  if (!files.some((file) => file.path === manifestName)) return undefined;
  const manifest = decodeManifest(await readFile(path.join(folder, manifestName), 'utf8'));
  const rest = files.filter((file) => file.path !== manifestName);
  if (!('invalid' in manifest) && (await isSame(folder, manifest.files, rest, signal))) return manifest;
  const state = 'invalid' in manifest ? `has a ${manifestName} of its own` : `is no longer what its ${manifestName} says`;
  throw new Failure('E_SET_CHANGED', `Cannot archive ${folder}: it ${state}`, {
    hint: `the name ${manifestName} is rootcellar's; move that file away to archive the rest as a new set`,
  });
}

async function isSame(
  folder: string,
  listed: readonly ManifestFile[],
  found: readonly ManifestFile[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const names = new Set(found.map((file) => file.path));
  if (listed.length !== found.length || !listed.every((file) => names.has(file.path))) return false;
  const isRight = await mapConcurrently(listed, 2, (file) => isFileOf(path.join(folder, file.path), file, signal));
  return isRight.every(Boolean);
}

async function backendsIn(folder: string, files: readonly ManifestFile[]): Promise<ManifestBackend[]> {
  const descriptors = files.filter((file) => /^([^/]+\/)?backup\.info$/.test(file.path));
  const found = await Promise.all(
    descriptors.map(async (descriptor) => {
      const info = parseBackupInfo(await readFile(path.join(folder, descriptor.path), 'utf8'));
      const newest = info.backups.at(-1);
      const place = path.posix.dirname(descriptor.path);
      const id = backendIdOf(info) ?? path.posix.basename(place === '.' ? folder : place);
      return newest === undefined ? [] : [backendOf(id, place, newest)];
    }),
  );
  return found.flat();
}

const rolesOfOwn = new Map<string, ManifestBackend['role']>([
  ['schema', 'schema'],
  ['config', 'config'],
  ['tasks', 'server'],
  ['encryption-settings', 'encryption-settings'],
]);

function backendOf(id: string, folder: string, entry: ReturnType<typeof parseBackupInfo>['backups'][number]): ManifestBackend {
  const role = rolesOfOwn.get(id) ?? 'user';
  return { id, role, backupId: entry.backupId, folder, baseDns: [], isEncrypted: entry.isEncrypted, isCompressed: entry.isCompressed };
}
