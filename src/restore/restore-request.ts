import type { Archive } from '../archive/archive.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { RestorePlan } from './plan.ts';
import type { TopologyWish } from './plan-topology.ts';
import type { RestoreSource } from './steps.ts';
import type { WorkOnServer } from './work-on-server.ts';

/** What a restore is asked for, and the parts that it works with. */
export interface RestoreRequest extends WorkOnServer {
  readonly archive: Archive;
  /** `rootcellar 0.1.0`, for the report. */
  readonly program: string;
  readonly snapshot: Snapshot;
  /** Empty: every backend of the set that holds users' entries. */
  readonly backends: readonly string[];
  /** Whether the plan shows what becomes of the entries that are there now, for which the server exports them. */
  readonly isCompared?: boolean | undefined;
  /** `export`: the entries of the set's LDIF exports are restored, and its backups not looked at. */
  readonly source: RestoreSource;
  readonly wish: TopologyWish;
  /** What follows a failure before the proof: the restored replica is initialised from another and replication resumed, or all stays as it is. */
  readonly onFailure: 'roll-back' | 'stop';
  /** Shown the plan before anything is touched; the restore goes on only when it resolves to true. */
  readonly approve: (plan: RestorePlan) => Promise<boolean>;
}
