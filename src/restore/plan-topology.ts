import { comparableDn } from '../domain/comparable-dn.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import { Failure, wrongUsage } from '../foundation/failure.ts';
import type { ReplicationState } from '../directory-servers/directory-server.ts';
import type { Replica, ReplicaDomain, TopologyState } from '../directory-servers/topology.ts';
import { compareVersions } from './compare-versions.ts';

/** What a restore will do to the replicas: decided beforehand, and shown. */
export interface TopologyPlan {
  /** The replicated base DNs of what is restored; replication of all others goes on. */
  readonly baseDns: readonly string[];
  /** The name of the replica that is restored. */
  readonly target: string;
  /** The others, in the order in which they are initialised from it. */
  readonly others: readonly PlannedReplica[];
  /** Whether clients' writes are refused on all replicas until the end. */
  readonly isFenced: boolean;
  /** Whether the others are initialised at the same time, instead of one by one. */
  readonly isAllAtOnce: boolean;
}

export interface PlannedReplica {
  readonly name: string;
  /** Below the base DNs, before anything was done. */
  readonly entriesNow: number | undefined;
  readonly isWritable: boolean;
  /** Whether it replicates with the others now, as far as the servers tell. */
  readonly isReplicating: boolean;
}

export interface TopologyWish {
  /** Whether the operator asked to bring all replicas to the state of the snapshot. */
  readonly isWanted: boolean;
  readonly isFenced: boolean;
  readonly isAllAtOnce: boolean;
}

/**
 * Decides for a server that is not replicated, or may be: undefined where there is only itself to think of.
 *
 * @throws Failure E_REPLICATION_UNKNOWN, E_REPLICATED, E_USAGE: where a restore would do harm, or not what was asked for
 */
export function assertTopologyWish(replication: ReplicationState, location: string, wish: TopologyWish, state?: TopologyState): void {
  if (replication.state === 'unknown') {
    throw new Failure(
      'E_REPLICATION_UNKNOWN',
      `Cannot restore into ${location}: whether it is replicated could not be read: ${replication.reason}`,
      { hint: 'give the account the privilege config-read, see that cn=monitor answers, then run the restore again' },
    );
  }
  if (replication.state === 'none') {
    if (!wish.isWanted) return;
    throw wrongUsage(
      `Cannot restore the topology of ${location}: this server is not replicated`,
      'leave out --topology; or make it a replica first (dsreplication enable), then run the restore again',
    );
  }
  if (wish.isWanted) return;
  throw new Failure(
    'E_REPLICATED',
    `Cannot restore into ${location} alone: it replicates ${(state ?? replication).baseDns.join(', ')} with other servers, and a restore of one replica would be overwritten by them or spread to them`,
    { hint: cureFor(state) },
  );
}

/** One broken replica is best cured by the others; only what all have lost comes from a backup. */
function cureFor(state: TopologyState | undefined): string {
  const whole = 'to bring all replicas to the state of the snapshot, add --topology (--plan shows what happens to each)';
  const well = state?.replicas.filter((replica) => !replica.isTarget && isWell(replica)) ?? [];
  const [source] = well;
  return source === undefined
    ? whole
    : `if only this replica is broken, initialise it from one that is well: "rootcellar initialize --from ${source.name}"; ${whole}`;
}

/** Whether a replica serves its entries and replicates them. */
export function isWell({ condition }: Replica): boolean {
  return (
    condition.state === 'up' &&
    condition.domains.length > 0 &&
    condition.domains.every(({ entries, isReplicating }) => isReplicating && entries !== undefined && entries > 0)
  );
}

/**
 * Decides what happens to each replica. All of them must be up: replication cannot be suspended otherwise
 * (facts of PingDirectory: `pre-external-initialization`), and one that comes back later would bring its old data along.
 *
 * @throws Failure E_REPLICA_DOWN, E_REPLICATION_UNKNOWN, E_SERVER_MISMATCH, E_BACKEND_NOT_REPLICATED
 */
export function planTopology(state: TopologyState, backends: readonly ManifestBackend[], wish: TopologyWish): TopologyPlan {
  const target = state.replicas.find(({ isTarget }) => isTarget);
  const others = state.replicas.filter(({ isTarget }) => !isTarget);
  if (target === undefined || others.length === 0) {
    throw new Failure('E_REPLICATION_UNKNOWN', 'Cannot restore the topology: its servers could not be read from the one that is restored', {
      hint: 'name them with --replication-servers (ROOTCELLAR_REPLICATION_SERVERS), then run the restore again',
    });
  }
  for (const replica of state.replicas) refuseUnlessUp(replica);
  refuseNewerTarget(target, others);
  const baseDns = replicatedOf(state, backends);
  return {
    baseDns,
    target: target.name,
    others: others.map((replica) => {
      const domains = domainsOf(replica, baseDns);
      return { name: replica.name, entriesNow: entriesOf(domains), ...stateOf(domains) };
    }),
    isFenced: wish.isFenced,
    isAllAtOnce: wish.isAllAtOnce,
  };
}

function stateOf(domains: readonly ReplicaDomain[]): Pick<PlannedReplica, 'isWritable' | 'isReplicating'> {
  return {
    isWritable: domains.every(({ isWritable }) => isWritable),
    isReplicating: domains.length > 0 && domains.every(({ isReplicating }) => isReplicating),
  };
}

function refuseUnlessUp({ name, condition }: Replica): void {
  if (condition.state === 'up') return;
  const [code, what] =
    condition.state === 'down'
      ? (['E_REPLICA_DOWN', `its replica ${name} does not answer`] as const)
      : (['E_REPLICATION_UNKNOWN', `the replication of its replica ${name} could not be read`] as const);
  throw new Failure(code, `Cannot restore the topology: ${what}: ${condition.reason}`, {
    hint: 'bring it up, or take it out of the topology (dsreplication disable), then run the restore again: one that comes back later would bring its old entries along',
  });
}

/** Data goes from the older version to the newer, never back (facts of PingDirectory, §5). */
function refuseNewerTarget(target: Replica, others: readonly Replica[]): void {
  const version = versionOf(target);
  const older = others.find((replica) => compareVersions(versionOf(replica), version) < 0);
  if (older === undefined) return;
  throw new Failure(
    'E_SERVER_MISMATCH',
    `Cannot restore the topology from ${target.name}: it runs version ${version}, and its replica ${older.name} the older ${versionOf(older)}, which would be initialised from it`,
    { hint: `restore into ${older.name} instead, or bring all replicas to one version first` },
  );
}

function versionOf({ condition }: Replica): string {
  return condition.state === 'up' ? condition.version : '0';
}

function replicatedOf(state: TopologyState, backends: readonly ManifestBackend[]): readonly string[] {
  const wanted = new Set(backends.flatMap(({ baseDns }) => baseDns.map(({ dn }) => comparableDn(dn))));
  const baseDns = state.baseDns.filter((baseDn) => wanted.has(comparableDn(baseDn)));
  if (baseDns.length > 0) return baseDns;
  throw new Failure(
    'E_BACKEND_NOT_REPLICATED',
    `Cannot restore the topology: of what is restored (${backends.map(({ id }) => id).join(', ')}) nothing is replicated`,
    { hint: 'leave out --topology: then this server alone is restored' },
  );
}

/** The domains of one replica at these base DNs. */
export function domainsOf({ condition }: Replica, baseDns: readonly string[]): readonly ReplicaDomain[] {
  if (condition.state !== 'up') return [];
  const wanted = new Set(baseDns.map((baseDn) => comparableDn(baseDn)));
  return condition.domains.filter(({ baseDn }) => wanted.has(comparableDn(baseDn)));
}

/** The sum, or undefined where one is not known. */
export function entriesOf(domains: readonly ReplicaDomain[]): number | undefined {
  if (domains.length === 0) return undefined;
  return domains.reduce<number | undefined>(
    (sum, { entries }) => (sum === undefined || entries === undefined ? undefined : sum + entries),
    0,
  );
}
