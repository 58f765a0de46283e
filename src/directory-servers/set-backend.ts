import { escapeRdnValue } from '../domain/escape-rdn-value.ts';
import type { LdapSession } from './ldap-session.ts';

/** Sets one property of a backend in the server's configuration: `ds-cfg-enabled`, `ds-cfg-writability-mode`. */
export async function setBackend(
  session: LdapSession,
  backend: string,
  property: string,
  value: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await session.replace(`ds-cfg-backend-id=${escapeRdnValue(backend)},cn=Backends,cn=config`, property, value, signal);
}
