import type { Replica, ReplicaDomain, TopologyState } from '../../src/directory-servers/topology.ts';

export const exampleBaseDn = 'dc=example,dc=com';

/** The replica `ds-N.example.com:4444`, which is up and well unless told; number 1 is the target. */
export function exampleReplica(number: number, parts: Partial<Replica> = {}, domain: Partial<ReplicaDomain> = {}): Replica {
  const host = `ds-${number}.example.com`;
  return {
    name: `${host}:4444`,
    url: `ldaps://${host}:1636`,
    administration: { host, port: 4444 },
    isTarget: number === 1,
    condition: {
      state: 'up',
      version: '5.0.3',
      domains: [
        {
          baseDn: exampleBaseDn,
          backend: 'userRoot',
          entries: 2000,
          generationId: '4711',
          connectedTo: `${host}:8989`,
          missingChanges: 0,
          isReplicating: true,
          isWritable: true,
          ...domain,
        },
      ],
    },
    ...parts,
  };
}

/** Three replicas of `dc=example,dc=com` unless told. */
export function exampleTopology(replicas: readonly Replica[] = [exampleReplica(1), exampleReplica(2), exampleReplica(3)]): TopologyState {
  return { baseDns: [exampleBaseDn], replicas };
}
