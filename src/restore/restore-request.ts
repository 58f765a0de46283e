import type { Archive } from '../archive/archive.ts';
import type { Leases } from '../archive/lease.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Topology } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Staging } from '../staging/staging.ts';
import type { RestorePlan } from './plan.ts';
import type { TopologyWish } from './plan-topology.ts';
import type { RestoreSource } from './steps.ts';

/** What a restore is asked for, and the parts that it works with. */
export interface RestoreRequest {
  readonly archive: Archive;
  readonly leases: Leases;
  readonly server: DirectoryServer;
  /** The replicas of the server; asked for only where it has any. */
  readonly topology: () => Promise<Topology>;
  readonly staging: Staging;
  readonly clock: Clock;
  /** `rootcellar 0.1.0`, for the report. */
  readonly program: string;
  /** The name of the server that is restored into; its own where it is undefined. */
  readonly serverName?: string | undefined;
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
