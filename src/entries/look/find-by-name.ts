import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { type FoundEntry, noteFound } from './find-entries.ts';
import { type SnapshotExports, snapshotsAtOnce } from '../exports/snapshot-exports.ts';

/** The entry of a DN in one snapshot; undefined where it has none. */
export async function entryByName(
  { exports }: Pick<SnapshotExports, 'exports'>,
  dn: string,
  options: OperationContext,
): Promise<LdifEntry | undefined> {
  for (const one of exports) {
    const entry = one.covers(dn) ? await one.byName(dn, options) : undefined;
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The entry with an `entryUUID` in one snapshot, whatever it is called; undefined where it has none. */
export async function entryByUuid(
  { exports }: Pick<SnapshotExports, 'exports'>,
  uuid: string,
  options: OperationContext,
): Promise<LdifEntry | undefined> {
  for (const one of exports) {
    const entry = await one.byUuid(uuid, options);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Looks for a DN in the snapshots, newest first, by their indexes alone. Entries that were of this name one after the other are each told. */
export async function findByName(
  snapshots: readonly SnapshotExports[],
  dn: string,
  options: OperationContext,
): Promise<readonly FoundEntry[]> {
  const found = new Map<string, FoundEntry>();
  const entries = await mapConcurrently(snapshots, snapshotsAtOnce, (one) => entryByName(one, dn, options));
  for (const [index, entry] of entries.entries()) {
    const snapshot = snapshots[index]?.snapshot;
    if (entry !== undefined && snapshot !== undefined) noteFound(found, entry, snapshot);
  }
  return [...found.values()];
}
