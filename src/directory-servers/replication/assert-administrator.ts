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
  const rdn = uid.replaceAll(/[\\,+"<>;=#]/g, '\\$&');
  const session = new LdapSession({ ...target, bindDn: `cn=${rdn},cn=Administrators,cn=admin data`, readPassword });
  try {
    await session.search({ base: '', scope: 'base', attributes: ['vendorVersion'] }, signal);
  } catch (error) {
    if (!isFailure(error, 'E_BIND_REFUSED')) throw error;
    throw administratorRefused(attempt, uid, error);
  } finally {
    await session.close();
  }
}

function administratorRefused(attempt: string, uid: string, cause: unknown): Failure {
  return new Failure('E_BIND_REFUSED', `Cannot ${attempt}: the servers know no administrator "${uid}" with this password`, {
    cause,
    hint: 'see that replication.adminUid names the administrator of the topology and that replication.adminPasswordFile holds its password',
  });
}
