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

export interface FoundReplicas {
  /** The target first. Where addresses were given, one server may be among them twice, by different names. */
  readonly replicas: readonly FoundReplica[];
  /** How many servers the topology has by its registry; 0 where the server is alone. */
  readonly registered: number;
}

/**
 * Every server of the target's topology: where `urls` are given (the setting `replication.servers`) by these addresses,
 * in their order, otherwise by those that the topology's registry has. A server without replication is alone.
 *
 * @throws Failure E_REPLICATION_SETTINGS when the registry does not tell which of them is the target
 */
export async function findReplicas(
  session: LdapSession,
  product: Product,
  urls: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<FoundReplicas> {
  const registered = await readRegistry(session, product, signal);
  if (urls !== undefined) {
    const others = urls.filter((url) => bare(url) !== bare(session.url)).map((url) => byUrl(url, product, registered));
    return { replicas: [{ ...byUrl(session.url, product, registered), isTarget: true }, ...others], registered: registered.length };
  }
  if (registered.length === 0) return { replicas: [{ ...byUrl(session.url, product, []), isTarget: true }], registered: 0 };
  const target = await findTarget(session, registered, signal);
  const others = registered.filter((server) => server !== target).map((server) => asReplica(server, session.url));
  const first = { ...asReplica(target, session.url), url: session.url, isTarget: true };
  return { replicas: [first, ...others], registered: registered.length };
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
  const byHost = onlyOne(candidates.filter(({ host }) => host.toLowerCase() === hostname.toLowerCase()));
  const byAddress = byHost ?? onlyOne(candidates);
  if (byAddress !== undefined) return byAddress;
  const ownNames = await readOwnNames(session, signal);
  const isOwnName = (name: string): boolean => ownNames.includes(name.toLowerCase());
  const byName = onlyOne(candidates.filter(({ name, host }) => isOwnName(name) || isOwnName(host)));
  if (byName !== undefined) return byName;
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

const bare = (url: string): string => url.toLowerCase().replace(/\/$/, '');

/**
 * The name and the administration port of an address, by the registry where one server of it has this host, or alone has this port; otherwise
 * by the product's habit.
 */
function byUrl(url: string, product: Product, registered: readonly RegisteredServer[]): FoundReplica {
  const { hostname, port: given } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const ownPort = Number(given) || (url.startsWith('ldaps:') ? 636 : 389);
  const isAtPort = ({ ldapPort, ldapsPort, administrationPort }: RegisteredServer): boolean =>
    [ldapPort, ldapsPort, administrationPort].includes(ownPort);
  const sameHost = registered.filter((server) => server.host.toLowerCase() === host.toLowerCase());
  const server = sameHost.find(isAtPort) ?? onlyOne(sameHost) ?? onlyOne(registered.filter(isAtPort));
  if (server !== undefined) return { ...asReplica(server, url), url };
  const administration = { host, port: product === 'OpenDJ' ? 4444 : ownPort };
  return { name: `${host}:${ownPort}`, url, administration, isTarget: false };
}

function onlyOne<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}
