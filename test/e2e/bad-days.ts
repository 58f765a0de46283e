import assert from 'node:assert/strict';
import { constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BusyError } from 'ldapts';
import type { Layout } from '../../src/archive/archive.ts';
import { archivePassword, passwordFile } from '../harness/archive-password.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import { type LdapGate, startLdapGate } from '../harness/ldap-gate.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { runProgram } from '../harness/run-program.ts';
import type { RootcellarResult, RunningRootcellar } from '../harness/rootcellar.ts';
import { type SecretWatch, watchSecrets } from '../harness/secret-watch.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

const bucket = 'backups';

/** A directory server and a store that do their work, and between them and rootcellar what a test can make trouble with. */
export interface BadDays extends AsyncDisposable {
  readonly directory: OpendjServer;
  readonly s3: VersitygwServer;
  /** Every request to the store passes here. */
  readonly store: FaultyHttpProxy;
  /** Every word to the directory server passes here, unless an operator goes elsewhere. */
  readonly gate: LdapGate;
  readonly secrets: SecretWatch;
  /** For whatever a test writes. */
  readonly home: string;
  /** Somebody with an archive of that name, which is made, and a staging folder: empty, unless `staging` names one. */
  operator(name: string, change?: { readonly staging?: string; readonly serverStaging?: string }): Promise<Operator>;
}

/** What `list --json` prints of a snapshot. */
interface ListedSnapshot {
  readonly id: string;
  readonly backupId: string;
  readonly state: string;
  readonly bytes: number;
}

/** What a command must say when it does not do its work. */
export interface Refusal {
  readonly exitCode: number;
  /** The whole sentence; a backup's ID is `BACKUP-ID` in it, a process's `PID`, an object's of random `UUID`, a blob's or pack's `ID`, a moment `TIME`. */
  readonly says: string;
  readonly hint?: string;
}

type Environment = Readonly<Record<string, string>>;

export interface Operator {
  readonly archive: string;
  readonly staging: string;
  /** Where the objects of the archive lie. */
  readonly objects: string;
  readonly environment: Environment;
  /** Runs the program; its exit code must be 0. */
  run(words: readonly string[], change?: Environment): Promise<RootcellarResult>;
  /** Runs the program, which must end so. */
  refused(words: readonly string[], refusal: Refusal, change?: Environment): Promise<RootcellarResult>;
  spawn(words: readonly string[], change?: Environment): RunningRootcellar;
  /** Reads every byte of every snapshot, which must be whole, and returns them newest first. */
  verified(): Promise<readonly string[]>;
  list(): Promise<readonly ListedSnapshot[]>;
  /** Names in the staging folder of the server that are no kept set. */
  staged(): Promise<readonly string[]>;
  /** Names in the staging folder of the server that are no kept set, and in the archive what a run of the layout takes away at its end. */
  rests(): Promise<readonly string[]>;
}

/** Archives have the default layout unless told. */
export async function startBadDays({
  people = 50,
  layout = 'repository',
}: { readonly people?: number; readonly layout?: Layout } = {}): Promise<BadDays> {
  const [home, locked] = [await temporaryFolder('bad-days'), await temporaryFolder('bad-days-credentials')];
  const [directory, s3] = await Promise.all([startOpendj({ people }), startVersitygw({ buckets: [bucket] })]);
  const [store, gate] = await Promise.all([startFaultyHttpProxy(s3.endpoint), startLdapGate({ ldapPort: directory.ldapPort })]);
  const secrets = watchSecrets({
    'the bind password': directory.password,
    'the S3 secret': s3.secretAccessKey,
    "the archive's password": archivePassword,
  });
  const credentials = path.join(locked.path, 's3');
  const lines = ['[default]', `aws_access_key_id = ${s3.accessKeyId}`, `aws_secret_access_key = ${s3.secretAccessKey}`, ''];
  await writeFile(credentials, lines.join('\n'), { mode: 0o600 });
  const environment = {
    ROOTCELLAR_LAYOUT: layout,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: store.endpoint,
    AWS_REGION: s3.region,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    ROOTCELLAR_SERVER_URL: gate.url,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: gate.caFile,
  };
  const scene = { directory, s3, store, gate, secrets, home: home.path };
  return {
    ...scene,
    operator: async (name, { staging, serverStaging } = {}) => {
      const folder = await mkdtemp(path.join(home.path, `${name}-`));
      const own = staging ?? path.join(folder, 'staging');
      await mkdir(own, { recursive: true });
      const archive = `s3://${bucket}/${name}`;
      const operator = operatorWith(secrets, layout, {
        archive,
        staging: own,
        objects: path.join(s3.folder, bucket, name),
        environment: {
          ...environment,
          ROOTCELLAR_ARCHIVE: archive,
          ROOTCELLAR_STAGING_FOLDER: own,
          ...(serverStaging !== undefined && { ROOTCELLAR_STAGING_SERVER_FOLDER: serverStaging }),
        },
      });
      await operator.run(['init']);
      return operator;
    },
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]();
      await gate[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
      await home.remove();
      await locked.remove();
    },
  };
}

type Place = Pick<Operator, 'archive' | 'staging' | 'objects' | 'environment'>;

function operatorWith(secrets: SecretWatch, layout: Layout, place: Place): Operator {
  const { environment } = place;
  const spawn: Operator['spawn'] = (words, change = {}) => secrets.spawn(words, { env: { ...environment, ...change } });
  const run: Operator['run'] = async (words, change) => {
    const result = await spawn(words, change).ended;
    assert.equal(result.exitCode, 0, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  const list = async (): Promise<readonly ListedSnapshot[]> =>
    JSON.parse((await run(['list', '--json'])).stdout) as readonly ListedSnapshot[];
  const staged = async (): Promise<readonly string[]> => {
    const names = await namesIn(path.join(place.staging, 'ds-0'));
    const kept = names.filter((name) => name.endsWith('.archived')).flatMap((name) => [name, name.slice(0, -'.archived'.length)]);
    return names.filter((name) => !kept.includes(name));
  };
  return {
    ...place,
    spawn,
    run,
    list,
    refused: async (words, refusal, change) => {
      const result = await spawn(words, change).ended;
      assertRefusal(result, refusal);
      return result;
    },
    verified: async () => {
      const { stdout } = await run(['verify', '--read-data', '--json']);
      const { snapshots } = JSON.parse(stdout) as { readonly snapshots: readonly { readonly id: string }[] };
      return snapshots.map(({ id }) => id);
    },
    staged,
    rests: async () => {
      if (layout === 'repository')
        return [...(await staged()), ...(await namesIn(path.join(place.objects, 'locks'))).map((name) => `lock ${name}`)];
      const archived = await namesIn(path.join(place.objects, 'ds-0'));
      const whole = archived.filter((name) => existsSync(path.join(place.objects, 'ds-0', name, 'manifest.json')));
      const marks = await namesIn(path.join(place.objects, '.rootcellar/unfinished/ds-0'));
      return [...(await staged()), ...archived.filter((name) => !whole.includes(name)), ...marks.map((name) => `mark ${name}`)];
    },
  };
}

/** The exit code, and the last thing said, to the letter. */
export function assertRefusal({ exitCode, stderr, stdout }: RootcellarResult, { exitCode: expected, says, hint }: Refusal): void {
  const said = stderr.slice(stderr.lastIndexOf('rootcellar: '));
  const sentence = `rootcellar: ${says}\n${hint === undefined ? '' : `  → ${hint}\n`}`;
  assert.equal(substituted(said), sentence, `${stdout}\n${stderr}`);
  assert.equal(exitCode, expected);
}

function substituted(text: string): string {
  return text
    .replaceAll(/\d{14}Z/g, 'BACKUP-ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'UUID')
    .replaceAll(/process \d+/g, 'process PID')
    .replaceAll(/\b(blob|pack) [0-9a-f]{12}\b/g, '$1 ID');
}

/** Resolves when the thing happens; rejects when the program has ended before it. */
export async function meanwhile(running: RunningRootcellar, happens: Promise<void>): Promise<void> {
  const ended = running.ended.then(({ exitCode, stdout, stderr }) => {
    throw new Error(`rootcellar ended with ${exitCode} before that:\n${stdout}\n${stderr}`);
  });
  await Promise.race([happens, ended]);
  ended.catch(() => {});
}

/** A task that waits for us. */
export interface HeldTask {
  /** Lets the task go on; a server that was killed meanwhile needs it too, before it is started again. */
  readonly release: () => Promise<void>;
}

/**
 * Has the server's next backup of its schema wait in the middle: beside the files it archives lies one that nobody has written to.
 * (Among a database's files it would be noticed: JE shuts a database down when one of them goes away.) The log shows that it has begun.
 */
export async function holdSchemaBackup({ directory }: BadDays): Promise<HeldTask> {
  const fifo = path.join(directory.folder, 'config/schema/zz-held.ldif');
  await runProgram('mkfifo', [fifo]);
  return {
    release: async () => {
      await feed(fifo, 'x');
      await rm(fifo, { force: true });
    },
  };
}

/** Writes to a FIFO that somebody reads; to one that nobody reads, nothing. */
async function feed(fifo: string, content: string | Uint8Array): Promise<void> {
  try {
    const file = await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    await file.write(Buffer.from(content));
    await file.close();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENXIO' || error.code === 'ENOENT'))) throw error;
  }
}

/** Resolves when the server's task of ours that is under way has this in its state or log. */
export async function untilTaskSays({ directory }: BadDays, pattern: RegExp): Promise<void> {
  const client = await directory.connect();
  try {
    for (;;) {
      const looked = client.search('cn=Scheduled Tasks,cn=tasks', {
        filter: '(&(ds-task-id=rootcellar-*)(!(ds-task-completion-time=*)))',
        attributes: ['ds-task-state', 'ds-task-log-message'],
      });
      // While it cancels a task the server may not be able to lock its entry: it is asked again.
      const { searchEntries } = await looked.catch((error: unknown) => {
        if (error instanceof BusyError) return { searchEntries: [] };
        throw error;
      });
      if (searchEntries.some((entry) => pattern.test(JSON.stringify(entry)))) return;
      await delay(20);
    }
  } finally {
    await client.unbind();
  }
}

/** Tasks of ours that the server has not ended. */
export async function tasksUnderWay({ directory }: BadDays): Promise<number> {
  const client = await directory.connect();
  try {
    const filter = '(&(ds-task-id=rootcellar-*)(!(ds-task-completion-time=*)))';
    return (await client.search('cn=Scheduled Tasks,cn=tasks', { filter, attributes: ['1.1'] })).searchEntries.length;
  } finally {
    await client.unbind();
  }
}

/** Fails when a secret was seen anywhere: printed, in a command line, in what lies in the archives or was left in the folders. */
export async function assertNoSecretSeen({ secrets, s3, home }: BadDays): Promise<void> {
  await secrets.lookInFolder(s3.folder);
  await secrets.lookInFolder(home);
  assert.ok(secrets.looks.runs > 0 && secrets.looks.commandLines >= secrets.looks.runs && secrets.looks.files > 0);
  assert.deepEqual(secrets.findings, []);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
