import type { Archive } from '../../archive/archive.ts';
import { buildEntryIndex, EntryIndex } from '../../domain/entry-index.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { Manifest, ManifestBackend, ManifestExport, ManifestFile } from '../../domain/manifest.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { Failure, isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { BlockCache } from './block-cache.ts';
import { ExportedEntries } from './exported-entries.ts';
import { type AskedIndex, isDamage, SteadyIndex } from './steady-index.ts';

/** A snapshot with the exports that it has. */
export interface SnapshotExports {
  readonly snapshot: Snapshot;
  readonly exports: readonly ExportedEntries[];
}

/** What is in the archive is read over the network: waiting is most of it. */
export const snapshotsAtOnce = 6;

interface Place {
  readonly archive: Archive;
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly exported: ManifestExport;
  readonly file: ManifestFile;
}

/**
 * Opens the exports of a snapshot: of each backend that has one. Their indexes are read as far as they are needed; where one is missing or damaged, the export is
 * read whole instead, which a note says.
 *
 * @throws Failure E_EXPORT_MISSING where the snapshot has none
 */
export async function openExports(
  archive: Archive,
  snapshot: Snapshot,
  cache: BlockCache,
  options: OperationContext,
): Promise<SnapshotExports> {
  const manifest = await archive.manifest(snapshot, options);
  const exports: ExportedEntries[] = [];
  for (const backend of [...manifest.backends, ...(manifest.exportsOnly ?? [])]) {
    const file = fileAt(manifest, backend.export?.path);
    if (backend.export === undefined || file === undefined) continue;
    exports.push(await openExport({ archive, snapshot, manifest, exported: backend.export, file }, backend, cache, options));
  }
  if (exports.length === 0) throw exportMissing(snapshot);
  return { snapshot, exports };
}

/** Whether the snapshots have exports: those that have, and how many have not. */
export async function openThoseWithExports(
  archive: Archive,
  snapshots: readonly Snapshot[],
  cache: BlockCache,
  options: OperationContext,
): Promise<{ readonly opened: readonly SnapshotExports[]; readonly without: readonly Snapshot[] }> {
  const opened: SnapshotExports[] = [];
  const without: Snapshot[] = [];
  const all = await mapConcurrently(snapshots, snapshotsAtOnce, async (snapshot) => {
    try {
      return await openExports(archive, snapshot, cache, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isFailure(error, 'E_EXPORT_MISSING')) return snapshot;
      throw error;
    }
  });
  for (const one of all) {
    if ('exports' in one) opened.push(one);
    else without.push(one);
  }
  return { opened, without };
}

async function openExport(place: Place, backend: ManifestBackend, cache: BlockCache, options: OperationContext): Promise<ExportedEntries> {
  const { archive, snapshot, file } = place;
  return new ExportedEntries(
    {
      name: nameOf(place),
      backend: backend.id,
      baseDns: backend.baseDns.map(({ dn }) => dn),
      entries: place.exported.entries,
      bytes: file.bytes,
      readRanges: (ranges, context) => archive.readRanges(snapshot, file, ranges, context),
    },
    await indexOf(place, options),
    cache,
  );
}

async function indexOf(place: Place, options: OperationContext): Promise<AskedIndex> {
  const { archive, snapshot, manifest, exported } = place;
  const file = fileAt(manifest, exported.index);
  if (file === undefined) return indexAnew(place, 'has no index', options);
  try {
    const index = await EntryIndex.open(
      async (range) => {
        for await (const { content } of archive.readRanges(snapshot, file, [range], { signal: options.signal })) return content;
        throw new Error('the archive gave nothing for a range');
      },
      file.bytes,
      `${exported.index} of ${snapshot.server}/${snapshot.backupId}`,
    );
    return new SteadyIndex(index, () => indexAnew(place, 'has a damaged index', options));
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isDamage(error)) throw error;
    return indexAnew(place, 'has a damaged index', options);
  }
}

async function indexAnew(place: Place, state: string, options: OperationContext): Promise<EntryIndex> {
  const { archive, snapshot, file } = place;
  const name = nameOf(place);
  options.report?.({ kind: 'note', level: 'info', text: `${name} ${state}: all of it is read` });
  return buildEntryIndex(archive.read(snapshot, file, options), { name, signal: options.signal });
}

function nameOf({ exported, snapshot }: Place): string {
  return `${exported.path} of ${snapshot.server}/${snapshot.backupId}`;
}

function fileAt({ files }: Manifest, path: string | undefined): ManifestFile | undefined {
  return path === undefined ? undefined : files.find((file) => file.path === path);
}

function exportMissing({ server, backupId }: Snapshot): Failure {
  return new Failure('E_EXPORT_MISSING', `Cannot look at the entries of ${server}/${backupId}: it has no export of them`, {
    hint: "backups have one of each backend with users' entries where backup.export is true, or auto in the layout repository; this one can only be looked into as a whole: by a drill with --keep, or after a restore",
  });
}
