import assert from 'node:assert/strict';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Attribute, Change, NoSuchObjectError } from 'ldapts';
import { passwordFile } from '../harness/archive-password.ts';
import type { OpendjServer } from '../harness/opendj.ts';
import { type RootcellarResult, type RunningRootcellar, spawnRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { type OpendjTopology, startTopology } from '../harness/topology.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

const bucket = 'backups';

/** A replicated directory and an S3 server; each test has an archive and a staging folder of its own. */
export interface TopologyScene extends AsyncDisposable {
  readonly topology: OpendjTopology;
  readonly servers: readonly OpendjServer[];
  readonly s3: VersitygwServer;
  /** Somebody who works on the first server, into the archive `s3://backups/NAME`. */
  operator(name: string, change?: Readonly<Record<string, string>>): Promise<TopologyOperator>;
  /** What each server holds, in their order: equal where they hold the same. */
  states(): Promise<readonly string[]>;
}

export interface TopologyOperator {
  readonly staging: string;
  /** Where the objects of the archive lie. */
  readonly objects: string;
  readonly environment: Readonly<Record<string, string>>;
  spawn(words: readonly string[], change?: Readonly<Record<string, string>>): RunningRootcellar;
  /** Runs it to its end; its exit code must be 0 unless another one is told. */
  run(words: readonly string[], expected?: number, change?: Readonly<Record<string, string>>): Promise<RootcellarResult>;
}

export async function setTopologyScene(servers: 2 | 3, people = 50): Promise<TopologyScene> {
  await using stack = new AsyncDisposableStack();
  const home = await temporaryFolder('topology-scene');
  stack.defer(() => home.remove());
  const [topology, s3] = await Promise.all([startTopology({ servers, people }), startVersitygw({ buckets: [bucket] })]);
  stack.use(topology);
  stack.use(s3);
  const credentials = path.join(home.path, 's3-credentials');
  const lines = ['[default]', `aws_access_key_id = ${s3.accessKeyId}`, `aws_secret_access_key = ${s3.secretAccessKey}`, ''];
  await writeFile(credentials, lines.join('\n'), { mode: 0o600 });
  const [first] = topology.servers;
  assert.ok(first);
  const environment = {
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    AWS_REGION: s3.region,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    ROOTCELLAR_SERVER_URL: first.ldapsUrl,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_HOME: first.folder,
    ROOTCELLAR_SERVER_BIND_DN: first.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: first.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: topology.caFile,
    ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: topology.adminPasswordFile,
    ROOTCELLAR_BACKUP_BACKENDS: 'userRoot',
  };
  const owned = stack.move();
  return {
    topology,
    servers: topology.servers,
    s3,
    operator: async (name, change = {}) => {
      const staging = path.join(await mkdtemp(path.join(home.path, `${name}-`)), 'staging');
      await mkdir(staging);
      const env = { ...environment, ROOTCELLAR_ARCHIVE: `s3://${bucket}/${name}`, ROOTCELLAR_STAGING_FOLDER: staging, ...change };
      const operator = operatorWith(env, staging, path.join(s3.folder, bucket, name));
      await operator.run(['init']);
      return operator;
    },
    states: () => Promise.all(topology.servers.map((server) => topology.digestOn(server))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function operatorWith(environment: Readonly<Record<string, string>>, staging: string, objects: string): TopologyOperator {
  const spawn: TopologyOperator['spawn'] = (words, change = {}) => spawnRootcellar(words, { env: { ...environment, ...change } });
  return {
    staging,
    objects,
    environment,
    spawn,
    run: async (words, expected = 0, change = {}) => {
      const result = await spawn(words, change).ended;
      assert.equal(result.exitCode, expected, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
      return result;
    },
  };
}

/** What a bad script does: people gone, people mangled. Replication spreads it. */
export async function spoil(server: OpendjServer): Promise<void> {
  const client = await server.connect();
  try {
    for (let number = 0; number < 5; number += 1) await client.del(personDn(server, number)).catch(unlessGone);
    for (let number = 10; number < 20; number += 1) {
      await client.modify(personDn(server, number), [replacement('telephoneNumber', `${Math.floor(Math.random() * 1e9)}`)]);
    }
  } finally {
    await client.unbind();
  }
}

/** An earlier test has done it, and its restore was rolled back. */
function unlessGone(error: unknown): void {
  if (!(error instanceof NoSuchObjectError)) throw error;
}

/** One write, to see whether it is taken and where it goes. */
export async function touch(server: OpendjServer, number: number): Promise<void> {
  const client = await server.connect();
  try {
    await client.modify(personDn(server, number), [replacement('title', `touched ${Math.random()}`)]);
  } finally {
    await client.unbind();
  }
}

export function personDn({ baseDn }: OpendjServer, number: number): string {
  return `uid=user.${number},ou=People,${baseDn}`;
}

/** `localhost:4444`, as the topology names the server. */
export function replicaName({ adminPort }: OpendjServer): string {
  return `localhost:${adminPort}`;
}

/** Fails unless a write on each server comes to all others. */
export async function assertReplicating({ topology, servers }: TopologyScene): Promise<void> {
  for (const [index, server] of servers.entries()) {
    await touch(server, 30 + index);
    await topology.waitUntilReplicated();
  }
}

function replacement(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
