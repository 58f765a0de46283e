import { exitCodes, Failure, isFailure, messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Secret } from '../foundation/secret.ts';
import { detectProduct } from './detect-product.ts';
import type { DirectoryServer, Product } from './directory-server.ts';
import type { LdapSessionOptions } from './ldap-session.ts';
import { assertAdministrator } from './replication/assert-administrator.ts';
import { type DsreplicationOptions, DsreplicationProgram, usualPatienceMilliseconds } from './replication/dsreplication-program.ts';
import { type FoundReplica, findReplicas } from './replication/find-replicas.ts';
import { judgeDomains } from './replication/judge-domains.ts';
import { outlastInitializations } from './replication/left-initializations.ts';
import { type ReplicaReading, readReplica } from './replication/read-replica.ts';
import { ReplicaSessions } from './replication/replica-sessions.ts';
import { fenceBackends, planFence, unfenceBackends } from './replication/write-fence.ts';
import type { Fence, InitializeRequest, Replica, ReplicaCondition, Topology, TopologyState } from './topology.ts';

export interface DsreplicationTopologyOptions extends DsreplicationOptions {
  /** How to reach the target; the other replicas are reached with the same account and the same certificates. */
  readonly target: LdapSessionOptions;
  /** LDAP addresses of all replicas, where those that the topology knows do not lead there from here. */
  readonly servers?: readonly string[] | undefined;
  /** Of the topology's administrator; read anew each time. */
  readonly readAdminPassword: () => Promise<Secret>;
  /** Makes a connection to one replica by the target's account. */
  readonly connect: (url: string) => DirectoryServer;
}

/** A topology whose replication is told what to do by the server's own program `dsreplication`, and whose state is read over LDAP. */
export class DsreplicationTopology implements Topology {
  readonly #options: DsreplicationTopologyOptions;
  readonly #sessions: ReplicaSessions;
  readonly #program: DsreplicationProgram;
  #product: Product | undefined;

  constructor(options: DsreplicationTopologyOptions) {
    this.#options = options;
    this.#sessions = new ReplicaSessions(options.target);
    this.#program = new DsreplicationProgram(options);
  }

  async read({ signal }: OperationContext = {}): Promise<TopologyState> {
    const { target } = this.#sessions;
    const found = await findReplicas(target, await this.#ownProduct(signal), this.#options.servers, signal);
    const read = distinct(await Promise.all(found.replicas.map((replica) => this.#readOne(replica, signal))));
    if (read.length < found.registered) throw tooFew(read.length, found.registered, target.url);
    if (found.registered === 0 && read.length === 1 && isReplica(read[0])) throw unreadableRegistry(target.url);
    const all = read.flatMap(({ reading }) => reading ?? []);
    return {
      baseDns: [...new Set(all.flatMap(({ domains }) => domains.map(({ baseDn }) => baseDn)))].toSorted(),
      replicas: read.map(({ replica, reading, failed }) => ({ ...replica, condition: conditionOf(reading, failed, all) })),
    };
  }

  async assertReady(attempt: string, { signal }: OperationContext = {}): Promise<void> {
    this.#program.assertConfigured(attempt);
    const { target, adminUid, readAdminPassword } = this.#options;
    const administrator = { attempt, uid: adminUid, readPassword: readAdminPassword, product: await this.#ownProduct(signal) };
    await assertAdministrator(target, administrator, signal);
  }

  async suspend(baseDns: readonly string[], options: OperationContext = {}): Promise<void> {
    const attempt = 'suspend replication';
    this.#program.assertConfigured(attempt);
    const { replicas } = await this.read(options);
    const absent = replicas.find(({ condition }) => condition.state !== 'up');
    if (absent !== undefined && absent.condition.state !== 'up') throw notAllUp(attempt, absent.name, absent.condition.reason);
    await this.#call(attempt, { kind: 'suspend', at: targetOf(replicas).administration, baseDns }, options);
    await this.#until(`${attempt}: bin/dsreplication says that it did, but replicas still replicate`, options, (state) =>
      state.replicas.every((replica) => domainsOf(replica, baseDns).every(({ isReplicating }) => !isReplicating)),
    );
  }

  async resume(baseDns: readonly string[], options: OperationContext = {}): Promise<void> {
    const attempt = 'resume replication';
    this.#program.assertConfigured(attempt);
    const { replicas } = await this.read(options);
    await this.#call(attempt, { kind: 'resume', at: targetOf(replicas).administration, baseDns }, options);
    await this.#until(`${attempt}: bin/dsreplication says that it did, but the server does not replicate`, options, (state) =>
      domainsOf(targetOf(state.replicas), baseDns).every(({ isReplicating }) => isReplicating),
    );
  }

  async initialize({ from, to, baseDns }: InitializeRequest, options: OperationContext = {}): Promise<void> {
    const attempt = `initialize ${to.name} from ${from.name}`;
    this.#program.assertConfigured(attempt);
    const { clock, patienceMilliseconds = usualPatienceMilliseconds } = this.#options;
    await outlastInitializations(this.#sessions.at(to.url), { attempt, clock, patienceMilliseconds }, options);
    await this.#call(attempt, { kind: 'initialize', from: from.administration, to: to.administration, baseDns }, options);
  }

  async initializeAll({ from, baseDns }: Omit<InitializeRequest, 'to'>, options: OperationContext = {}): Promise<void> {
    const attempt = `initialize all from ${from.name}`;
    this.#program.assertConfigured(attempt);
    const { clock, patienceMilliseconds = usualPatienceMilliseconds } = this.#options;
    for (const { url } of (await this.read(options)).replicas) {
      await outlastInitializations(this.#sessions.at(url), { attempt, clock, patienceMilliseconds }, options);
    }
    await this.#call(attempt, { kind: 'initialize-all', at: from.administration, baseDns }, options);
  }

  async planFence(replica: Replica, baseDns: readonly string[], { signal }: OperationContext = {}): Promise<Fence> {
    return planFence(this.#sessions.at(replica.url), replica.name, baseDns, signal);
  }

  async fence(replica: Replica, baseDns: readonly string[], options: OperationContext = {}): Promise<Fence> {
    const fence = await this.planFence(replica, baseDns, options);
    await fenceBackends(this.#sessions.at(replica.url), fence, options.signal);
    return fence;
  }

  async unfence(fence: Fence, options: OperationContext = {}): Promise<void> {
    const { replicas } = await this.read(options);
    const replica = replicas.find(({ name }) => name === fence.replica);
    if (replica === undefined) {
      throw new Failure(
        'E_REPLICATION_SETTINGS',
        `Cannot let clients write to ${fence.replica} again: the topology knows no such replica`,
        {
          hint: 'set the writability mode of its backends by hand, with dsconfig',
        },
      );
    }
    await unfenceBackends(this.#sessions.at(replica.url), fence, options.signal);
  }

  async connect(replica: Replica): Promise<DirectoryServer> {
    return this.#options.connect(replica.url);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#program.close();
  }

  async #ownProduct(signal: AbortSignal | undefined): Promise<Product> {
    this.#product ??= (await detectProduct(this.#sessions.target, signal)).dialect.product;
    return this.#product;
  }

  async #readOne(replica: FoundReplica, signal: AbortSignal | undefined): Promise<Read> {
    try {
      return { replica, reading: await readReplica(this.#sessions.at(replica.url), signal) };
    } catch (error) {
      if (isFailure(error, 'E_INTERRUPTED') || signal?.aborted === true) throw error;
      return { replica, failed: error };
    }
  }

  async #call(attempt: string, work: Parameters<DsreplicationProgram['run']>[0]['work'], options: OperationContext): Promise<void> {
    // Suspending and resuming take seconds; cut off half-way they would leave some servers in another state than the others.
    const context = work.kind === 'initialize' || work.kind === 'initialize-all' ? options : { report: options.report };
    await this.#program.run({ attempt, work, product: await this.#ownProduct(options.signal) }, context);
  }

  /** The servers tell each other within a second (seen); what they were told is believed when it shows. */
  async #until(untrue: string, { signal }: OperationContext, isReached: (state: TopologyState) => boolean): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now().getTime() + effectMilliseconds;
    while (!isReached(await this.read({ signal }))) {
      if (clock.now().getTime() > end) {
        throw new Failure('E_REPLICATION_TOOL', `Cannot ${untrue}`, { hint: "see the servers' logs/errors, then run it again" });
      }
      await clock.sleep(200, signal);
    }
  }
}

const effectMilliseconds = 20_000;

interface Read {
  readonly replica: FoundReplica;
  readonly reading?: ReplicaReading;
  readonly failed?: unknown;
}

function conditionOf(reading: ReplicaReading | undefined, failed: unknown, all: readonly ReplicaReading[]): ReplicaCondition {
  if (reading !== undefined) return { state: 'up', version: reading.version, domains: judgeDomains(reading, all) };
  return { state: isFailure(failed, 'E_SERVER_UNREACHABLE') ? 'down' : 'unknown', reason: messageOf(failed) };
}

/** One server may be among the given addresses by several names; its replicas have IDs of their own. */
function distinct(all: readonly Read[]): readonly Read[] {
  const idsOf = ({ reading }: Read): string | undefined =>
    reading !== undefined && reading.domains.length > 0
      ? JSON.stringify(reading.domains.map(({ baseDn, serverId }) => [baseDn, serverId]))
      : undefined;
  return all.filter((one, index) => idsOf(one) === undefined || all.findIndex((other) => idsOf(other) === idsOf(one)) === index);
}

function isReplica(read: Read | undefined): boolean {
  return (read?.reading?.domains.length ?? 0) > 0;
}

function unreadableRegistry(target: string): Failure {
  const state = `${target} replicates with other servers, but shows no list of them to this account`;
  return new Failure('E_REPLICATION_SETTINGS', `Cannot read the topology: ${state}`, {
    hint: 'let the account read cn=Servers,cn=admin data (PingDirectory: cn=Topology,cn=config), or name the addresses in replication.servers',
    exitCode: exitCodes.usage,
  });
}

function tooFew(named: number, known: number, target: string): Failure {
  const state = `the setting replication.servers names ${named} of its servers with ${target}, and the topology knows ${known}`;
  return new Failure('E_REPLICATION_SETTINGS', `Cannot read the topology: ${state}`, {
    hint: 'name the LDAP address of every replica there, or take one that is gone for good out of the topology',
    exitCode: exitCodes.usage,
  });
}

function targetOf(replicas: readonly Replica[]): Replica {
  const target = replicas.find(({ isTarget }) => isTarget);
  if (target === undefined) throw new Error('a topology has a target');
  return target;
}

function domainsOf({ condition }: Replica, baseDns: readonly string[]) {
  return condition.state === 'up' ? condition.domains.filter(({ baseDn }) => baseDns.includes(baseDn)) : [];
}

function notAllUp(attempt: string, name: string, reason: string): Failure {
  return new Failure('E_REPLICA_DOWN', `Cannot ${attempt}: of the topology's servers ${name} is not up (${reason})`, {
    hint: 'start it, or, where it is gone for good, take it out of the topology; one that comes back later would bring its old entries along',
  });
}
