import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { changeConfig, copyInstance } from './opendj-instance.ts';
import { type OpendjServer, serveInstance } from './opendj.ts';
import { opendjSetup } from './opendj-template.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type ReplicaPorts, replicaPorts, topologyAdmin, topologyTemplate } from './topology-template.ts';

export interface TopologyOptions {
  readonly servers: 2 | 3;
  /** On each of them; 50 unless told. */
  readonly people?: number;
  /** Of each JVM; `512m` unless told. */
  readonly heap?: string;
}

export interface OpendjTopology extends AsyncDisposable {
  /** Each is a replica of `dc=example,dc=com` and a replication server; the tools' `localhost:ADMINPORT` names it. */
  readonly servers: readonly OpendjServer[];
  readonly adminUid: string;
  /** A file with the password of the topology's administrator, mode 0600, without a line end. */
  readonly adminPasswordFile: string;
  readonly adminPassword: string;
  /** PEM; verifies every port of every server. */
  readonly caFile: string;
  /** Waits until these servers (all, unless told) have the same entries; throws after `milliseconds`, 120,000 unless told. */
  waitUntilReplicated(servers?: readonly OpendjServer[], milliseconds?: number): Promise<void>;
  /** Entries at and below the base DN. */
  entriesOn(server: OpendjServer): Promise<number>;
  /** SHA-256 over all entries at and below the base DN, with their passwords and UUIDs: equal where two servers have the same data. */
  digestOn(server: OpendjServer): Promise<string>;
}

/**
 * Starts OpenDJ servers that replicate with each other, on free loopback ports, each with the same entries. Their replication ports listen on every
 * address: OpenDJ has no setting for that.
 */
export async function startTopology(options: TopologyOptions): Promise<OpendjTopology> {
  const template = await topologyTemplate(options.servers, options.people ?? 50);
  const ports = await replicaPorts(options.servers);
  await using stack = new AsyncDisposableStack();
  const starts = template.folders.map((folder) => startReplica(folder, template.ports, ports, options));
  const started = await Promise.allSettled(starts);
  for (const start of started) if (start.status === 'fulfilled') stack.use(start.value);
  const servers = await Promise.all(starts);
  const home = stack.use(await temporaryFolder('topology'));
  const adminPasswordFile = path.join(home.path, 'admin-password');
  await writeFile(adminPasswordFile, topologyAdmin.password, { mode: 0o600 });
  await Promise.all(servers.map((server) => untilConnected(server)));
  const owned = stack.move();
  return {
    servers,
    adminUid: topologyAdmin.uid,
    adminPassword: topologyAdmin.password,
    adminPasswordFile,
    caFile: servers[0]?.caFile ?? '',
    waitUntilReplicated: (some = servers, milliseconds = 120_000) =>
      eventually('the servers have the same entries', milliseconds, async () => new Set(await Promise.all(some.map(digestOn))).size === 1),
    entriesOn: async (server) => (await readEntries(server)).length,
    digestOn,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startReplica(
  template: string,
  old: readonly ReplicaPorts[],
  ports: readonly ReplicaPorts[],
  options: TopologyOptions,
): Promise<OpendjServer> {
  const home = await temporaryFolder('replica');
  const folder = path.join(home.path, 'opendj');
  await copyInstance(template, folder);
  // Each names the others: in its own configuration by replication port, in the data that all share by administration port.
  for (const name of ['config.ldif', 'admin-backend.ldif']) await changeConfig(folder, name, (text) => withNewPorts(text, old, ports));
  const own = ports[Number(path.basename(template))];
  if (own === undefined) throw new Error(`${template} is none of the models`);
  return serveInstance(home, own, options);
}

function withNewPorts(text: string, old: readonly ReplicaPorts[], ports: readonly ReplicaPorts[]): string {
  const kinds = ['ldap', 'ldaps', 'admin', 'replication'] as const;
  const numbers = new Map(old.flatMap((of, index) => kinds.map((kind) => [of[kind], ports[index]?.[kind]] as const)));
  // All at once: a new port may be an old one of another server.
  return text.replaceAll(/(?<=[: ])\d{4,5}\b/g, (port) => String(numbers.get(Number(port)) ?? port));
}

/** Waits until its replica of the base DN is connected to a replication server. */
async function untilConnected(server: OpendjServer): Promise<void> {
  const filter = `(&(domain-name=${opendjSetup.baseDn})(connected-to=*)(status=Normal))`;
  const client = await server.connect();
  try {
    await eventually('the server is connected to a replication server', 120_000, async () => {
      const { searchEntries } = await client.search('cn=replication,cn=monitor', { filter, attributes: ['1.1'] });
      return searchEntries.length > 0;
    });
  } finally {
    await client.unbind();
  }
}

/** Asks again and again until it is so; throws when it is not in time. */
export async function eventually(claim: string, milliseconds: number, isTrue: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`After ${milliseconds} ms it is not yet true that ${claim}`);
    await delay(50);
  }
}

async function digestOn(server: OpendjServer): Promise<string> {
  const lines = (await readEntries(server)).map(({ dn, ...attributes }) => {
    const pairs = Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), [value].flat().map(String).toSorted()] as const);
    return JSON.stringify([dn, pairs.toSorted(([one], [other]) => (one < other ? -1 : 1))]);
  });
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
}

async function readEntries(server: OpendjServer) {
  const client = await server.connect();
  try {
    return (await client.search(opendjSetup.baseDn, { scope: 'sub', attributes: ['*', 'entryUUID'] })).searchEntries;
  } finally {
    await client.unbind();
  }
}
