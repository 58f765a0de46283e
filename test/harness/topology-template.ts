import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePorts } from './free-port.ts';
import { changeConfig, copyInstance, type InstancePorts, withPorts } from './opendj-instance.ts';
import { type OpendjServer, serveInstance } from './opendj.ts';
import { opendjSetup, opendjTemplate } from './opendj-template.ts';
import { opendjVersion } from './parts.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { cached } from './test-cache.ts';

/** The account that all servers of a topology know. */
export const topologyAdmin = { uid: 'admin', password: 'Admin-of-all-knows-Kb4' } as const;

export interface ReplicaPorts extends InstancePorts {
  readonly replication: number;
}

export interface TopologyTemplate {
  /** One stopped instance for each server, in their order. */
  readonly folders: readonly string[];
  /** The ports in the instances' files, for the copies to be rewritten. */
  readonly ports: readonly ReplicaPorts[];
}

/**
 * Returns stopped instances that replicate `dc=example,dc=com` with each other (each a replica and a replication server), made once per cache
 * by the servers' own `dsreplication`. They are models: topologies are copies of them.
 */
export async function topologyTemplate(servers: number, people: number): Promise<TopologyTemplate> {
  // The recipe are these files: a change of one makes a new template.
  const recipe = createHash('sha256');
  for (const name of ['topology-template.ts', 'opendj-template.ts']) recipe.update(await readFile(path.join(import.meta.dirname, name)));
  const model = await opendjTemplate(people);
  const folder = await cached({
    name: `opendj-${opendjVersion}-topology-${servers}-people-${people}-${recipe.digest('hex').slice(0, 10)}`,
    announcement: `having ${servers} model OpenDJ servers replicate (about ${30 * servers} s)`,
    make: (fresh) => makeTemplate(fresh, model, servers),
  });
  const ports: unknown = JSON.parse(await readFile(path.join(folder, portsFile), 'utf8'));
  if (!Array.isArray(ports)) throw new Error(`${folder}/${portsFile} is no list`);
  return { folders: ports.map((_, index) => path.join(folder, `${index}`)), ports: ports as ReplicaPorts[] };
}

const portsFile = 'ports.json';

async function makeTemplate(fresh: string, model: string, count: number): Promise<void> {
  const ports = await replicaPorts(count);
  await using stack = new AsyncDisposableStack();
  const servers = await Promise.all(ports.map(async (own) => stack.use(await startModel(model, own))));
  const [first, ...others] = servers;
  if (first === undefined) throw new Error('a topology has servers');
  const adminPasswordFile = path.join(first.folder, '../admin-password');
  await writeFile(adminPasswordFile, topologyAdmin.password, { mode: 0o600 });
  const admin = ['--adminUID', topologyAdmin.uid, '--adminPasswordFile', adminPasswordFile];
  const common = [...admin, '--baseDN', opendjSetup.baseDn, '--trustStorePath', path.join(first.folder, 'config/admin-truststore')];
  const run = (verb: string, own: readonly string[]) =>
    first.tool('dsreplication', [verb, '--noPropertiesFile', '--no-prompt', ...common, ...own]);
  const at = (server: OpendjServer, number: 1 | 2) => [
    `--host${number}`,
    'localhost',
    `--port${number}`,
    `${server.adminPort}`,
    `--bindDN${number}`,
    server.bindDn,
    `--bindPasswordFile${number}`,
    server.passwordFile,
    `--replicationPort${number}`,
    `${ports[servers.indexOf(server)]?.replication}`,
  ];
  for (const other of others) await run('enable', [...at(first, 1), ...at(other, 2)]);
  await run('initialize-all', ['--hostname', 'localhost', '--port', `${first.adminPort}`]);
  await Promise.all(servers.map((server) => server.stop()));
  for (const [index, server] of servers.entries()) {
    const target = path.join(fresh, `${index}`);
    await mkdir(target);
    for (const name of ['config', 'db', 'classes', 'bin', 'changelogDb', 'lib', 'template'])
      await cp(path.join(server.folder, name), path.join(target, name), { recursive: true, verbatimSymlinks: true });
  }
  await writeFile(path.join(fresh, portsFile), JSON.stringify(ports));
}

/** Free ports for so many replicas. */
export async function replicaPorts(count: number): Promise<readonly ReplicaPorts[]> {
  const all = await freePorts(4 * count);
  return Array.from({ length: count }, (_, index) => {
    const [ldap = 0, ldaps = 0, admin = 0, replication = 0] = all.slice(4 * index);
    return { ldap, ldaps, admin, replication };
  });
}

/** All models come from one setup; each must make a key of its own, by which servers trust each other's replication. */
async function startModel(model: string, ports: ReplicaPorts): Promise<OpendjServer> {
  const home = await temporaryFolder('replica');
  const folder = path.join(home.path, 'opendj');
  await copyInstance(model, folder);
  await changeConfig(folder, 'config.ldif', (config) => withPorts(config, ports));
  await rm(path.join(folder, 'config/ads-truststore'));
  await changeConfig(folder, 'admin-backend.ldif', (text) => text.replace(/dn: ds-cfg-key-id=[\s\S]*?(?:\n\n|$)/g, ''));
  return serveInstance(home, ports);
}
