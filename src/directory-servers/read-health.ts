import type { ServerHealth } from '../domain/server-health.ts';
import { isFailure } from '../foundation/failure.ts';
import type { LdapEntry, LdapSession, SearchRequest } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';
import { readBacklog } from './read-backlog.ts';
import { readBackends } from './read-backends.ts';
import { readReplication } from './read-replication.ts';
import { scheduledTasksDn } from './task-entry.ts';
import { readTaskState } from './task-state.ts';

/**
 * Reads how fit the server is for a backup now, one short question after the other. What the account may not read is undefined, and said so in
 * `reasons`; rejects as the session does where the server does not answer.
 */
export async function readHealth(session: LdapSession, dialect: ProductDialect, signal?: AbortSignal): Promise<ServerHealth> {
  const parts: readonly ServerHealth[] = [
    ...(dialect.product === 'PingDirectory' ? [await readAlerts(session, signal), await readLockdown(session, signal)] : []),
    await readBackendsOutOfService(session, dialect, signal),
    await readReplicationHealth(session, dialect, signal),
    await readRunningTasks(session, signal),
  ];
  return { ...Object.assign({}, ...parts), reasons: parts.flatMap(({ reasons }) => reasons) };
}

/**
 * PingDirectory's general monitor entry has a value for each alert by which it calls itself unavailable or degraded (`GeneralMonitorEntry` of the vendor's LDAP SDK), and
 * its proxy prefers servers by them (the proxy's administration guide 11.1, on health checks).
 */
async function readAlerts(session: LdapSession, signal: AbortSignal | undefined): Promise<ServerHealth> {
  const attributes = ['cn', 'unavailable-alert-type', 'degraded-alert-type'];
  const [monitor] = await visible(session, { base: 'cn=monitor', scope: 'base', attributes }, signal);
  if (monitor === undefined) return { reasons: ['the alerts of the server cannot be read'] };
  const [unavailableAlerts, degradedAlerts] = [monitor.values('unavailable-alert-type'), monitor.values('degraded-alert-type')];
  return {
    unavailableAlerts,
    degradedAlerts,
    reasons: [
      ...unavailableAlerts.map((alert) => `the server calls itself unavailable: ${alert}`),
      ...degradedAlerts.map((alert) => `the server calls itself degraded: ${alert}`),
    ],
  };
}

/** By `LockdownModeLDAPConnectionPoolHealthCheck` of the vendor's LDAP SDK; a server in lockdown mode lets in who has the privilege `lockdown-mode`. */
async function readLockdown(session: LdapSession, signal: AbortSignal | undefined): Promise<ServerHealth> {
  const attributes = ['is-in-lockdown-mode'];
  const [summary] = await visible(session, { base: 'cn=Status Health Summary,cn=monitor', scope: 'base', attributes }, signal);
  const text = summary?.value('is-in-lockdown-mode')?.toLowerCase();
  if (text !== 'true' && text !== 'false') return { reasons: ['whether the server is in lockdown mode cannot be read'] };
  return { isLockedDown: text === 'true', reasons: text === 'true' ? ['the server is in lockdown mode'] : [] };
}

async function readBackendsOutOfService(
  session: LdapSession,
  dialect: ProductDialect,
  signal: AbortSignal | undefined,
): Promise<ServerHealth> {
  const attributes = ['ds-backend-id', 'ds-backend-writability-mode'];
  const filter = '(objectClass=ds-backend-monitor-entry)';
  const monitors = await visible(session, { base: 'cn=monitor', scope: 'sub', filter, attributes }, signal);
  if (monitors.length === 0) return { reasons: ['the backends of the server cannot be read'] };
  const modes = new Map(monitors.map((entry) => [entry.value('ds-backend-id'), entry.value('ds-backend-writability-mode')?.toLowerCase()]));
  const users = (await readBackends(session, dialect, signal)).filter(({ role }) => role === 'user');
  const stateOf = ({ id, isEnabled }: { readonly id: string; readonly isEnabled: boolean }): string =>
    isEnabled ? (modes.get(id) ?? 'enabled') : 'disabled';
  const out = users.filter((backend) => stateOf(backend) !== 'enabled');
  return {
    backendsOutOfService: out.map(({ id }) => id),
    reasons: out.map((backend) =>
      backend.isEnabled ? `backend "${backend.id}" is ${stateOf(backend)} for writes` : `backend "${backend.id}" is disabled`,
    ),
  };
}

async function readReplicationHealth(
  session: LdapSession,
  dialect: ProductDialect,
  signal: AbortSignal | undefined,
): Promise<ServerHealth> {
  const replication = await readReplication(session, dialect, signal);
  switch (replication.state) {
    case 'none':
      return { backlog: 0, reasons: [] };
    case 'unknown':
      // Its reason names the account.
      return { reasons: ['whether the server is a replica cannot be read'] };
    case 'replicated':
      return readBacklog(session, dialect, signal);
  }
}

/** The entry above the tasks is asked for as well: where it does not come, the account may not see tasks, and none would be no answer. */
async function readRunningTasks(session: LdapSession, signal: AbortSignal | undefined): Promise<ServerHealth> {
  const attributes = ['ds-task-id', 'ds-task-state'];
  const entries = await visible(session, { base: scheduledTasksDn, scope: 'sub', attributes }, signal);
  if (entries.length === 0) return { reasons: ['the tasks of the server cannot be read'] };
  const runningTasks = entries.filter((entry) => readTaskState(entry.value('ds-task-state')) === 'running').length;
  return { runningTasks, reasons: runningTasks === 0 ? [] : [`tasks that the server runs: ${runningTasks}`] };
}

/** Nothing where the account may not search there. */
async function visible(session: LdapSession, request: SearchRequest, signal: AbortSignal | undefined): Promise<readonly LdapEntry[]> {
  try {
    return await session.search(request, signal);
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
    throw error;
  }
}
