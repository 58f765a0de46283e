import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RunFolder } from '../staging/staging.ts';
import { domainsOf } from './plan-topology.ts';
import { proveByCounts } from './prove.ts';
import { type TopologyProof, waitUntilReplicating } from './prove-topology.ts';

export interface TargetProof {
  readonly server: DirectoryServer;
  readonly serverName: string;
  readonly manifest: Manifest;
  readonly backends: readonly ManifestBackend[];
  readonly run: RunFolder;
}

/** @throws Failure E_RESTORE_UNPROVEN */
export async function proveTarget(
  { server, serverName, backends }: TargetProof,
  options: OperationContext,
): Promise<readonly EntryProof[]> {
  const after = await server.describe(options);
  const proofs = backends.flatMap((backend) =>
    proveByCounts(backend, after).map(({ baseDn, expected, found, state }): EntryProof => ({
      server: serverName,
      backend: backend.id,
      baseDn,
      by: expected === undefined ? 'none' : 'counts',
      state,
      ...(expected === undefined ? {} : { expectedEntries: expected }),
      ...(found === undefined ? {} : { foundEntries: found }),
    })),
  );
  assertProven(proofs);
  return proofs;
}

/** Waits until the replica replicates with the restored server, then compares their entries. @throws Failure E_RESTORE_UNPROVEN, E_REPLICATION_NOT_RESUMED */
export async function proveReplica(
  proof: TopologyProof,
  target: string,
  name: string,
  options: OperationContext,
): Promise<readonly EntryProof[]> {
  const replicas = await waitUntilReplicating(proof, [target, name], options);
  const [expected = [], found = []] = [target, name].map((one) => {
    const replica = replicas.find((candidate) => candidate.name === one);
    return replica === undefined ? [] : domainsOf(replica, proof.baseDns);
  });
  const proofs = expected.map((domain, index): EntryProof => {
    const entries = found[index]?.entries;
    return {
      server: name,
      backend: domain.backend,
      baseDn: domain.baseDn,
      by: 'counts',
      state: entries === domain.entries ? 'equal' : 'different',
      ...(domain.entries === undefined ? {} : { expectedEntries: domain.entries }),
      ...(entries === undefined ? {} : { foundEntries: entries }),
    };
  });
  assertProven(proofs);
  return proofs;
}

function assertProven(proofs: readonly EntryProof[]): void {
  const wrong = proofs.find(({ state }) => state === 'different');
  if (wrong === undefined) return;
  throw new Failure(
    'E_RESTORE_UNPROVEN',
    `Cannot prove the restore of ${wrong.backend}: the server says that it succeeded, but ${wrong.baseDn} has ${wrong.foundEntries ?? 'an unknown number of'} entries instead of ${wrong.expectedEntries}`,
    {
      exitCode: exitCodes.verificationFailed,
      hint: 'do not use this server yet: look at its error log, then restore again; the archive is untouched',
    },
  );
}
