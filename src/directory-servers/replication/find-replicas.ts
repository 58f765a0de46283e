import { Failure, exitCodes } from '../../foundation/failure.ts';
import type { Product } from '../directory-server.ts';
import type { LdapEntry, LdapSession } from '../ldap-session.ts';

/** A server of the topology, as its registry or the settings tell of it. */
export interface FoundReplica {
  readonly name: string;
  readonly url: string;
  readonly administration: { readonly host: string; readonly port: number };
  readonly isTarget: boolean;
}

/** A server in the registry that all servers of the topology share. */
interface RegisteredServer {
  readonly name: string;
  readonly host: string;
  readonly administrationPort: number;
  readonly ldapPort: number | undefined;
  readonly ldapsPort: number | undefined;
}

interface Registry {
  readonly base: string;
  readonly filter: string;
  readonly attributes: readonly string[];
  readonly read: (entry: LdapEntry) => RegisteredServer | undefined;
}

const port = (text: string | undefined): number | undefined => (text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined);

/**
 * Where each product keeps the list. OpenDJ 5.0.3: seen on its servers. PingDirectory: the attributes are those of the entries that Ping's own
 * scripts for containers add; that an account with `config-read` may search them is inferred.
 */
const registries: Readonly<Record<Product, Registry>> = {
  OpenDJ: {
    base: 'cn=Servers,cn=admin data',
    filter: '(adminport=*)',
    attributes: ['id', 'hostname', 'adminport', 'ldapport', 'ldapEnabled', 'ldapsport', 'ldapsEnabled'],
    read: (entry) => {
      const [host, administrationPort] = [entry.value('hostname'), port(entry.value('adminport'))];
      if (host === undefined || administrationPort === undefined) return undefined;
      const enabled = (kind: string): number | undefined =>
        entry.value(`${kind}Enabled`)?.toLowerCase() === 'true' ? port(entry.value(`${kind}port`)) : undefined;
      const name = entry.value('id') ?? `${host}:${administrationPort}`;
      return { name, host, administrationPort, ldapPort: enabled('ldap'), ldapsPort: enabled('ldaps') };
    },
  },
  PingDirectory: {
    base: 'cn=Server Instances,cn=Topology,cn=config',
    filter: '(objectClass=ds-cfg-data-store-server-instance)',
    attributes: ['cn', 'ds-cfg-server-instance-name', 'ds-cfg-hostname', 'ds-cfg-ldap-port', 'ds-cfg-ldaps-port'],
    read: (entry) => {
      const [host, ldapsPort] = [entry.value('ds-cfg-hostname'), port(entry.value('ds-cfg-ldaps-port'))];
      if (host === undefined || ldapsPort === undefined) return undefined;
      const name = entry.value('ds-cfg-server-instance-name') ?? entry.value('cn') ?? host;
      return { name, host, administrationPort: ldapsPort, ldapPort: port(entry.value('ds-cfg-ldap-port')), ldapsPort };
    },
  },
};

/**
 * Every server that the target's topology knows, the target first: where `urls` are given (the setting `replication.servers`) by these addresses,
 * in their order, otherwise by those that the topology's registry has. A server without replication is alone.
 *
 * @throws Failure E_REPLICATION_SETTINGS when the registry does not tell which of them is the target, or `urls` are fewer than it knows
 */
export async function findReplicas(
  session: LdapSession,
  product: Product,
  urls: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<readonly FoundReplica[]> {
  const registered = await readRegistry(session, product, signal);
  if (urls !== undefined) return byAddress(session.url, registered, urls, product);
  const target = registered.length === 0 ? undefined : await findTarget(session, registered, signal);
  const others = registered.filter((server) => server !== target);
  return [
    target === undefined ? alone(session.url, product) : { ...asReplica(target, session.url), url: session.url, isTarget: true },
    ...others.map((server) => asReplica(server, session.url)),
  ];
}

async function readRegistry(session: LdapSession, product: Product, signal?: AbortSignal): Promise<readonly RegisteredServer[]> {
  const { base, filter, attributes, read } = registries[product];
  const entries = await session.search({ base, scope: 'one', filter, attributes }, signal);
  return entries
    .map(read)
    .filter((server) => server !== undefined)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** The registry names servers by the host names that they were made known by, which need not be the one that we use. */
async function findTarget(session: LdapSession, registered: readonly RegisteredServer[], signal?: AbortSignal): Promise<RegisteredServer> {
  const { hostname, port: ownPort } = new URL(session.url);
  const hasPort = ({ ldapPort, ldapsPort, administrationPort }: RegisteredServer): boolean =>
    [ldapPort, ldapsPort, administrationPort].includes(Number(ownPort) || (session.url.startsWith('ldaps:') ? 636 : 389));
  const candidates = registered.filter(hasPort);
  const byHost = candidates.filter(({ host }) => host.toLowerCase() === hostname.toLowerCase());
  if (byHost.length === 1 && byHost[0] !== undefined) return byHost[0];
  if (candidates.length === 1 && candidates[0] !== undefined) return candidates[0];
  const ownNames = await readOwnNames(session, signal);
  const byName = candidates.filter(({ name, host }) => ownNames.includes(name.toLowerCase()) || ownNames.includes(host.toLowerCase()));
  if (byName.length === 1 && byName[0] !== undefined) return byName[0];
  const names = registered.map(({ name }) => name).join(', ');
  throw new Failure('E_REPLICATION_SETTINGS', `Cannot read the topology: which of ${names} is ${session.url} cannot be told`, {
    hint: 'name the LDAP address of every replica in replication.servers',
    exitCode: exitCodes.usage,
  });
}

async function readOwnNames(session: LdapSession, signal?: AbortSignal): Promise<readonly string[]> {
  const [config, password] = [
    await session.search({ base: 'cn=config', scope: 'base', attributes: ['ds-cfg-instance-name', 'ds-cfg-server-fqdn'] }, signal),
    await session.search({ base: 'cn=Digest-MD5,cn=SASL Mechanisms,cn=config', scope: 'base', attributes: ['ds-cfg-server-fqdn'] }, signal),
  ];
  const found = [...config, ...password].flatMap((entry) => [
    ...entry.values('ds-cfg-instance-name'),
    ...entry.values('ds-cfg-server-fqdn'),
  ]);
  return found.map((name) => name.toLowerCase());
}

function asReplica(server: RegisteredServer, targetUrl: string): FoundReplica {
  const { name, host, administrationPort: adminPort, ldapPort, ldapsPort } = server;
  const authority = (number: number): string => `${host.includes(':') ? `[${host}]` : host}:${number}`;
  // Where it has no LDAPS port, OpenDJ's administration port speaks LDAP over TLS all the same.
  const url =
    targetUrl.startsWith('ldap:') && ldapPort !== undefined
      ? `ldap://${authority(ldapPort)}`
      : `ldaps://${authority(ldapsPort ?? adminPort)}`;
  return { name, url, administration: { host, port: adminPort }, isTarget: false };
}

function alone(url: string, product: Product): FoundReplica {
  return { ...byUrl(url, product, []), isTarget: true };
}

function byAddress(
  target: string,
  registered: readonly RegisteredServer[],
  urls: readonly string[],
  product: Product,
): readonly FoundReplica[] {
  const others = urls.filter((url) => bare(url) !== bare(target));
  const known = others.length + 1;
  if (known < registered.length) {
    const state = `the setting replication.servers names ${known} servers with ${target}, and the topology knows ${registered.length}`;
    throw new Failure('E_REPLICATION_SETTINGS', `Cannot read the topology: ${state}`, {
      hint: 'name the LDAP address of every replica there; one that is gone for good is taken out with dsreplication disable',
      exitCode: exitCodes.usage,
    });
  }
  return [{ ...byUrl(target, product, registered), isTarget: true }, ...others.map((url) => byUrl(url, product, registered))];
}

const bare = (url: string): string => url.toLowerCase().replace(/\/$/, '');

/** The name and the administration port of an address, by the registry where it has this host, otherwise by the product's habit. */
function byUrl(url: string, product: Product, registered: readonly RegisteredServer[]): FoundReplica {
  const { hostname, port: given } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const ownPort = Number(given) || (url.startsWith('ldaps:') ? 636 : 389);
  const sameHost = registered.filter((server) => server.host.toLowerCase() === host.toLowerCase());
  const server =
    sameHost.find(({ ldapPort, ldapsPort }) => [ldapPort, ldapsPort].includes(ownPort)) ??
    (sameHost.length === 1 ? sameHost[0] : undefined);
  if (server !== undefined) return { ...asReplica(server, url), url };
  const administration = { host, port: product === 'OpenDJ' ? 4444 : ownPort };
  return { name: `${host}:${ownPort}`, url, administration, isTarget: false };
}
