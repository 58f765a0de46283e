import { createHash } from 'node:crypto';
import { backendIdOf, parseBackupInfo, type BackupInfo, type BackupInfoEntry } from '../../domain/backup-info.ts';
import { momentOfBackupId } from '../../domain/backup-id.ts';
import { bytesOf, type Manifest } from '../../domain/manifest.ts';
import { serverNameFrom } from '../../domain/server-name.ts';
import type { Snapshot, SnapshotState } from '../../domain/snapshot.ts';
import type { ObjectInfo, ObjectStore } from '../../object-stores/object-store.ts';

/**
 * Sets that `aws s3 sync` of a backup folder left: `<path>/userRoot/backup.info` beside one archive file per backup, without a manifest.
 * Only `backup.info` vouches for them, and each sync overwrote it: an archive file that it no longer names is shown as damaged.
 */
export interface SeedSet {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
}

interface SeedFolder {
  readonly server: string;
  /** Its name right below the archive's path. */
  readonly name: string;
  readonly info: BackupInfo;
  readonly objects: readonly ObjectInfo[];
}

/** Reads the sets of the folder `name` whose objects are `objects`; empty when it has no `backup.info`. */
export async function readSeedSets(
  store: ObjectStore,
  name: string,
  objects: readonly ObjectInfo[],
  signal?: AbortSignal,
): Promise<SeedSet[]> {
  const descriptor = objects.find((object) => object.key === `${name}/backup.info`);
  if (descriptor === undefined) return [];
  const info = parseBackupInfo(new TextDecoder().decode(await store.get(descriptor.key, { signal })));
  const server = serverNameFrom(store.location.split('/').findLast((segment) => segment !== '') ?? 'server');
  const folder = { server, name, info, objects };
  const named = info.backups.map((entry) => listedSet(folder, entry));
  const claimed = new Set(named.flatMap((set) => set.manifest.files.map((file) => file.path)));
  const orphans = objects.filter((object) => !claimed.has(object.key) && !/\/backup\.info(\.save|\.new)?$/.test(object.key));
  return [...named, ...orphans.flatMap((object) => orphanSet(folder, object))];
}

/** Whether some folder right below the path looks like what `aws s3 sync` left. */
export async function holdsSeedSets(store: ObjectStore, signal?: AbortSignal): Promise<boolean> {
  const { folders } = await store.listFolder('', { signal });
  for (const folder of folders) if ((await store.head(`${folder}/backup.info`, { signal })) !== undefined) return true;
  return false;
}

function listedSet(folder: SeedFolder, entry: BackupInfoEntry): SeedSet {
  const { name, info, objects } = folder;
  const needed = [entry, ...info.backups.filter((other) => entry.dependencies.includes(other.backupId))];
  const files = [`${name}/backup.info`, ...needed.map((one) => `${name}/${one.archiveFile ?? archiveFileOf(folder, one.backupId)}`)];
  const missing = files.filter((key) => !objects.some((object) => object.key === key));
  const found = objects.filter((object) => files.includes(object.key));
  return missing.length === 0
    ? seedSet(folder, entry, found, 'unlisted', 'it was left by "aws s3 sync": nothing but its backup.info vouches for it')
    : seedSet(folder, entry, found, 'damaged', `${missing.join(', ')} is missing`);
}

/** The tools name the file `<backend>-backup-<id>` (PingDirectory) or `backup-<backend>-<id>` (OpenDJ): both end in the ID. */
function archiveFileOf({ name, objects }: SeedFolder, backupId: string): string {
  const found = objects.find((object) => object.key.endsWith(`-${backupId}`));
  return found?.key.slice(name.length + 1) ?? `(the file of backup ${backupId})`;
}

function orphanSet(folder: SeedFolder, object: ObjectInfo): SeedSet[] {
  const backupId = /-([^-/]+)$/.exec(object.key)?.[1];
  if (backupId === undefined) return [];
  const entry: BackupInfoEntry = {
    backupId,
    date: undefined,
    isIncremental: false,
    isCompressed: false,
    isEncrypted: false,
    dependencies: [],
    archiveFile: undefined,
  };
  const remark = 'its backup.info was overwritten by a later sync and no longer names it, so the server would not find it';
  return [seedSet(folder, entry, [object], 'damaged', remark)];
}

function seedSet(
  folder: SeedFolder,
  entry: BackupInfoEntry,
  objects: readonly ObjectInfo[],
  state: SnapshotState,
  remark: string,
): SeedSet {
  const { server, name, info } = folder;
  const { backupId, isEncrypted, isCompressed } = entry;
  const backend = backendIdOf(info) ?? name;
  const role = backend === 'encryption-settings' ? 'encryption-settings' : 'user';
  const moment = momentOfBackupId(entry.date ?? '') ?? momentOfBackupId(backupId) ?? objects[0]?.modifiedAt ?? new Date(0);
  const time = moment.toISOString();
  const manifest: Manifest = {
    version: 1,
    backupId,
    time,
    server,
    origin: 'archive',
    program: 'aws s3 sync',
    backends: [{ id: backend, role, backupId, folder: name, baseDns: [], isEncrypted, isCompressed }],
    files: objects.map((object) => ({ path: object.key, bytes: object.bytes })),
  };
  const id = createHash('sha256').update(`${name}/${backupId}`).digest('hex');
  return { manifest, snapshot: { id, time, server, backupId, backends: [backend], bytes: bytesOf(manifest), state, remarks: [remark] } };
}
