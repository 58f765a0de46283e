import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Topology } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import type { RestoreJournal } from '../staging/restore-journal.ts';
import type { RunFolder } from '../staging/staging.ts';
import type { ReplicaProof } from './prove-steps.ts';

export interface ReplicaProofPlace {
  readonly server: DirectoryServer;
  readonly topology: Topology;
  readonly clock: Clock;
  readonly journal: RestoreJournal;
  readonly proofRun: RunFolder;
}

/** How the replicas of a restore are compared with the restored server: strictly where all refuse writes, else but for what was written since it began. */
export function replicaProof({ server, topology, clock, journal, proofRun }: ReplicaProofPlace): ReplicaProof {
  const { topology: planned, began } = journal.document;
  return {
    server,
    topology,
    clock,
    run: proofRun,
    baseDns: planned?.baseDns ?? [],
    writersSince: planned?.isFenced === true ? undefined : began,
  };
}
