import type { ServerDescription } from './directory-server.ts';
import { detectProduct } from './detect-product.ts';
import type { LdapSession } from './ldap-session.ts';
import type { ProductDialect } from './product-dialect.ts';
import { readBackends } from './read-backends.ts';
import { readReplication } from './read-replication.ts';

/** Reads all that the port's description holds, one question after the other over the one connection. */
export async function describeServer(session: LdapSession, signal?: AbortSignal): Promise<ServerDescription> {
  const { dialect, vendorVersion, version } = await detectProduct(session, signal);
  return {
    product: dialect.product,
    vendorVersion,
    version,
    instanceName: await readInstanceName(session, dialect, signal),
    backends: await readBackends(session, dialect, signal),
    replication: await readReplication(session, dialect, signal),
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
