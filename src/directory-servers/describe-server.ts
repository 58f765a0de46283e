import { parseGeneralizedTime } from '../domain/generalized-time.ts';
import { isFailure } from '../foundation/failure.ts';
import type { Backend, BaseDn, ServerDescription } from './directory-server.ts';
import { detectProduct } from './detect-product.ts';
import type { LdapSession } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';
import { readBackends } from './read-backends.ts';
import { readReplication } from './read-replication.ts';

/** Reads all that the port's description holds, one question after the other over the one connection. */
export async function describeServer(session: LdapSession, signal?: AbortSignal): Promise<ServerDescription> {
  const { dialect, vendorVersion, version } = await detectProduct(session, signal);
  const time = await readTime(session, signal);
  const backends = await readBackends(session, dialect, signal);
  const replication = await readReplication(session, dialect, signal);
  return {
    product: dialect.product,
    vendorVersion,
    version,
    instanceName: await readInstanceName(session, dialect, signal),
    backends: replication.state === 'none' ? backends : await withPositions(session, backends, signal),
    replication,
    time,
    hasEncryptionSettings: dialect.hasEncryptionSettings,
  };
}

/** PingDirectory has a name for itself; OpenDJ only a host's name and a folder, which together are as stable. */
async function readInstanceName(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<string | undefined> {
  if (dialect.product === 'PingDirectory') {
    const [monitor] = await session.search({ base: 'cn=monitor', scope: 'base', attributes: ['instanceName'] }, signal);
    return monitor?.value('instanceName');
  }
  const attributes = ['systemName', 'instancePath'];
  const [system] = await session.search({ base: 'cn=System Information,cn=monitor', scope: 'base', attributes }, signal);
  const [host, folder] = attributes.map((name) => system?.value(name));
  return host === undefined || folder === undefined ? undefined : `${host}:${folder}`;
}

async function readTime(session: LdapSession, signal: AbortSignal | undefined): Promise<string | undefined> {
  const [monitor] = await session.search({ base: 'cn=monitor', scope: 'base', attributes: ['currentTime'] }, signal);
  const moment = parseGeneralizedTime(monitor?.value('currentTime') ?? '');
  return moment === undefined ? undefined : new Date(moment).toISOString();
}

/** A replica keeps in the base entry which changes it has, and of which initial data; an account that may not see that is told nothing. */
async function withPositions(session: LdapSession, backends: readonly Backend[], signal: AbortSignal | undefined): Promise<Backend[]> {
  const told: Backend[] = [];
  for (const backend of backends) {
    if (backend.role === 'user' && backend.isEnabled)
      told.push({ ...backend, baseDns: await positionsOf(session, backend.baseDns, signal) });
    else told.push(backend);
  }
  return told;
}

async function positionsOf(session: LdapSession, baseDns: readonly BaseDn[], signal: AbortSignal | undefined): Promise<BaseDn[]> {
  const attributes = ['ds-sync-generation-id', 'ds-sync-state'];
  const told: BaseDn[] = [];
  for (const baseDn of baseDns) {
    const [entry] = await session.search({ base: baseDn.dn, scope: 'base', attributes }, signal).catch((error: unknown) => {
      if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
      throw error;
    });
    const generationId = entry?.value('ds-sync-generation-id');
    const changelogPosition = entry?.values('ds-sync-state') ?? [];
    told.push({
      ...baseDn,
      ...(generationId === undefined ? {} : { generationId }),
      ...(changelogPosition.length === 0 ? {} : { changelogPosition }),
    });
  }
  return told;
}
