import { isFailure } from '../foundation/failure.ts';
import type { Backend, BaseDn } from './directory-server.ts';
import type { LdapEntry, LdapSession } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';

/** What the configuration says of a backend; the offline description has no more than this. */
export interface ConfiguredBackend {
  readonly id: string;
  readonly isEnabled: boolean;
  readonly isPrivate: boolean;
  /** Whether it keeps a database of its own, as those with users' entries do. */
  readonly hasDatabase: boolean;
  readonly baseDns: readonly string[];
  readonly isConfidential: boolean;
}

/**
 * Reads the backends from `cn=monitor` (those in service, with their entry counts) and from `cn=config` (the disabled ones too),
 * where the account may read it. Those with users' entries come first, then the others, each by ID.
 */
export async function readBackends(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<readonly Backend[]> {
  const [monitored, configured, sizes] = [
    await readMonitored(session, signal),
    (await readConfigured(session, signal)) ?? [],
    await readSizes(session, signal),
  ];
  const backends = new Map<string, Backend>();
  for (const entry of configured) backends.set(entry.id, describeConfigured(entry, dialect));
  for (const entry of monitored) {
    const id = entry.value('ds-backend-id') ?? '';
    const isPrivate = entry.value('ds-backend-is-private')?.toLowerCase() !== 'false';
    const baseDns = readBaseDns(entry);
    const role = roleOf(id, isPrivate, dialect);
    backends.set(id, {
      id,
      role,
      isEnabled: true,
      canBeBackedUp: canBeBackedUp(id, role, dialect),
      baseDns,
      databaseBytes: sizes.get(id),
      ...(backends.get(id)?.isConfidential === true ? { isConfidential: true } : {}),
    });
  }
  return inOrder([...backends.values()]);
}

/** The users' backends first, then the others, each by ID. */
export function inOrder(backends: readonly Backend[]): readonly Backend[] {
  const place = (backend: Backend): string => `${backend.role === 'user' ? 0 : 1}${backend.id}`;
  return backends.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
}

async function readMonitored(session: LdapSession, signal: AbortSignal | undefined): Promise<readonly LdapEntry[]> {
  return session.search(
    {
      base: 'cn=monitor',
      scope: 'sub',
      filter: '(objectClass=ds-backend-monitor-entry)',
      attributes: ['ds-backend-id', 'ds-backend-base-dn', 'ds-base-dn-entry-count', 'ds-backend-is-private'],
    },
    signal,
  );
}

/** Undefined where the account may not read the configuration. */
export async function readConfigured(session: LdapSession, signal?: AbortSignal): Promise<readonly ConfiguredBackend[] | undefined> {
  const attributes = [
    'objectClass',
    'ds-cfg-backend-id',
    'ds-cfg-enabled',
    'ds-cfg-base-dn',
    'ds-cfg-is-private-backend',
    'ds-cfg-confidentiality-enabled',
  ];
  try {
    const entries = await session.search({ base: 'cn=Backends,cn=config', scope: 'one', attributes }, signal);
    return entries.map((entry) => configuredBackend((attribute) => entry.values(attribute)));
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return undefined;
    throw error;
  }
}

/** Reads a backend's entry of the configuration, from LDAP or from a file. */
export function configuredBackend(values: (attribute: string) => readonly string[]): ConfiguredBackend {
  return {
    id: values('ds-cfg-backend-id')[0] ?? '',
    isEnabled: values('ds-cfg-enabled')[0]?.toLowerCase() !== 'false',
    isPrivate: values('ds-cfg-is-private-backend')[0]?.toLowerCase() === 'true',
    hasDatabase: values('objectClass').some((name) => /^ds-cfg-(local-db|je|pdb|pluggable)-backend$/i.test(name)),
    baseDns: values('ds-cfg-base-dn'),
    isConfidential: values('ds-cfg-confidentiality-enabled')[0]?.toLowerCase() === 'true',
  };
}

/** The port's description of a backend of which only the configuration is known. */
export function describeConfigured(entry: ConfiguredBackend, dialect: ProductDialect): Backend {
  const role = roleOf(entry.id, entry.isPrivate || !entry.hasDatabase, dialect);
  return {
    id: entry.id,
    role,
    isEnabled: entry.isEnabled,
    canBeBackedUp: canBeBackedUp(entry.id, role, dialect),
    baseDns: entry.baseDns.map((dn) => ({ dn, entries: undefined })),
    databaseBytes: undefined,
    ...(entry.isConfidential ? { isConfidential: true } : {}),
  };
}

function roleOf(id: string, isPrivate: boolean, dialect: ProductDialect): Backend['role'] {
  if (id === 'schema' || id === 'encryption-settings') return id;
  if (id === dialect.configBackend) return 'config';
  const isOwn = isPrivate || dialect.ownBackendsWithBackup.includes(id);
  return isOwn ? 'server' : 'user';
}

function canBeBackedUp(id: string, role: Backend['role'], dialect: ProductDialect): boolean {
  return role === 'user' || dialect.ownBackendsWithBackup.includes(id);
}

/** `ds-base-dn-entry-count` is `203 dc=example,dc=com`. */
function readBaseDns(entry: LdapEntry): readonly BaseDn[] {
  const counts = new Map(
    entry.values('ds-base-dn-entry-count').map((value) => {
      const [, count, dn = ''] = /^(-?\d+)\s+(.*)$/s.exec(value) ?? [];
      return [dn.toLowerCase(), Number(count)];
    }),
  );
  return entry.values('ds-backend-base-dn').map((dn) => {
    const entries = counts.get(dn.toLowerCase());
    return { dn, entries: entries !== undefined && entries >= 0 ? entries : undefined };
  });
}

/** PingDirectory's JE monitor names the backend and its size on disk; OpenDJ's has it in its own name and counts the log's bytes. */
async function readSizes(session: LdapSession, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, number>> {
  const entries = await session.search(
    {
      base: 'cn=monitor',
      scope: 'sub',
      filter: '(|(objectClass=ds-je-environment-monitor-entry)(cn=* JE Database))',
      attributes: ['cn', 'backend-id', 'db-on-disk-size', 'EnvironmentTotalLogSize'],
    },
    signal,
  );
  const sizes = new Map<string, number>();
  for (const entry of entries) {
    const id = entry.value('backend-id') ?? entry.value('cn')?.replace(/ JE Database$/, '');
    const size = entry.value('db-on-disk-size') ?? entry.value('EnvironmentTotalLogSize');
    if (id !== undefined && size !== undefined && /^\d+$/.test(size)) sizes.set(id, Number(size));
  }
  return sizes;
}
