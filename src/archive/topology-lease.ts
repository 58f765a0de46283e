import { hash } from 'node:crypto';
import { comparableDn } from '../domain/comparable-dn.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { underLease, type Lease, type Leases } from './lease.ts';

/**
 * Does `work` under the lease of a server and those of the base DNs that it replicates: two restores into different replicas of one directory
 * would each undo the other. Directories with the same base DN in one archive share that lease, which costs them no more than a wait.
 *
 * @throws Failure E_BUSY (exit code 11)
 */
export function underTopologyLeases<Result>(
  leases: Leases,
  server: string,
  baseDns: readonly string[],
  options: OperationContext,
  work: (held: readonly Lease[], options: OperationContext) => Promise<Result>,
): Promise<Result> {
  const takeNext = (names: readonly string[], held: readonly Lease[], context: OperationContext): Promise<Result> => {
    const [name, ...others] = names;
    if (name === undefined) return work(held, context);
    return underLease(leases, name, context, (lease, next) => takeNext(others, [...held, lease], next));
  };
  return takeNext([server, ...topologyLeaseNames(baseDns)], [], options);
}

/** One for each base DN, always in the same order, so that two who want several never wait for each other. */
export function topologyLeaseNames(baseDns: readonly string[]): readonly string[] {
  const names = baseDns.map((baseDn) => comparableDn(baseDn)).toSorted();
  return names.map((name) => `topology-${hash('sha256', name).slice(0, 12)}`);
}
