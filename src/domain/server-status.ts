import { newestFirst, type Snapshot } from './snapshot.ts';

/** Whether one server is safe, and since when. */
export interface ServerStatus {
  readonly server: string;
  /** `protected`: the last good backup is young enough · `late`: it is too old · `never`: there is none. */
  readonly state: 'protected' | 'late' | 'never';
  readonly lastGood: Snapshot | undefined;
  /** Milliseconds since the last good backup began. */
  readonly age: number | undefined;
  /** The newest good one that a restore or drill has proven. */
  readonly lastProven: Snapshot | undefined;
  readonly snapshots: number;
  /** Newer than the last good one and not good: what somebody should look at. */
  readonly doubtful: readonly Snapshot[];
}

/** The state of each server of the archive, by name; of `wanted` alone where it is given, also when the archive has nothing of it. */
export function statusOf(snapshots: readonly Snapshot[], now: Date, maxAgeMilliseconds: number, wanted?: string): readonly ServerStatus[] {
  const byServer = Map.groupBy(snapshots, (snapshot) => snapshot.server);
  const names = wanted === undefined ? [...byServer.keys()].toSorted() : [wanted];
  return names.map((server) => statusOfServer(server, byServer.get(server) ?? [], now, maxAgeMilliseconds));
}

function statusOfServer(server: string, snapshots: readonly Snapshot[], now: Date, maxAgeMilliseconds: number): ServerStatus {
  const sorted = snapshots.toSorted(newestFirst);
  const lastGood = sorted.find((snapshot) => snapshot.state === 'complete');
  const age = lastGood === undefined ? undefined : now.getTime() - Date.parse(lastGood.time);
  const state = age === undefined ? 'never' : age > maxAgeMilliseconds ? 'late' : 'protected';
  const newer = lastGood === undefined ? sorted : sorted.slice(0, sorted.indexOf(lastGood));
  const lastProven = sorted.find((snapshot) => snapshot.state === 'complete' && snapshot.provenAt !== undefined);
  return { server, state, lastGood, age, lastProven, snapshots: sorted.length, doubtful: newer };
}
