import { comparableDn } from '../../domain/comparable-dn.ts';
import { detectProduct } from '../detect-product.ts';
import type { LdapEntry, LdapSession } from '../ldap-session.ts';
import type { Product } from '../directory-server.ts';
import { readBackends } from '../read-backends.ts';
import type { ReplicaDomain } from '../topology.ts';

/** What one replica says of itself and, where it is a replication server too, of those connected to it. */
export interface ReplicaReading {
  readonly version: string;
  /** `isReplicating` is judged when all have been read: see `judge-domains.ts`. */
  readonly domains: readonly DomainReading[];
  /** What is seen of the replication servers from here. */
  readonly replicationServers: readonly ReplicationServerReading[];
  /** Changes that replicas are missing, as the replication server here counts them. */
  readonly missing: readonly MissingReading[];
}

export interface DomainReading extends Omit<ReplicaDomain, 'isReplicating'> {
  /** The ID of this replica of this base DN, different from that of each other one. */
  readonly serverId: string | undefined;
  /** Whether the server calls its own state a working one; undefined where it has no word for it. */
  readonly saysNormal: boolean | undefined;
}

export interface ReplicationServerReading {
  readonly baseDn: string;
  readonly port: string;
  readonly generationId: string;
}

export interface MissingReading {
  readonly baseDn: string;
  readonly serverId: string;
  readonly changes: number;
}

/** What the monitor of a product tells of replication. */
interface Monitored {
  readonly domains: readonly {
    readonly baseDn: string;
    readonly serverId: string | undefined;
    readonly generationId: string | undefined;
    readonly connectedTo: string | undefined;
    readonly saysNormal: boolean | undefined;
    readonly missingChanges: number | undefined;
  }[];
  readonly replicationServers: readonly ReplicationServerReading[];
  readonly missing: readonly MissingReading[];
}

/** Reads one replica anew, over its own connection; rejects as the session does. Base DNs of the server itself are left out. */
export async function readReplica(session: LdapSession, signal?: AbortSignal): Promise<ReplicaReading> {
  const { dialect, version } = await detectProduct(session, signal);
  const backends = (await readBackends(session, dialect, signal)).filter(({ role }) => role === 'user');
  const [configured, monitored, fences] = [
    await readConfiguredDomains(session, signal),
    await monitorReaders[dialect.product](session, signal),
    await readWritability(session, signal),
  ];
  const domains = backends.flatMap((backend) =>
    backend.baseDns.flatMap(({ dn, entries }): DomainReading[] => {
      const isSame = (other: { readonly baseDn: string }): boolean => comparableDn(other.baseDn) === comparableDn(dn);
      const seen = monitored.domains.find(isSame);
      const domain = configured.find(isSame);
      if (seen === undefined && domain === undefined) return [];
      return [
        {
          baseDn: dn,
          backend: backend.id,
          entries,
          serverId: seen?.serverId ?? domain?.serverId,
          generationId: seen?.generationId,
          connectedTo: seen?.connectedTo,
          missingChanges: seen?.missingChanges,
          saysNormal: seen?.saysNormal,
          isWritable: (fences.get(backend.id) ?? 'enabled') === 'enabled',
        },
      ];
    }),
  );
  return { version, domains, replicationServers: monitored.replicationServers, missing: monitored.missing };
}

/** A domain whose backend is out of service has no monitor, but is configured all the same. */
async function readConfiguredDomains(
  session: LdapSession,
  signal?: AbortSignal,
): Promise<readonly { readonly baseDn: string; readonly serverId: string | undefined }[]> {
  const base = 'cn=Synchronization Providers,cn=config';
  const attributes = ['ds-cfg-base-dn', 'ds-cfg-server-id'];
  const entries = await session.search({ base, scope: 'sub', filter: '(objectClass=ds-cfg-replication-domain)', attributes }, signal);
  return entries.map((entry) => ({ baseDn: entry.value('ds-cfg-base-dn') ?? '', serverId: entry.value('ds-cfg-server-id') }));
}

/** The writability mode of each backend, in lower case, by its ID. */
export async function readWritability(session: LdapSession, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const attributes = ['ds-cfg-backend-id', 'ds-cfg-writability-mode'];
  const entries = await session.search({ base: 'cn=Backends,cn=config', scope: 'one', attributes }, signal);
  return new Map(
    entries.map((entry) => [entry.value('ds-cfg-backend-id') ?? '', (entry.value('ds-cfg-writability-mode') ?? 'enabled').toLowerCase()]),
  );
}

const number = (text: string | undefined): number | undefined => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);

const monitorReaders: Readonly<Record<Product, (session: LdapSession, signal?: AbortSignal) => Promise<Monitored>>> = {
  OpenDJ: readOpendjMonitor,
  PingDirectory: readPingdirectoryMonitor,
};

/**
 * OpenDJ 5.0.3: below `cn=Replication,cn=monitor` an entry for the replica (it alone has `status`), one for the replication server of the same
 * process (it alone has `replication-server-port`; its `generation-id` begins with the base DN, -1 while it has none), and one for each replica
 * that is connected to that (`handler` begins with `Connected directory server`).
 */
async function readOpendjMonitor(session: LdapSession, signal?: AbortSignal): Promise<Monitored> {
  const attributes = [
    'domain-name',
    'server-id',
    'status',
    'generation-id',
    'connected-to',
    'missing-changes',
    'replication-server-port',
    'handler',
  ];
  const entries = await session.search({ base: 'cn=Replication,cn=monitor', scope: 'sub', filter: '(domain-name=*)', attributes }, signal);
  const baseDnOf = (entry: LdapEntry): string => entry.value('domain-name') ?? '';
  return {
    domains: entries
      .filter((entry) => entry.value('status') !== undefined)
      .map((entry) => ({
        baseDn: baseDnOf(entry),
        serverId: entry.value('server-id'),
        generationId: entry.value('generation-id'),
        connectedTo: /:\d+$/.test(entry.value('connected-to') ?? '') ? entry.value('connected-to') : undefined,
        saysNormal: /^(normal|degraded)$/i.test(entry.value('status') ?? ''),
        missingChanges: undefined,
      })),
    replicationServers: entries
      .filter((entry) => entry.value('replication-server-port') !== undefined)
      .map((entry) => ({
        baseDn: baseDnOf(entry),
        port: entry.value('replication-server-port') ?? '',
        generationId: /-?\d+$/.exec(entry.value('generation-id') ?? '')?.[0] ?? '',
      })),
    missing: entries
      .filter((entry) => /^connected directory server/i.test(entry.value('handler') ?? ''))
      .map((entry) => ({
        baseDn: baseDnOf(entry),
        serverId: entry.value('server-id') ?? '',
        changes: number(entry.value('missing-changes')) ?? 0,
      })),
  };
}

/**
 * PingDirectory, by the monitor entries that its public LDAP SDK knows and its tests show; how their values look while replication is
 * suspended is inferred from OpenDJ, its relative.
 */
async function readPingdirectoryMonitor(session: LdapSession, signal?: AbortSignal): Promise<Monitored> {
  const filter = '(|(objectClass=ds-replica-monitor-entry)(objectClass=ds-replication-server-summary-monitor-entry))';
  const attributes = ['objectClass', 'base-dn', 'replica-id', 'generation-id', 'connected-to', 'replication-backlog', 'replication-server'];
  const entries = await session.search({ base: 'cn=monitor', scope: 'sub', filter, attributes }, signal);
  const isReplica = (entry: LdapEntry): boolean => entry.values('objectClass').some((name) => /^ds-replica-monitor-entry$/i.test(name));
  return {
    domains: entries.filter(isReplica).map((entry) => ({
      baseDn: entry.value('base-dn') ?? '',
      serverId: entry.value('replica-id'),
      generationId: entry.value('generation-id'),
      connectedTo: /:\d+$/.test(entry.value('connected-to') ?? '') ? entry.value('connected-to') : undefined,
      saysNormal: undefined,
      missingChanges: number(entry.value('replication-backlog')),
    })),
    replicationServers: entries
      .filter((entry) => !isReplica(entry))
      .flatMap((entry) =>
        entry.values('replication-server').map((text) => ({
          baseDn: entry.value('base-dn') ?? '',
          port: /server="[^"]*:(\d+)"/.exec(text.replace(/server-id="[^"]*"/, ''))?.[1] ?? '',
          generationId: /generation-id="(-?\d+)"/.exec(text)?.[1] ?? '',
        })),
      ),
    missing: [],
  };
}
