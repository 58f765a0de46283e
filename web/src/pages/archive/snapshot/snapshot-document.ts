import type { Manifest, ManifestFile } from '../../../../../src/domain/manifest.ts';
import type { RecoveryReport } from '../../../../../src/domain/recovery-report.ts';
import { getDocument, type RequestOptions } from '../../../api/client.ts';
import type { ListedSnapshot } from '../../../api/snapshots.ts';

/** A report of a restore or drill as it is kept; without `report` it is damaged, and `damage` says how. */
export interface StoredReport {
  readonly key: string;
  readonly time: string;
  readonly kind: RecoveryReport['kind'];
  readonly outcome: RecoveryReport['outcome'];
  readonly report?: RecoveryReport;
  readonly damage?: string;
}

/** `GET /api/v1/snapshots/{id}`. */
export interface SnapshotDocument extends ListedSnapshot {
  readonly manifest: Manifest;
  /** The newest first. */
  readonly reports: readonly StoredReport[];
}

/** @throws ApiFailure, 404 where there is no such snapshot */
export function getSnapshot(id: string, options: RequestOptions): Promise<SnapshotDocument> {
  return getDocument<SnapshotDocument>(`/snapshots/${encodeURIComponent(id)}`, options);
}

/** All entries of the sets, undefined where no base DN tells its number. */
export function entriesOf({ backends }: Manifest): number | undefined {
  const counts = backends.flatMap(({ baseDns }) => baseDns.flatMap(({ entries }) => entries ?? []));
  return counts.length === 0 ? undefined : counts.reduce((sum, one) => sum + one, 0);
}

/** Of a file the hash that the manifest vouches by, and what it is of. */
export function hashOf({ sha256, pieces }: ManifestFile): { readonly sha256: string; readonly of: string } | undefined {
  if (sha256 !== undefined) return { sha256, of: 'SHA-256 of the content' };
  if (pieces === undefined) return undefined;
  return { sha256: pieces.sha256, of: `SHA-256 of the SHA-256s of its ${pieces.bytes.length} pieces` };
}

const mostShown = 12;

/**
 * The manifest for reading: long lists, of which those of pieces have thousands of numbers, are cut, and say so. What is downloaded is all of it.
 */
export function shortManifest(manifest: Manifest): string {
  return JSON.stringify(
    manifest,
    (_name, value: unknown) => {
      if (!Array.isArray(value) || value.length <= mostShown) return value;
      return [...(value as unknown[]).slice(0, mostShown), `… ${value.length - mostShown} more`];
    },
    2,
  );
}
