import type { OperationContext } from '../foundation/progress.ts';
import type { DirectoryServer } from './directory-server.ts';

/**
 * The port to all the replicas of one replicated directory, seen from one of them: the *target*, which rootcellar is configured for.
 *
 * What replication is told to do here is done for users' base DNs only; the schema and the topology's own data are never initialised.
 * Calls reject with a `Failure`: E_REPLICATION_TOOL (the server's program ended badly, with its last words), E_TOOL_MISSING,
 * E_REPLICATION_SETTINGS (exit code 2: which setting is missing), E_REPLICA_DOWN, E_SERVER_UNREACHABLE and the others of `directory-server.ts`, E_INTERRUPTED.
 */
export interface Topology {
  /**
   * Every replica that the target's topology knows, the target first, each asked anew. A replica that cannot be asked is `down` or `unknown`,
   * never left out and never taken for well. Rejects where the target itself does not answer, as it
   * knows who the others are.
   */
  read(options?: OperationContext): Promise<TopologyState>;

  /**
   * Rejects while {@link suspend}, {@link resume} and {@link initialize} could not be called: settings that are missing, or where that can be tried, a wrong
   * password of the administrator. Changes nothing.
   */
  assertReady(attempt: string, options?: OperationContext): Promise<void>;

  /**
   * Has no change replicated any more, between any of the servers, until {@link resume}; the changes that the replication servers still keep are
   * dropped (`dsreplication pre-external-initialization`). All servers must be up (E_REPLICA_DOWN): OpenDJ 5.0.3 itself would suspend the others
   * and say nothing, and the one that comes back brings its generation along. To suspend what is suspended changes nothing.
   *
   * Clients may write to every replica all the while, and **what they write stays on that replica for ever**: after {@link resume} it is neither
   * passed on nor noticed. So each replica has to be fenced before, or initialised before {@link resume}, whichever way a restore ends.
   */
  suspend(baseDns: readonly string[], options?: OperationContext): Promise<void>;

  /**
   * Ends {@link suspend} (`dsreplication post-external-initialization`): replicas of the same generation replicate again **whether their entries are the
   * same or not**. A restore brings the generation of its backup, which is that of the other replicas unless one was initialised from an import
   * since; so only {@link initialize} of every replica, and a comparison of entries, make them equal. To resume what is not suspended does no harm.
   */
  resume(baseDns: readonly string[], options?: OperationContext): Promise<void>;

  /**
   * Replaces all entries of `to` below the base DNs by those of `from`, and resolves when the server says that all have come
   * (`dsreplication initialize`). Other replicas keep their entries, but on OpenDJ the first one ends a suspension for every replica of that generation:
   * from then on what clients write to those not yet initialised is passed on. One that an earlier run left under way is waited for first.
   */
  initialize(request: InitializeRequest, options?: OperationContext): Promise<void>;

  /** The same for all other replicas of `from` at the same time (`dsreplication initialize-all`), which loads it the more and is over the sooner. */
  initializeAll(request: Omit<InitializeRequest, 'to'>, options?: OperationContext): Promise<void>;

  /** What {@link fence} would change now, to be noted before it does; where a fence stands already, that is what it says. */
  planFence(replica: Replica, baseDns: readonly string[], options?: OperationContext): Promise<Fence>;

  /**
   * Has one replica refuse what clients write (its backends' writability mode `internal-only`: replication and the server's own work go on), and resolves to
   * what was before, for {@link unfence}. It outlasts a restart, a restore and an initialization.
   */
  fence(replica: Replica, baseDns: readonly string[], options?: OperationContext): Promise<Fence>;

  unfence(fence: Fence, options?: OperationContext): Promise<void>;

  /** A connection to one replica by the account of the target, for reading its entries and counts; the caller closes it. */
  connect(replica: Replica): Promise<DirectoryServer>;

  close(): Promise<void>;
}

export interface InitializeRequest {
  readonly from: Replica;
  readonly to: Replica;
  readonly baseDns: readonly string[];
}

export interface TopologyState {
  /** The replicated base DNs that hold users' entries, sorted. */
  readonly baseDns: readonly string[];
  readonly replicas: readonly Replica[];
}

export interface Replica {
  /** As the topology names it, and as an operator may: `ds-1.example.com:4444`. */
  readonly name: string;
  /** Where rootcellar reaches it over LDAP. */
  readonly url: string;
  /** Where the server's own programs reach it: the administration port of OpenDJ, the LDAPS port of PingDirectory. */
  readonly administration: { readonly host: string; readonly port: number };
  readonly isTarget: boolean;
  readonly condition: ReplicaCondition;
}

/** `down`: it does not answer · `unknown`: it answers, and how its replication is cannot be read. */
export type ReplicaCondition =
  | { readonly state: 'up'; readonly version: string; readonly domains: readonly ReplicaDomain[] }
  | { readonly state: 'down'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/** What one replica says of one replicated base DN. */
export interface ReplicaDomain {
  readonly baseDn: string;
  /** The backend that holds it. */
  readonly backend: string;
  /** Undefined where its backend is out of service. */
  readonly entries: number | undefined;
  /** The same for all whose data have one origin, however far they differ since; undefined where none is told. */
  readonly generationId: string | undefined;
  /** The replication server it is connected to; undefined when to none. */
  readonly connectedTo: string | undefined;
  /** Changes that the replication servers keep and it has not; 0 does not say that it has what others have. Undefined where the server does not tell. */
  readonly missingChanges: number | undefined;
  /** Whether its replication works now, as far as the server tells: connected, and not at odds with the others about the generation. */
  readonly isReplicating: boolean;
  /** False: the replica refuses what clients write. */
  readonly isWritable: boolean;
}

/** What {@link Topology.fence} changed: JSON, so that a journal can keep it. */
export interface Fence {
  readonly replica: string;
  readonly backends: readonly { readonly id: string; readonly writability: string }[];
}
