import { changesBetween, type AttributeChange } from '../../domain/entry-changes.ts';
import { normalDn } from '../../domain/dn.ts';
import { entryDigest } from '../../domain/entry-digest.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { entryByName, entryByUuid } from './find-by-name.ts';
import { type SnapshotExports, snapshotsAtOnce } from '../exports/snapshot-exports.ts';

/** A moment at which an entry was found other than before. */
export interface EntryMoment {
  /** `first`: the oldest snapshot has it · `appeared`: this one has it and the one before has it not · `replaced`: another entry, by its `entryUUID`, has the name now. */
  readonly kind: 'first' | 'appeared' | 'changed' | 'renamed' | 'replaced' | 'gone';
  /** The first in which it is so, and the one before it; the change was made in between. */
  readonly snapshot: Snapshot;
  readonly since: Snapshot | undefined;
  readonly entry: LdifEntry | undefined;
  readonly before: LdifEntry | undefined;
  readonly changes: readonly AttributeChange[];
}

/**
 * Each moment at which the entry of a DN changed, oldest first, by the snapshots given oldest first. It is followed by its `entryUUID`, so also under the names that
 * it had before and after; where no entry has it, the name is followed.
 *
 * @returns undefined where none of the snapshots has an entry of the DN
 */
export async function historyOf(
  snapshots: readonly SnapshotExports[],
  dn: string,
  schema: Schema,
  options: OperationContext,
): Promise<readonly EntryMoment[] | undefined> {
  const named = await mapConcurrently(snapshots, snapshotsAtOnce, (one) => entryByName(one, dn, options));
  const last = named.findLast((entry) => entry !== undefined);
  if (last === undefined) return undefined;
  const uuid = uuidOf(last);
  const states = await mapConcurrently(snapshots, snapshotsAtOnce, async (one, index) => {
    const entry = named[index];
    if (uuid === undefined || (entry !== undefined && uuidOf(entry) === uuid)) return entry;
    return (await entryByUuid(one, uuid, options)) ?? entry;
  });
  const moments: EntryMoment[] = [];
  for (const [index, entry] of states.entries()) {
    const snapshot = snapshots[index]?.snapshot;
    const moment =
      snapshot === undefined ? undefined : momentOf({ snapshot, since: snapshots[index - 1]?.snapshot }, states[index - 1], entry, schema);
    if (moment !== undefined) moments.push(moment);
  }
  return moments;
}

function momentOf(
  place: Pick<EntryMoment, 'snapshot' | 'since'>,
  before: LdifEntry | undefined,
  entry: LdifEntry | undefined,
  schema: Schema,
): EntryMoment | undefined {
  if (entry === undefined) return before === undefined ? undefined : { ...place, kind: 'gone', entry, before, changes: [] };
  if (before === undefined) return { ...place, kind: place.since === undefined ? 'first' : 'appeared', entry, before, changes: [] };
  const isRenamed = normalDn(before.dn) !== normalDn(entry.dn);
  if (!isRenamed && entryDigest(before).equals(entryDigest(entry))) return undefined;
  const kind = uuidOf(before) !== uuidOf(entry) ? 'replaced' : isRenamed ? 'renamed' : 'changed';
  return { ...place, kind, entry, before, changes: changesBetween(before, entry, schema) };
}
