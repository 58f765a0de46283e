import { rm } from 'node:fs/promises';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import type { Replica } from '../directory-servers/topology.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RunFolder } from '../staging/staging.ts';
import { domainsOf } from './plan-topology.ts';
import { faultOf } from './proof-text.ts';
import { proveReplica } from './prove-replica.ts';
import { proveRestored, removeProofExports, type ProveRequest } from './prove.ts';
import { type ReplicationToSee, waitUntilReplicating } from './prove-topology.ts';

/** Clocks of servers differ, and ours from theirs. */
const slackMilliseconds = 60_000;

/** @throws Failure E_RESTORE_UNPROVEN (exit code 20) */
export async function proveTarget(request: ProveRequest, options: OperationContext): Promise<readonly EntryProof[]> {
  await removeProofExports(request.run);
  const proofs = await proveRestored(request, options);
  assertProven(proofs, 'the server says that it succeeded, but');
  return proofs;
}

export interface ReplicaProof extends ReplicationToSee {
  /** The server that rootcellar is configured for: only its exports can be read. */
  readonly server: DirectoryServer;
  /** Where the server writes its exports. */
  readonly run: RunFolder;
  /** RFC 3339: since when clients may have written; undefined where all replicas refuse that. */
  readonly writersSince: string | undefined;
}

/**
 * Waits until the replica replicates with the configured server, then compares every entry of the two.
 *
 * @param isFresh whether the server's entries have changed since it was last exported here
 * @throws Failure E_RESTORE_UNPROVEN, E_REPLICATION_NOT_RESUMED (exit code 20)
 */
export async function proveLikeTarget(
  proof: ReplicaProof,
  { target, name, isFresh = false }: { readonly target: string; readonly name: string; readonly isFresh?: boolean },
  options: OperationContext,
): Promise<readonly EntryProof[]> {
  const replicas = await waitUntilReplicating(proof, [target, name], options);
  const replica = replicas.find((one) => one.name === name);
  if (replica === undefined) throw new Error(`the topology has no replica ${name}`);
  if (isFresh) await rm(proof.run.folder, { recursive: true, force: true });
  const proofs = await compareReplica(proof, replica, options);
  assertProven(proofs, `${name} is not like ${target}:`);
  return proofs;
}

async function compareReplica(proof: ReplicaProof, replica: Replica, options: OperationContext): Promise<readonly EntryProof[]> {
  const connection = await proof.topology.connect(replica);
  try {
    const proofs: EntryProof[] = [];
    const byBackend = Map.groupBy(domainsOf(replica, proof.baseDns), ({ backend }) => backend);
    for (const [backend, domains] of byBackend) {
      const request = {
        replica: connection,
        serverName: replica.name,
        target: proof.server,
        backend,
        baseDns: domains.map(({ baseDn }) => baseDn),
        run: proof.run,
        writersSince: proof.writersSince && earlier(proof.writersSince),
      };
      proofs.push(...(await proveReplica(request, options)));
    }
    return proofs;
  } finally {
    await connection.close();
  }
}

function earlier(time: string): string {
  return new Date(Date.parse(time) - slackMilliseconds).toISOString();
}

function assertProven(proofs: readonly EntryProof[], state: string): void {
  const wrong = proofs.find((proof) => proof.state === 'different');
  if (wrong === undefined) return;
  throw new Failure('E_RESTORE_UNPROVEN', `Cannot prove the restore of ${wrong.backend}: ${state} ${faultOf(wrong)}`, {
    exitCode: exitCodes.verificationFailed,
    hint: 'do not use this server yet: look at its error log, then restore again; the archive is untouched',
  });
}
