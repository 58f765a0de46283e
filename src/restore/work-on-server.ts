import type { Leases } from '../archive/lease.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Topology } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import type { Staging } from '../staging/staging.ts';

/** The parts that anything works with which changes a server, and maybe its replicas. */
export interface WorkOnServer {
  readonly leases: Leases;
  readonly server: DirectoryServer;
  /** The replicas of the server; asked for only where it has any. */
  readonly topology: () => Promise<Topology>;
  readonly staging: Staging;
  readonly clock: Clock;
  /** The name that the archive keeps the server under; its own where it is undefined. */
  readonly serverName?: string | undefined;
}
