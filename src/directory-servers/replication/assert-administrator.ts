import { escapeRdnValue } from '../../domain/escape-rdn-value.ts';
import { Failure, isFailure } from '../../foundation/failure.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { Product } from '../directory-server.ts';
import { LdapSession, type LdapSessionOptions } from '../ldap-session.ts';

export interface AdministratorToTry {
  readonly attempt: string;
  readonly uid: string;
  readonly readPassword: () => Promise<Secret>;
  readonly product: Product;
}

/**
 * Binds once as the administrator that all servers of the topology share, so that a wrong password is found before anything is changed.
 * Only of OpenDJ is it known where that account lies (`cn=Administrators,cn=admin data`); of PingDirectory nothing is tried.
 *
 * @throws Failure E_BIND_REFUSED
 */
export async function assertAdministrator(
  target: LdapSessionOptions,
  { attempt, uid, readPassword, product }: AdministratorToTry,
  signal?: AbortSignal,
): Promise<void> {
  if (product !== 'OpenDJ') return;
  const bindDn = `cn=${escapeRdnValue(uid)},cn=Administrators,cn=admin data`;
  const session = new LdapSession({ ...target, bindDn, readPassword });
  try {
    await session.search({ base: '', scope: 'base', attributes: ['vendorVersion'] }, signal);
  } catch (error) {
    if (!isFailure(error, 'E_BIND_REFUSED')) throw error;
    const { state, hint } = administratorRefused(uid);
    throw new Failure('E_BIND_REFUSED', `Cannot ${attempt}: ${state}`, { cause: error, hint });
  } finally {
    await session.close();
  }
}

/** How it is told that the servers do not let the administrator in, whoever found it. */
export function administratorRefused(uid: string): { readonly state: string; readonly hint: string } {
  return {
    state: `the servers know no administrator "${uid}" with this password`,
    hint: 'see that replication.adminUid names the administrator of the topology and that replication.adminPasswordFile holds its password',
  };
}
