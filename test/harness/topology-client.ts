import { readFile } from 'node:fs/promises';
import { Attribute, Change, type Client } from 'ldapts';
import { DsreplicationTopology, type DsreplicationTopologyOptions } from '../../src/directory-servers/dsreplication-topology.ts';
import { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { Replica, ReplicaDomain, Topology } from '../../src/directory-servers/topology.ts';
import { Secret } from '../../src/foundation/secret.ts';
import type { OpendjServer } from './opendj.ts';
import { realClock } from './real-clock.ts';
import type { OpendjTopology } from './topology.ts';

/** The port to a topology of the tests, seen from its first server. */
export function clientOfTopology(
  { servers, caFile, adminUid, adminPasswordFile }: Pick<OpendjTopology, 'servers' | 'caFile' | 'adminUid' | 'adminPasswordFile'>,
  options: Partial<DsreplicationTopologyOptions> = {},
): DsreplicationTopology & AsyncDisposable {
  const [first] = servers;
  if (first === undefined) throw new Error('a topology has servers');
  const target = {
    url: first.ldapsUrl,
    bindDn: first.bindDn,
    readPassword: async () => new Secret(first.password),
    readCa: () => readFile(caFile, 'utf8'),
    timeoutMilliseconds: 10_000,
  };
  const topology = new DsreplicationTopology({
    target,
    home: first.folder,
    adminUid,
    adminPasswordFile,
    readAdminPassword: async () => new Secret((await readFile(adminPasswordFile, 'utf8')).trim()),
    caFile,
    connect: (url) => new LdapDirectoryServer({ ...target, url, clock: realClock, newTaskId: () => crypto.randomUUID() }),
    clock: realClock,
    ...options,
  });
  return Object.assign(topology, { [Symbol.asyncDispose]: () => topology.close() });
}

export function serverAt({ servers }: OpendjTopology, index: number): OpendjServer {
  const server = servers[index];
  if (server === undefined) throw new Error(`no server ${index}`);
  return server;
}

/** The replica that this server is. */
export function replicaOf(replicas: readonly Replica[], server: OpendjServer): Replica {
  const replica = replicas.find(({ administration }) => administration.port === server.adminPort);
  if (replica === undefined) throw new Error(`no replica at ${server.adminPort}`);
  return replica;
}

/** What a replica that is up says of `dc=example,dc=com`. */
export function domainOf({ condition, name }: Replica): ReplicaDomain {
  const domain = condition.state === 'up' ? condition.domains[0] : undefined;
  if (domain === undefined) throw new Error(`${name} is ${condition.state}`);
  return domain;
}

/** Of each replica, in the order of the servers, whether it replicates; undefined for one that is not up. */
export async function replicating(client: Topology, { servers }: OpendjTopology): Promise<readonly (boolean | undefined)[]> {
  const { replicas } = await client.read();
  return servers.map((server) => {
    const replica = replicaOf(replicas, server);
    return replica.condition.state === 'up' ? domainOf(replica).isReplicating : undefined;
  });
}

/** A client's change of one user of the server. */
export async function describeUser(server: OpendjServer, text: string, user = 1): Promise<void> {
  await withConnection(server, (connection) =>
    replaceValue(connection, `uid=user.${user},ou=People,${server.baseDn}`, 'description', text),
  );
}

export async function replaceValue(connection: Client, dn: string, type: string, value: string): Promise<void> {
  await connection.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }));
}

export async function withConnection<Result>(server: OpendjServer, work: (connection: Client) => Promise<Result>): Promise<Result> {
  const connection = await server.connect();
  try {
    return await work(connection);
  } finally {
    await connection.unbind();
  }
}
