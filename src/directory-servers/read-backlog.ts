import { comparableDn } from '../domain/comparable-dn.ts';
import type { ServerHealth } from '../domain/server-health.ts';
import type { Product } from './directory-server.ts';
import type { LdapEntry, LdapSession } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';
import { readBackends } from './read-backends.ts';

/** What a replica says of one base DN. */
interface DomainBacklog {
  readonly baseDn: string;
  readonly isConnected: boolean;
  /** Undefined where not all of it is told. */
  readonly changes: number | undefined;
}

/** What a replica has still to apply, of all base DNs with users' entries together. The caller knows that it is one. */
export async function readBacklog(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<ServerHealth> {
  const users = (await readBackends(session, dialect, signal)).filter(({ role }) => role === 'user');
  const baseDns = new Set(users.flatMap((backend) => backend.baseDns.map(({ dn }) => comparableDn(dn))));
  const domains = (await readers[dialect.product](session, signal)).filter(({ baseDn }) => baseDns.has(comparableDn(baseDn)));
  if (domains.length === 0) return { reasons: ['how far the server is behind the other replicas cannot be read'] };
  const isConnected = domains.every((domain) => domain.isConnected);
  // One that is cut off does not hear of what it misses.
  const backlog = isConnected ? sum(domains.map(({ changes }) => changes)) : undefined;
  return {
    isConnected,
    backlog,
    reasons: [
      ...(isConnected ? [] : ['the server is cut off from replication']),
      ...(isConnected && backlog === undefined ? ['how far the server is behind the other replicas cannot be read'] : []),
      ...(backlog === undefined || backlog === 0 ? [] : [`changes of other replicas that the server has still to apply: ${backlog}`]),
    ],
  };
}

const readers: Readonly<Record<Product, (session: LdapSession, signal?: AbortSignal) => Promise<readonly DomainBacklog[]>>> = {
  OpenDJ: readOpendjBacklog,
  PingDirectory: readPingdirectoryBacklog,
};

/**
 * OpenDJ 5.0.3, tried with 3,000 entries that were added while the other replica was down. What waits is in two places: with the replication server until it was sent
 * (`missing-changes` of the entry of the connected replica; 0 a moment after the start), and then in the replica (`remote-pending-changes-size`, those being applied
 * among them), which falls to 0 with the last one. Of no use: `missing-changes` of the replication server itself, which stays at 3,000 when all have come;
 * `approximate-delay`, which goes on growing when nothing is written; `pending-updates`, which counts what this replica has yet to send.
 */
async function readOpendjBacklog(session: LdapSession, signal?: AbortSignal): Promise<readonly DomainBacklog[]> {
  const attributes = ['domain-name', 'server-id', 'status', 'connected-to', 'remote-pending-changes-size', 'missing-changes'];
  const entries = await session.search({ base: 'cn=Replication,cn=monitor', scope: 'sub', filter: '(domain-name=*)', attributes }, signal);
  // The replica alone has a status.
  const replicas = entries.filter((entry) => entry.value('status') !== undefined);
  return replicas.map((replica): DomainBacklog => {
    // With the replication server of the same process, or behind it with the one that it is connected to.
    const atServers = entries
      .filter((entry) => entry !== replica && entry.value('server-id') === replica.value('server-id'))
      .filter((entry) => isSameDomain(entry, replica))
      .map((entry) => number(entry.value('missing-changes')));
    return {
      baseDn: replica.value('domain-name') ?? '',
      isConnected: isConnected(replica),
      changes: atServers.length === 0 ? undefined : sum([number(replica.value('remote-pending-changes-size')), ...atServers]),
    };
  });
}

/**
 * PingDirectory, by `ReplicaMonitorEntry` of the vendor's LDAP SDK: `replication-backlog` counts the changes that were applied in other servers and not yet in this one.
 */
async function readPingdirectoryBacklog(session: LdapSession, signal?: AbortSignal): Promise<readonly DomainBacklog[]> {
  const filter = '(objectClass=ds-replica-monitor-entry)';
  const attributes = ['base-dn', 'connected-to', 'replication-backlog'];
  const entries = await session.search({ base: 'cn=monitor', scope: 'sub', filter, attributes }, signal);
  return entries.map((entry) => ({
    baseDn: entry.value('base-dn') ?? '',
    isConnected: isConnected(entry),
    changes: number(entry.value('replication-backlog')),
  }));
}

function isSameDomain(one: LdapEntry, other: LdapEntry): boolean {
  return comparableDn(one.value('domain-name') ?? '') === comparableDn(other.value('domain-name') ?? '');
}

/** Of one that is connected to none OpenDJ writes words. */
function isConnected(replica: LdapEntry): boolean {
  return /:\d+$/.test(replica.value('connected-to') ?? '');
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Undefined where one of them is. */
function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce((total, count) => (total === undefined || count === undefined ? undefined : total + count), 0);
}
