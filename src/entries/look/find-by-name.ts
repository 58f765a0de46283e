import { mapConcurrently } from '../../foundation/concurrency.ts';
import { normalDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import type { FoundEntry } from './find-entries.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

const snapshotsAtOnce = 6;

/** The entry of a DN in one snapshot; undefined where it has none. */
export async function entryByName({ exports }: SnapshotExports, dn: string, options: OperationContext): Promise<LdifEntry | undefined> {
  for (const one of exports) {
    const entry = one.covers(dn) ? await one.byName(dn, options) : undefined;
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The entry with an `entryUUID` in one snapshot, whatever it is called; undefined where it has none. */
export async function entryByUuid({ exports }: SnapshotExports, uuid: string, options: OperationContext): Promise<LdifEntry | undefined> {
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
    const snapshot: Snapshot | undefined = snapshots[index]?.snapshot;
    if (entry === undefined || snapshot === undefined) continue;
    const uuid = uuidOf(entry);
    const key = uuid ?? normalDn(entry.dn);
    const known = found.get(key);
    if (known === undefined) found.set(key, { dn: entry.dn, uuid, entry, snapshots: 1, oldest: snapshot, newest: snapshot });
    else found.set(key, { ...known, snapshots: known.snapshots + 1, oldest: snapshot });
  }
  return [...found.values()];
}
