import { readFile } from 'node:fs/promises';
import { DsreplicationTopology, type DsreplicationTopologyOptions } from '../../src/directory-servers/dsreplication-topology.ts';
import { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { realClock } from './real-clock.ts';
import type { OpendjTopology } from './topology.ts';

/** The port to a topology of the tests, seen from its first server. */
export function clientOfTopology(
  { servers, caFile, adminUid, adminPasswordFile }: OpendjTopology,
  options: Partial<DsreplicationTopologyOptions> = {},
): DsreplicationTopology & AsyncDisposable {
  const [first] = servers;
  if (first === undefined) throw new Error('a topology has servers');
  const target = {
    url: first.ldapsUrl,
    bindDn: first.bindDn,
    readPassword: async () => new Secret(first.password),
    readCa: () => readFile(caFile, 'utf8'),
    timeoutMilliseconds: 10_000,
  };
  const topology = new DsreplicationTopology({
    target,
    home: first.folder,
    adminUid,
    adminPasswordFile,
    caFile,
    javaHome: undefined,
    connect: (url) => new LdapDirectoryServer({ ...target, url, clock: realClock, newTaskId: () => crypto.randomUUID() }),
    clock: realClock,
    ...options,
  });
  return Object.assign(topology, { [Symbol.asyncDispose]: () => topology.close() });
}
