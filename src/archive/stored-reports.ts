import { compactTime, timeOfCompact } from '../domain/compact-time.ts';
import { type RecoveryReport, recoveryReportSchema } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { isFailure } from '../foundation/failure.ts';
import type { ObjectInfo, ObjectStore } from '../object-stores/object-store.ts';
import type { PruneOptions, PrunePlan, StoredReport } from './archive.ts';
import { documentIn, noteOf, type Notes } from './notes.ts';

/** Below it, for each snapshot a folder of its ID. Nothing that a snapshot needs lies here, so nothing of it is locked. */
export const reportsPrefix = '.rootcellar/reports/';

type NameFacts = Pick<StoredReport, 'time' | 'kind' | 'outcome'>;

/** Stores a report under a name that tells its time, kind and outcome, so that one listing tells which snapshots are proven. */
export async function saveReport(notes: Notes, { id }: Snapshot, report: RecoveryReport, signal?: AbortSignal): Promise<void> {
  if (report.snapshot !== id) throw new Error(`the report is of snapshot ${report.snapshot}, not of ${id}`);
  const name = `${compactTime(report.time)}-${report.kind}-${report.outcome}.json`;
  await notes.write(`${reportsPrefix}${id}/${name}`, noteOf(report), signal);
}

/** The reports of a snapshot, the newest first. One that cannot be read, or that is not of this snapshot and name, says so. */
export async function readReports(
  store: ObjectStore,
  notes: Notes,
  { id }: Pick<Snapshot, 'id'>,
  signal?: AbortSignal,
): Promise<readonly StoredReport[]> {
  const reports: StoredReport[] = [];
  for await (const { key } of store.list(`${reportsPrefix}${id}/`, { signal })) {
    const facts = factsOf(key);
    if (facts !== undefined) reports.push({ key, ...facts, ...(await readReport(notes, id, { key, ...facts }, signal)) });
  }
  return reports.toSorted((one, other) => (one.key < other.key ? 1 : -1));
}

async function readReport(
  notes: Notes,
  id: string,
  { key, time, kind, outcome }: NameFacts & { readonly key: string },
  signal: AbortSignal | undefined,
): Promise<Pick<StoredReport, 'report' | 'damage'>> {
  const report = documentIn(recoveryReportSchema, await notes.read(key, signal));
  if (report === undefined) return { report: undefined, damage: 'it cannot be read' };
  const isOfName = report.snapshot === id && report.time === time && report.kind === kind && report.outcome === outcome;
  return isOfName ? { report, damage: undefined } : { report: undefined, damage: 'it is not the report that its name says' };
}

/** When each snapshot was proven last, by its ID: told by the names of the reports alone. */
export async function provenTimes(store: ObjectStore, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const times = new Map<string, string>();
  // In the order of their names, which begin with the time.
  for await (const { key } of store.list(reportsPrefix, { signal })) {
    const facts = factsOf(key);
    if (facts?.outcome === 'proven') times.set(snapshotIdOf(key), facts.time);
  }
  return times;
}

/** Removes the reports of snapshots that are gone, and what else of them is named. What the store does not let go stays for a prune. */
export async function removeReports(
  store: ObjectStore,
  ids: readonly string[],
  beside: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const keys = [...beside];
  for (const id of ids) for await (const { key } of store.list(`${reportsPrefix}${id}/`, { signal })) keys.push(key);
  if (keys.length === 0) return;
  await store.delete(keys, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (!isFailure(error)) throw error;
  });
}

/** Removes what a prune found beside snapshots; resolves to the bytes given back. A refusal of the store is told, and they stay. */
export async function deleteBeside(
  store: ObjectStore,
  reports: PrunePlan['objects'],
  { signal, onRefused }: Pick<PruneOptions, 'signal' | 'onRefused'>,
): Promise<number> {
  try {
    await store.delete(
      reports.map(({ key }) => key),
      { signal },
    );
    return reports.reduce((sum, { bytes }) => sum + bytes, 0);
  } catch (error) {
    if (!isFailure(error, 'E_ACCESS_DENIED') && !isFailure(error, 'E_OBJECT_LOCKED')) throw error;
    onRefused?.(error);
    return 0;
  }
}

/** Reports of snapshots that are not among `ids`, written before `before`. */
export async function orphanedReports(
  store: ObjectStore,
  ids: ReadonlySet<string>,
  before: Date,
  signal?: AbortSignal,
): Promise<readonly ObjectInfo[]> {
  const orphans: ObjectInfo[] = [];
  for await (const object of store.list(reportsPrefix, { signal })) {
    if (!ids.has(snapshotIdOf(object.key)) && object.modifiedAt <= before) orphans.push(object);
  }
  return orphans;
}

export function isReport(key: string): boolean {
  return key.startsWith(reportsPrefix);
}

function snapshotIdOf(key: string): string {
  return key.slice(reportsPrefix.length).split('/')[0] ?? '';
}

/** Undefined for a name that is not of a report. */
function factsOf(key: string): NameFacts | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const [, began = '', kind, outcome = ''] = /^(\d{8}T\d+Z)-(restore|drill)-(proven|unproven|failed)\.json$/.exec(name) ?? [];
  const time = timeOfCompact(began);
  if (time === undefined) return undefined;
  return { time, kind: kind === 'drill' ? 'drill' : 'restore', outcome: outcomes[outcome] ?? 'failed' };
}

const outcomes: Readonly<Record<string, NameFacts['outcome']>> = { proven: 'proven', unproven: 'unproven', failed: 'failed' };
