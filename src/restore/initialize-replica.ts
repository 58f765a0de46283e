import { rm } from 'node:fs/promises';
import { underTopologyLeases } from '../archive/topology-lease.ts';
import type { EntryProof } from '../domain/recovery-report.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { archiveNameOf } from '../directory-servers/server-checks.ts';
import type { Replica, Topology, TopologyState } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import { Failure, wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { readJournal } from '../staging/restore-journal.ts';
import { makeRunFolder, type Staging } from '../staging/staging.ts';
import { domainsOf, entriesOf, isWell } from './plan-topology.ts';
import { proveLikeTarget } from './prove-steps.ts';
import type { WorkOnServer } from './work-on-server.ts';
import { unfinished } from '../staging/unfinished-restore.ts';

export interface InitializeReplicaRequest extends WorkOnServer {
  /** The replica to take the entries from; undefined: the first that is well. */
  readonly from: string | undefined;
  readonly approve: (plan: InitializePlan) => Promise<boolean>;
}

/** One broken replica gets its entries from one that is well: no backup is needed, and no other replica is touched. */
export interface InitializePlan {
  readonly target: string;
  readonly source: string;
  readonly baseDns: readonly string[];
  readonly entriesNow: number | undefined;
  readonly entriesOfSource: number | undefined;
}

export interface InitializeReport {
  readonly plan: InitializePlan;
  readonly isDone: boolean;
  readonly proofs: readonly EntryProof[];
  readonly duration: number;
}

/**
 * Replaces the entries of the server by those of another replica that is well, and proves that they have come.
 *
 * @throws Failure E_NO_HEALTHY_REPLICA when none is well, or the named one is not; E_RESTORE_UNFINISHED while the topology is in the middle of a restore
 */
export async function initializeReplica(request: InitializeReplicaRequest, options: OperationContext = {}): Promise<InitializeReport> {
  const { server, staging, clock, leases } = request;
  const description = await server.describe(options);
  const name = archiveNameOf(server, description, request.serverName);
  const journal = await readJournal(staging, name);
  if (journal?.topology !== undefined) throw unfinished(journal, 'initialise this replica');
  if (description.replication.state !== 'replicated') {
    throw wrongUsage(
      `Cannot initialise ${server.location} from another replica: this server is not replicated`,
      'restore a snapshot instead',
    );
  }
  const topology = await request.topology();
  await topology.assertReady('initialise this replica', options);
  const plan = planInitialize(await topology.read(options), request.from);
  if (!(await request.approve(plan))) return { plan, isDone: false, proofs: [], duration: 0 };
  const began = clock.now().getTime();
  const proofs = await underTopologyLeases(leases, name, plan.baseDns, options, (_held, context) =>
    carryOut(plan, { server, topology, staging, name, clock }, context),
  );
  return { plan, isDone: true, proofs: proofs.map((proof) => ofTarget(proof, plan.target)), duration: clock.now().getTime() - began };
}

/** The source was compared with the target; told is the one that changed, and must have what the source has. */
function ofTarget({ expectedEntries, foundEntries, expectedDigest, foundDigest, ...proof }: EntryProof, target: string): EntryProof {
  return {
    ...proof,
    server: target,
    expectedEntries: foundEntries,
    foundEntries: expectedEntries,
    expectedDigest: foundDigest,
    foundDigest: expectedDigest,
  };
}

/** @throws Failure E_NO_HEALTHY_REPLICA */
export function planInitialize({ replicas, baseDns }: TopologyState, from: string | undefined): InitializePlan {
  const target = replicas.find(({ isTarget }) => isTarget);
  const others = replicas.filter(({ isTarget }) => !isTarget);
  const source = others.filter(isWell).find(({ name }) => from === undefined || name === from);
  if (target === undefined || source === undefined) throw noneWell(others, from);
  return {
    target: target.name,
    source: source.name,
    baseDns,
    entriesNow: entriesOf(domainsOf(target, baseDns)),
    entriesOfSource: entriesOf(domainsOf(source, baseDns)),
  };
}

function noneWell(others: readonly Replica[], from: string | undefined): Failure {
  const known = others.map((replica) => `${replica.name} ${conditionText(replica)}`).join(', ') || 'none is known';
  const state = from === undefined ? 'no other replica is well' : `${from} is not well`;
  return new Failure('E_NO_HEALTHY_REPLICA', `Cannot initialise this replica: ${state} (${known})`, {
    hint: 'name a replica that is well with --from; if none is, restore all of them from a snapshot: "rootcellar restore latest --topology"',
  });
}

function conditionText(replica: Replica): string {
  if (replica.condition.state !== 'up') return `is ${replica.condition.state}`;
  return isWell(replica) ? 'is well' : 'does not replicate, or has no entries';
}

interface Scene {
  readonly server: DirectoryServer;
  readonly topology: Topology;
  readonly staging: Staging;
  readonly name: string;
  readonly clock: Clock;
}

async function carryOut(
  plan: InitializePlan,
  { server, topology, staging, name, clock }: Scene,
  options: OperationContext,
): Promise<readonly EntryProof[]> {
  const { baseDns, source, target } = plan;
  const { replicas } = await topology.read(options);
  const [from, to] = [source, target].map((wanted) => replicas.find((replica) => replica.name === wanted));
  if (from === undefined || to === undefined) throw new Error('the topology has lost a replica');
  const writersSince = clock.now().toISOString();
  const step = `initialise ${target} from ${source}`;
  options.report?.({ kind: 'begin', step });
  await topology.initialize({ from, to, baseDns }, options);
  options.report?.({ kind: 'end', step });
  const run = await makeRunFolder(staging, name, 'proof-initialize');
  try {
    return await proveLikeTarget({ server, topology, baseDns, clock, run, writersSince }, { target, name: source, isFresh: true }, options);
  } finally {
    await rm(run.folder, { recursive: true, force: true });
  }
}
