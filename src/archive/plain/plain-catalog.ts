import { createHash } from 'node:crypto';
import { bytesOf, manifestName, type Manifest, type ManifestFile } from '../../domain/manifest.ts';
import { momentOfBackupId } from '../../domain/backup-id.ts';
import { stateOfSet } from '../../domain/set-state.ts';
import { newestFirst, type Snapshot } from '../../domain/snapshot.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { archivedMark, manifestKey, setPrefix, unfinishedKey, unfinishedPrefix } from './plain-keys.ts';
import { readSeedSets } from './seed-sets.ts';
import { decodeStoredManifest } from './stored-manifest.ts';

/** A snapshot with what is needed to read it. */
export interface CatalogEntry {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest | undefined;
  /** The manifest as a file of the set, where it lies there. */
  readonly manifestFile?: ManifestFile | undefined;
  /** The key of a file of the set. */
  readonly keyOf: (path: string) => string;
}

interface SetPlace {
  readonly server: string;
  readonly backupId: string;
}

const requestsAtOnce = 16;

/**
 * All that the archive holds: the sets with a manifest, those that lost theirs (damaged), and what `aws s3 sync` left; newest first.
 *
 * Folders are listed before the marks of unfinished sets, and those before the manifests: a set is marked before its first file
 * and until its manifest is there, so one that is being written or dropped meanwhile is never taken for a damaged one.
 */
export async function readCatalog(store: ObjectStore, server: string | undefined, signal?: AbortSignal): Promise<CatalogEntry[]> {
  const { folders } = await store.listFolder('', { signal });
  const perFolder = await mapConcurrently(
    folders.filter((folder) => folder !== '.rootcellar'),
    requestsAtOnce,
    async (folder) => {
      const listing = await store.listFolder(`${folder}/`, { signal });
      return {
        places: listing.folders.map((backupId) => ({ server: folder, backupId })),
        seeds: await readSeedSets(store, folder, listing.objects, signal),
      };
    },
  );
  const places = perFolder.flatMap((one) => one.places).filter((place) => server === undefined || place.server === server);
  const unfinished = await unfinishedSets(store, signal);
  const sets = await mapConcurrently(places, requestsAtOnce, (place) => readSet(store, place, unfinished, signal));
  const seeds = perFolder
    .flatMap((one) => one.seeds)
    .map((seed): CatalogEntry => ({ ...seed, keyOf: (path) => path }))
    .filter(({ snapshot }) => server === undefined || snapshot.server === server);
  return [...sets.filter((set) => set !== undefined), ...seeds].toSorted((a, b) => newestFirst(a.snapshot, b.snapshot));
}

/** `<server>/<backupId>` of each set that is marked as unfinished, with the moment of the mark. */
export async function unfinishedSets(store: ObjectStore, signal?: AbortSignal): Promise<Map<string, Date>> {
  const marks = new Map<string, Date>();
  for await (const mark of store.list(unfinishedPrefix, { signal })) marks.set(mark.key.slice(unfinishedPrefix.length), mark.modifiedAt);
  return marks;
}

/** Whether the mark, which its writer could not remove, says that the set was whole once: without its manifest it is damaged, and no rest. */
export async function isMarkedArchived(store: ObjectStore, { server, backupId }: SetPlace, signal?: AbortSignal): Promise<boolean> {
  try {
    return new TextDecoder().decode(await store.get(unfinishedKey(server, backupId), { signal })) === archivedMark;
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) return false;
    throw error;
  }
}

async function readSet(
  store: ObjectStore,
  place: SetPlace,
  unfinished: ReadonlyMap<string, Date>,
  signal: AbortSignal | undefined,
): Promise<CatalogEntry | undefined> {
  const prefix = setPrefix(place.server, place.backupId);
  const keyOf = (path: string) => `${prefix}${path}`;
  try {
    const bytes = await store.get(manifestKey(place.server, place.backupId), { signal });
    const manifest = decodeStoredManifest(new TextDecoder().decode(bytes));
    if ('invalid' in manifest)
      return { snapshot: damagedSnapshot(place, `its ${manifestName} cannot be read: ${manifest.invalid}`), manifest: undefined, keyOf };
    if (manifest.server !== place.server || manifest.backupId !== place.backupId) {
      // A copy: dropping it by the names it gives would drop the set that it was copied from.
      const remark = `its ${manifestName} is that of ${manifest.server}/${manifest.backupId}`;
      return { snapshot: damagedSnapshot(place, remark), manifest: undefined, keyOf };
    }
    const snapshot = snapshotOf(manifest, bytes);
    return { snapshot, manifest, manifestFile: { path: manifestName, bytes: bytes.byteLength, sha256: snapshot.id }, keyOf };
  } catch (error) {
    // One rotten manifest must not hide all the other sets.
    if (isFailure(error, 'E_OBJECT_DAMAGED'))
      return {
        snapshot: damagedSnapshot(place, `its ${manifestName} does not have the checksum that the store keeps of it`),
        manifest: undefined,
        keyOf,
      };
    if (!isFailure(error, 'E_OBJECT_MISSING')) throw error;
  }
  const isUnfinished = unfinished.has(`${place.server}/${place.backupId}`) && !(await isMarkedArchived(store, place, signal));
  if (isUnfinished || (await isEmpty(store, prefix, signal))) return undefined;
  return { snapshot: damagedSnapshot(place, `its ${manifestName} is missing`), manifest: undefined, keyOf };
}

/** The ID of a snapshot is the SHA-256 of its stored manifest, so that it names just this content. */
export function snapshotOf(manifest: Manifest, stored: Uint8Array): Snapshot {
  return {
    id: createHash('sha256').update(stored).digest('hex'),
    time: manifest.time,
    server: manifest.server,
    backupId: manifest.backupId,
    backends: manifest.backends.map((backend) => backend.id),
    bytes: bytesOf(manifest),
    ...stateOfSet(manifest),
  };
}

function damagedSnapshot({ server, backupId }: SetPlace, remark: string): Snapshot {
  const time = (momentOfBackupId(backupId) ?? new Date(0)).toISOString();
  const id = createHash('sha256').update(setPrefix(server, backupId)).digest('hex');
  return { id, time, server, backupId, backends: [], bytes: 0, state: 'damaged', remarks: [remark] };
}

async function isEmpty(store: ObjectStore, prefix: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const _object of store.list(prefix, { signal })) return false;
  return true;
}
