import { comparableDn } from '../../domain/comparable-dn.ts';
import type { ReplicaDomain } from '../topology.ts';
import type { DomainReading, ReplicaReading } from './read-replica.ts';

/**
 * Tells of each domain of a replica whether its replication works, and what it is missing, by what all that answered said.
 *
 * Its own word is not enough: OpenDJ 5.0.3 calls the state of a replica `Normal` after a restore while the replication servers, suspended, have
 * no generation (-1), and then passes on nothing. So its generation must also be that of the replication servers.
 */
export function judgeDomains(reading: ReplicaReading, all: readonly ReplicaReading[]): readonly ReplicaDomain[] {
  return reading.domains.map(({ serverId, saysNormal, ...domain }) => ({
    ...domain,
    missingChanges: domain.missingChanges ?? missingChanges({ serverId, baseDn: domain.baseDn }, all),
    isReplicating: saysNormal !== false && domain.connectedTo !== undefined && isOfTheSameGeneration(domain, reading, all),
  }));
}

function missingChanges(domain: Pick<DomainReading, 'serverId' | 'baseDn'>, all: readonly ReplicaReading[]): number | undefined {
  const told = all.flatMap(({ missing }) => missing);
  return told.find(({ serverId, baseDn }) => serverId === domain.serverId && isSameDn(baseDn, domain.baseDn))?.changes;
}

/** Where no replication server's generation can be read, the replica's own word counts. */
function isOfTheSameGeneration(
  { baseDn, generationId, connectedTo }: Pick<DomainReading, 'baseDn' | 'generationId' | 'connectedTo'>,
  own: ReplicaReading,
  all: readonly ReplicaReading[],
): boolean {
  const port = /:(\d+)$/.exec(connectedTo ?? '')?.[1];
  const known = [own, ...all].flatMap(({ replicationServers }) => replicationServers).filter((server) => isSameDn(server.baseDn, baseDn));
  const connected = known.find((server) => server.port === port) ?? known[0];
  return connected === undefined || connected.generationId === generationId;
}

function isSameDn(one: string, other: string): boolean {
  return comparableDn(one) === comparableDn(other);
}
