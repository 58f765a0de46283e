import type { Archive, StoredReport } from '../archive/archive.ts';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { freeBytesAt, type Staging } from '../staging/staging.ts';

/** What is to be expected of a restore beside its steps. */
export interface Outlook {
  /** How long the last one took, and of which kind it was; undefined when none is on record. */
  readonly lastTime: { readonly milliseconds: number; readonly kind: 'restore' | 'drill'; readonly time: string } | undefined;
  /** In the staging folder: the set, and what it is compared by. */
  readonly space: { readonly neededBytes: number; readonly freeBytes: number };
}

export interface OutlookRequest {
  readonly archive: Archive;
  readonly staging: Staging;
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly backends: readonly ManifestBackend[];
  /** What of the set is fetched. */
  readonly files: Manifest['files'];
  /** The set lies in the staging folder already. */
  readonly isStaged: boolean;
}

/** Reports of so many snapshots are looked at. */
const snapshotsAsked = 3;

/** Reads what is on record of earlier restores of the server, and how much room there is. */
export async function outlookOf(request: OutlookRequest, options: OperationContext): Promise<Outlook> {
  const { manifest, backends, files, isStaged, staging } = request;
  const bytesOf = (name: string | undefined): number => manifest.files.find(({ path }) => path === name)?.bytes ?? 0;
  const exported = backends.reduce((sum, backend) => sum + bytesOf(backend.export?.path), 0);
  const set = isStaged ? 0 : files.reduce((sum, { bytes }) => sum + bytes, 0);
  // The server writes an export of what it restored, about as large as the one in the set.
  const space = { neededBytes: set + Math.ceil(exported * 1.1), freeBytes: await freeBytesAt(staging.folder) };
  return { lastTime: await lastTimeOf(request, options), space };
}

async function lastTimeOf({ archive, snapshot }: OutlookRequest, options: OperationContext): Promise<Outlook['lastTime']> {
  const proven = (await archive.list({ server: snapshot.server }, options)).filter(({ provenAt }) => provenAt !== undefined);
  const newest = proven.toSorted((a, b) => ((a.provenAt ?? '') < (b.provenAt ?? '') ? 1 : -1)).slice(0, snapshotsAsked);
  const reports = (await Promise.all(newest.map((one) => archive.reports(one, options)))).flat();
  // A restore tells more of a restore than a drill does.
  const [last] = [...newestOf(reports, 'restore'), ...newestOf(reports, 'drill')];
  return last?.report && { milliseconds: last.report.milliseconds, kind: last.kind, time: last.time };
}

function newestOf(reports: readonly StoredReport[], wanted: StoredReport['kind']): readonly StoredReport[] {
  const ended = reports.filter(({ kind, outcome, report }) => kind === wanted && outcome === 'proven' && report !== undefined);
  return ended.toSorted((a, b) => (a.time < b.time ? 1 : -1));
}

/** @throws Failure E_DISK_FULL, before anything is fetched */
export function assertSpace({ space: { neededBytes, freeBytes } }: Outlook, { folder }: Staging): void {
  if (freeBytes >= neededBytes) return;
  throw new Failure(
    'E_DISK_FULL',
    `Cannot restore by way of ${folder}: the set and what it is compared by need ${formatBytes(neededBytes)}, and ${formatBytes(freeBytes)} are free`,
    { hint: 'make room, or set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a larger volume' },
  );
}
