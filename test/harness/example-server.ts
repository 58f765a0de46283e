import type { Backend, ServerDescription } from '../../src/directory-servers/directory-server.ts';

/** A backend `userRoot` with 2,000 entries, unless told. */
export function exampleBackend(parts: Partial<Backend> = {}): Backend {
  return {
    id: 'userRoot',
    role: 'user',
    isEnabled: true,
    canBeBackedUp: true,
    baseDns: [{ dn: 'dc=example,dc=com', entries: 2000 }],
    databaseBytes: 1_000_000,
    ...parts,
  };
}

/** What a lone OpenDJ server says of itself: users, schema, configuration, and a backend of its own that cannot be backed up. */
export function exampleDescription(parts: Partial<ServerDescription> = {}): ServerDescription {
  const own = { baseDns: [], databaseBytes: undefined };
  return {
    product: 'OpenDJ',
    vendorVersion: 'OpenDJ Server 5.0.3',
    version: '5.0.3',
    instanceName: 'ds1',
    backends: [
      exampleBackend(),
      exampleBackend({ id: 'config', role: 'config', ...own }),
      exampleBackend({ id: 'monitor', role: 'server', canBeBackedUp: false, ...own }),
      exampleBackend({ id: 'schema', role: 'schema', ...own }),
      exampleBackend({ id: 'tasks', role: 'server', ...own }),
    ],
    replication: { state: 'none' },
    hasEncryptionSettings: false,
    ...parts,
  };
}
