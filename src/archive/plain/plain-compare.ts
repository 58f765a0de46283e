import { exitCodes, Failure } from '../../foundation/failure.ts';
import type { SnapshotDifference } from '../archive.ts';
import { withFolders } from '../entry-paths.ts';
import { describeDifferences, type ComparedSide } from '../snapshot-difference.ts';
import type { CatalogEntry } from './plain-catalog.ts';

/** Compares two sets by what their manifests say. */
export function compareSets(before: CatalogEntry, after: CatalogEntry): SnapshotDifference {
  const [left, right] = [sidesOf(before), sidesOf(after)];
  const [hashesBefore, hashesAfter] = [left, right].map((sides) => new Set([...sides.values()].map(({ content }) => content)));
  const own = (side: ComparedSide | undefined, others: ReadonlySet<string> | undefined): ComparedSide | undefined =>
    side && { ...side, ownBytes: others?.has(side.content) === true ? 0 : side.entry.bytes };
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  const compared = paths
    .map((path) => ({ path, before: own(left.get(path), hashesAfter), after: own(right.get(path), hashesBefore) }))
    .filter((one) => one.before?.content !== one.after?.content || one.before?.entry.type !== one.after?.entry.type);
  return { entries: describeDifferences(compared), damages: [] };
}

function sidesOf({ snapshot, manifest }: CatalogEntry): ReadonlyMap<string, ComparedSide> {
  const name = `${snapshot.server}/${snapshot.backupId}`;
  if (manifest === undefined) throw refused(name, snapshot.remarks.join('; '), exitCodes.verificationFailed);
  const entries = withFolders(manifest.files);
  if (entries.some(({ type, sha256 }) => type === 'file' && sha256 === undefined)) {
    throw refused(name, 'its files have no SHA-256, as it was left by "aws s3 sync"', exitCodes.failure);
  }
  return new Map(entries.map((entry) => [entry.path, { entry, content: entry.sha256 ?? '', ownBytes: 0 }]));
}

function refused(name: string, state: string, exitCode: Failure['exitCode']): Failure {
  return new Failure('E_COMPARE_REFUSED', `Cannot compare ${name} with another snapshot: ${state}`, {
    exitCode,
    hint: 'use "rootcellar list" to find snapshots that are complete; "rootcellar fetch" brings what is there',
  });
}
