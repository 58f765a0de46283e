import type { Pin } from '../domain/pin.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { ObjectInfo, ObjectStore } from '../object-stores/object-store.ts';
import type { PinnedSnapshot } from './archive-pins.ts';
import { pinsPrefix, type StoredPins } from './stored-pins.ts';
import { isReport, orphanedReports, provenTimes } from './stored-reports.ts';

/** What lies beside the snapshots of an archive, and is listed with them. */
export interface BesideSnapshots {
  /** When each was proven last, by its ID. */
  readonly times: ReadonlyMap<string, string>;
  /** By the names of the objects of {@link StoredPins}. */
  readonly pins: ReadonlyMap<string, Pin>;
}

/** Reads the list of snapshots and at the same time what lies beside them; where both cannot be, it is the list that is told. */
export async function listBeside<Listed>(
  listing: Promise<Listed>,
  { store, pins }: { readonly store: ObjectStore; readonly pins: StoredPins },
  signal?: AbortSignal,
): Promise<readonly [Listed, BesideSnapshots]> {
  const beside = Promise.all([provenTimes(store, signal), pins.all(signal)]);
  beside.catch(() => undefined);
  const listed = await listing;
  const [times, pinned] = await beside;
  return [listed, { times, pins: pinned }];
}

/** Adds to a snapshot when it was proven, and its pin. */
export function withBeside(snapshot: Snapshot, { times, pins }: BesideSnapshots, nameOf: (snapshot: PinnedSnapshot) => string): Snapshot {
  const provenAt = times.get(snapshot.id);
  const pinned = pins.get(nameOf(snapshot));
  return { ...snapshot, ...(provenAt !== undefined && { provenAt }), ...(pinned !== undefined && { pinned }) };
}

/** What lies beside snapshots that are not there, written before `before`; but no pin that still holds: that one says what was lost. */
export async function orphansBeside(
  { store, pins }: { readonly store: ObjectStore; readonly pins: StoredPins },
  { snapshots, nameOf }: { readonly snapshots: readonly PinnedSnapshot[]; readonly nameOf: (snapshot: PinnedSnapshot) => string },
  before: Date,
  signal?: AbortSignal,
): Promise<readonly ObjectInfo[]> {
  const reports = await orphanedReports(store, new Set(snapshots.map(({ id }) => id)), before, signal);
  const names = new Set(snapshots.map(nameOf));
  const rests: ObjectInfo[] = [];
  for await (const object of store.list(pinsPrefix, { signal })) {
    if (object.modifiedAt <= before && !names.has(object.key.slice(pinsPrefix.length))) rests.push(object);
  }
  const holding = rests.length === 0 ? new Map<string, Pin>() : await pins.all(signal);
  return [...reports, ...rests.filter(({ key }) => !holding.has(key.slice(pinsPrefix.length)))];
}

export function isBeside(key: string): boolean {
  return isReport(key) || key.startsWith(pinsPrefix);
}
