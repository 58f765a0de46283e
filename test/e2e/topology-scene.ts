import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Attribute, Change, NoSuchObjectError } from 'ldapts';
import { type JournalDocument, readJournal } from '../../src/staging/restore-journal.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
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
  /** Every request to the store is lost until it is mended, or the result disposed. */
  cutStore(): Disposable & { readonly mend: () => void };
  /** Takes all entries and the changes of the stopped server with this number away: what is left is a fresh server of the same topology. */
  loseEntries(index: number): Promise<void>;
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
  const store = stack.use(await startFaultyHttpProxy(stack.use(s3).endpoint));
  const credentials = path.join(home.path, 's3-credentials');
  const lines = ['[default]', `aws_access_key_id = ${s3.accessKeyId}`, `aws_secret_access_key = ${s3.secretAccessKey}`, ''];
  await writeFile(credentials, lines.join('\n'), { mode: 0o600 });
  const [first] = topology.servers;
  assert.ok(first);
  const environment = {
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: store.endpoint,
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
    cutStore: () => {
      store.arm({ times: Infinity, action: { kind: 'drop-before' } });
      const mend = (): void => store.reset();
      return { mend, [Symbol.dispose]: mend };
    },
    loseEntries: async (index) => {
      const folder = topology.servers[index]?.folder ?? assert.fail(`no server ${index}`);
      for (const name of ['db/userRoot', 'changelogDb']) {
        await rm(path.join(folder, name), { recursive: true });
        await mkdir(path.join(folder, name));
      }
    },
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

/** Stops the run (SIGSTOP) once its journal says that the step is done; SIGCONT lets it go on. */
export async function heldAt(running: RunningRootcellar, operator: TopologyOperator, key: string): Promise<void> {
  await untilJournal(running, operator, (steps) => steps.some((step) => step.key === key && step.state === 'done'), key);
  running.kill('SIGSTOP');
}

/** Resolves when the journal of the run is so; rejects when it ends before. */
export async function untilJournal(
  running: RunningRootcellar,
  { staging }: TopologyOperator,
  isSo: (steps: JournalDocument['steps']) => boolean,
  what: string,
): Promise<void> {
  let isOver = false;
  void running.ended.then(() => (isOver = true));
  for (;;) {
    const journal = await readJournal({ folder: staging, serverFolder: '' }, 'ds-0').catch(() => undefined);
    if (journal !== undefined && isSo(journal.steps)) return;
    if (isOver) throw new Error(`it ended before it came to "${what}":\n${running.stderr()}`);
    await delay(2);
  }
}

export interface ExpectedRefusal {
  readonly exitCode: number;
  /** How the sentence begins. */
  readonly says: string;
  /** How it ends. */
  readonly ends?: string;
  readonly hint?: string;
}

export function assertRefused({ exitCode, stderr }: RootcellarResult, expected: ExpectedRefusal): void {
  const [sentence = '', hint = ''] = stderr.slice(stderr.lastIndexOf('rootcellar: ')).split('\n');
  assert.equal(exitCode, expected.exitCode, stderr);
  assert.ok(sentence.startsWith(`rootcellar: ${expected.says}`), stderr);
  if (expected.ends !== undefined) assert.ok(sentence.endsWith(expected.ends), stderr);
  if (expected.hint !== undefined) assert.equal(hint, `  → ${expected.hint}`);
}

/** One bit of the largest pack is another, until it is disposed. */
export async function alteredPack({ objects }: TopologyOperator): Promise<AsyncDisposable> {
  const names = (await readdir(path.join(objects, 'data'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = await Promise.all(
    names.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { file, content: await readFile(file) };
    }),
  );
  const [largest] = files.toSorted((a, b) => b.content.length - a.content.length);
  assert.ok(largest);
  const altered = Buffer.from(largest.content);
  altered.writeUInt8(altered.readUInt8(1000) ^ 1, 1000);
  await writeFile(largest.file, altered);
  return { [Symbol.asyncDispose]: () => writeFile(largest.file, largest.content) };
}

function replacement(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
