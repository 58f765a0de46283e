import type { Replica, Topology, TopologyState } from '../directory-servers/topology.ts';
import type { Clock } from '../foundation/clock.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { domainsOf } from './plan-topology.ts';

const patienceMilliseconds = 120_000;
const pauseMilliseconds = 1000;

/** Where it is looked whether replicas replicate. */
export interface ReplicationToSee {
  readonly topology: Topology;
  readonly baseDns: readonly string[];
  readonly clock: Clock;
}

/** Waits until both replicate with each other and have nothing left to catch up with; bounded. @throws Failure E_REPLICATION_NOT_RESUMED (exit code 20) */
export async function waitUntilReplicating(
  { topology, baseDns, clock }: ReplicationToSee,
  names: readonly string[],
  options: OperationContext,
): Promise<readonly Replica[]> {
  const end = clock.now().getTime() + patienceMilliseconds;
  for (;;) {
    const state = await topology.read(options);
    const trouble = troubleOf(state, names, baseDns);
    if (trouble === undefined) return state.replicas.filter(({ name }) => names.includes(name));
    if (clock.now().getTime() >= end) {
      throw new Failure('E_REPLICATION_NOT_RESUMED', `Cannot see ${names.join(' and ')} replicate: ${trouble}`, {
        exitCode: exitCodes.verificationFailed,
        hint: 'look at "dsreplication status" and at the servers\' logs/errors, then run the command again',
      });
    }
    await clock.sleep(pauseMilliseconds, options.signal);
  }
}

function troubleOf({ replicas }: TopologyState, names: readonly string[], baseDns: readonly string[]): string | undefined {
  const chosen = names.map((name) => replicas.find((replica) => replica.name === name));
  for (const [index, replica] of chosen.entries()) {
    if (replica?.condition.state !== 'up') return `${names[index]} does not answer`;
    const domains = domainsOf(replica, baseDns);
    if (domains.length < baseDns.length) return `${replica.name} does not replicate ${baseDns.join(', ')}`;
    const lagging = domains.find(({ isReplicating, missingChanges }) => !isReplicating || (missingChanges ?? 0) > 0);
    if (lagging !== undefined)
      return `${replica.name} ${lagging.isReplicating ? 'has changes to catch up with' : 'is not connected with the others'} for ${lagging.baseDn}`;
  }
  const generations = baseDns.map(
    (_baseDn, index) => new Set(chosen.map((replica) => replica && domainsOf(replica, baseDns)[index]?.generationId)),
  );
  return generations.some((ids) => ids.size > 1) ? 'they have different generation IDs' : undefined;
}
