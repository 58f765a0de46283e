import { isFailure } from '../foundation/failure.ts';
import type { ReplicationState } from './directory-server.ts';
import type { LdapSession } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';

const providersDn = 'cn=Synchronization Providers,cn=config';

/**
 * Tells whether the server is a replica. `none` is said only of an account that saw the places where a replica would show:
 * on PingDirectory `cn=monitor`, on OpenDJ the replication domains of the configuration.
 */
export async function readReplication(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<ReplicationState> {
  const state = await readState(session, dialect, signal);
  return state.state === 'replicated' ? { ...state, purgeDelay: await readPurgeDelay(session, dialect, signal) } : state;
}

async function readState(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<ReplicationState> {
  const monitored = await readMonitor(session, signal);
  if (monitored.baseDns.length > 0) return { state: 'replicated', baseDns: monitored.baseDns };
  if (dialect.product === 'PingDirectory') {
    return monitored.canSee ? { state: 'none' } : { state: 'unknown', reason: `the account "${session.bindDn}" may not read cn=monitor` };
  }
  return readDomains(session, signal);
}

async function readMonitor(
  session: LdapSession,
  signal: AbortSignal | undefined,
): Promise<{ canSee: boolean; baseDns: readonly string[] }> {
  const filter = '(|(objectClass=ds-replica-monitor-entry)(objectClass=ds-backend-monitor-entry))';
  const attributes = ['base-dn', 'ds-backend-id'];
  try {
    const entries = await session.search({ base: 'cn=monitor', scope: 'sub', filter, attributes }, signal);
    // That the backends' entries are seen proves that a replica's would be.
    const canSee = entries.some((entry) => entry.value('ds-backend-id') !== undefined);
    return { canSee, baseDns: distinct(entries.flatMap((entry) => entry.values('base-dn'))) };
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return { canSee: false, baseDns: [] };
    throw error;
  }
}

async function readDomains(session: LdapSession, signal: AbortSignal | undefined): Promise<ReplicationState> {
  try {
    const entries = await session.search({ base: providersDn, scope: 'sub', attributes: ['objectClass', 'ds-cfg-base-dn'] }, signal);
    const isDomain = (name: string): boolean => name.toLowerCase() === 'ds-cfg-replication-domain';
    const domains = entries.filter((entry) => entry.values('objectClass').some(isDomain));
    if (domains.length > 0) return { state: 'replicated', baseDns: distinct(domains.flatMap((entry) => entry.values('ds-cfg-base-dn'))) };
    return entries.length > 0 ? { state: 'none' } : { state: 'unknown', reason: `the server shows nothing at ${providersDn}` };
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) {
      return { state: 'unknown', reason: `the account "${session.bindDn}" lacks config-read, so ${providersDn} cannot be read` };
    }
    throw error;
  }
}

/** How long replication servers keep changes (`replication-purge-delay`, written `3 d`); undefined where the account may not read it. */
async function readPurgeDelay(
  session: LdapSession,
  { defaultPurgeDelay }: ProductDialect,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const attribute = 'ds-cfg-replication-purge-delay';
  const search = { base: providersDn, scope: 'sub', attributes: ['objectClass', attribute] } as const;
  const entries = await session.search(search, signal).catch((error: unknown) => {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
    throw error;
  });
  const servers = entries.filter((entry) => entry.values('objectClass').some((name) => /^ds-cfg-replication-server$/i.test(name)));
  const [text] = servers.flatMap((entry) => entry.values(attribute));
  // A setting that was never changed is not written down.
  return text === undefined && servers.length > 0 ? defaultPurgeDelay : delayOf(text ?? '');
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `3 d`, `86400 seconds`; undefined for what is written otherwise. */
function delayOf(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d+)\s*([smhdw])[a-z]*\s*$/i.exec(text) ?? [];
  const length = units[unit?.toLowerCase() ?? ''];
  return number === undefined || length === undefined ? undefined : Number(number) * length;
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted();
}
