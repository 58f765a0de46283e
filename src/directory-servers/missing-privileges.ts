import { Control } from 'ldapts';
import { isFailure } from '../foundation/failure.ts';
import type { MissingPrivilege, Purpose } from './directory-server.ts';
import { type LdapSession, hasResult, resultCodes } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';
import { scheduledTasksDn, taskEntry } from './task-entry.ts';

const needed: Readonly<Record<Purpose, readonly MissingPrivilege[]>> = {
  backup: [{ privilege: 'backend-backup', neededFor: 'to have the server back up a backend' }],
  restore: [{ privilege: 'backend-restore', neededFor: 'to have the server restore a backend' }],
  export: [{ privilege: 'ldif-export', neededFor: 'to have the server export its entries' }],
  import: [{ privilege: 'ldif-import', neededFor: 'to have the server import entries' }],
  entries: [
    { privilege: 'unindexed-search', neededFor: 'to find entries by filters that no index answers' },
    { privilege: 'password-reset', neededFor: "to put users' passwords back" },
  ],
};

const configRead: MissingPrivilege = {
  privilege: 'config-read',
  neededFor: 'to see disabled backends and whether the server is replicated',
};

const mayAddTasks: MissingPrivilege = { privilege: `ACI: add under ${scheduledTasksDn}`, neededFor: 'to give the server a task' };
const maySeeMonitor: MissingPrivilege = { privilege: 'ACI: read cn=monitor', neededFor: 'to see the backends and their entry counts' };

/**
 * Names what the bound account lacks for `purpose`. Changes nothing: privileges are read from the account's own entry, and whether it
 * may add a task is tried with the no-operation control. What the account may not even read is not named here; the server refuses
 * the task itself then, with E_PRIVILEGE_MISSING and its own words.
 */
export async function findMissingPrivileges(
  session: LdapSession,
  dialect: ProductDialect,
  purpose: Purpose,
  tools: { readonly taskId: string; readonly signal?: AbortSignal | undefined },
): Promise<readonly MissingPrivilege[]> {
  const held = await readPrivileges(session, tools.signal);
  const missing = held === undefined ? [] : needed[purpose].filter(({ privilege }) => !held.has(privilege));
  if (!(await canRead(session, 'cn=config', tools.signal))) missing.push(configRead);
  if (!(await canRead(session, 'cn=monitor', tools.signal))) missing.push(maySeeMonitor);
  // Entries are changed without a task.
  if (purpose !== 'entries' && !(await canAddTask(session, dialect, tools))) missing.push(mayAddTasks);
  return missing;
}

/** Undefined where the account may not see its own privileges. */
async function readPrivileges(session: LdapSession, signal: AbortSignal | undefined): Promise<ReadonlySet<string> | undefined> {
  const dn = await session.whoAmI(signal);
  const own = await readValues(session, dn, 'ds-privilege-name', signal);
  const inherited = /,cn=Root DNs,cn=config$/i.test(dn)
    ? await readValues(session, 'cn=Root DNs,cn=config', 'ds-cfg-default-root-privilege-name', signal)
    : [];
  if (own.length === 0 && inherited.length === 0 && !(await session.mayCompare(dn, 'ds-privilege-name', 'backend-backup', signal)))
    return undefined;
  const held = new Set([...inherited, ...own].filter((name) => !name.startsWith('-')));
  // A leading "-" takes an inherited privilege away.
  for (const name of own) if (name.startsWith('-')) held.delete(name.slice(1));
  return held;
}

async function readValues(
  session: LdapSession,
  base: string,
  attribute: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    const [entry] = await session.search({ base, scope: 'base', attributes: [attribute] }, signal);
    return (entry?.values(attribute) ?? []).map((value) => value.toLowerCase());
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
    throw error;
  }
}

async function canRead(session: LdapSession, base: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    return (await session.search({ base, scope: 'base', attributes: ['1.1'] }, signal)).length > 0;
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return false;
    throw error;
  }
}

const noOperation = new Control('1.3.6.1.4.1.4203.1.10.2', { critical: true });

/** The control is critical: a server that does not know it does nothing and says so, which tells nothing about the account. */
async function canAddTask(
  session: LdapSession,
  dialect: ProductDialect,
  { taskId, signal }: { readonly taskId: string; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const request = { kind: 'export', backend: 'userRoot', ldifFile: '/nonexistent/rootcellar.ldif' } as const;
  const { dn, attributes } = taskEntry(request, taskId, dialect);
  try {
    await session.add(dn, attributes, signal, noOperation);
    return true;
  } catch (error) {
    if (isFailure(error, 'E_PRIVILEGE_MISSING')) return false;
    if (hasResult(error, resultCodes.noOperation) || !isFailure(error)) return true;
    throw error;
  }
}
