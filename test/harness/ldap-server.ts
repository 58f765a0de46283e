import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LdapDirectoryServer, type LdapDirectoryServerOptions } from '../../src/directory-servers/ldap-directory-server.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { realClock } from './real-clock.ts';

/** How one gets to a server of the tests, a real one or a double. */
export interface LdapPlace {
  readonly ldapsUrl: string;
  readonly caFile: string;
  readonly bindDn: string;
  readonly password: string;
}

/** The port to such a server, over LDAP; `options` say what is to be different. */
export function ldapServerAt(
  { ldapsUrl, caFile, bindDn, password }: LdapPlace,
  options: Partial<LdapDirectoryServerOptions> = {},
): LdapDirectoryServer {
  return new LdapDirectoryServer({
    url: ldapsUrl,
    readCa: () => readFile(caFile, 'utf8'),
    bindDn,
    readPassword: async () => new Secret(password),
    timeoutMilliseconds: 10_000,
    clock: realClock,
    newTaskId: randomUUID,
    ...options,
  });
}
