import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Attribute, Change } from 'ldapts';
import { archivePassword, passwordFile } from '../harness/archive-password.ts';
import { compareEntries, type EntryDigests, readEntryDigests } from '../harness/directory-entries.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { type RootcellarResult, runRootcellar } from '../harness/rootcellar.ts';
import { type Restic, resticAt } from '../harness/restic.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

export const bucket = 'backups';

/** A directory server and an S3 server for all tests of a file; each test has an archive and a staging folder of its own. */
export interface Scene extends AsyncDisposable {
  readonly directory: OpendjServer;
  readonly s3: VersitygwServer;
  /** An archive that is not made yet: `s3://backups/NAME`, or what `archive` says. */
  operator(name: string, archive?: string, settings?: Readonly<Record<string, string>>): Promise<Operator>;
  /** The stock restic on the archive `s3://backups/NAME`. */
  restic(name: string): Promise<Restic>;
}

/** Somebody with one configuration, at a shell. */
export interface Operator {
  readonly archive: string;
  readonly staging: string;
  /** For whatever a test writes. */
  readonly folder: string;
  /** All that is set for its runs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Runs the real program; its exit code must be 0 unless another one is told. */
  run(words: readonly string[], expected?: number, change?: Readonly<Record<string, string>>): Promise<RootcellarResult>;
  /** The same with `--json`; returns what it printed. */
  json<Printed>(words: readonly string[], expected?: number): Promise<Printed>;
}

export async function setScene(people: number): Promise<Scene> {
  const home = await temporaryFolder('main-job');
  const [directory, s3] = await Promise.all([startOpendj({ people }), startVersitygw({ tls: true, buckets: [bucket] })]);
  const credentials = path.join(home.path, 's3-credentials');
  const lines = ['[default]', `aws_access_key_id = ${s3.accessKeyId}`, `aws_secret_access_key = ${s3.secretAccessKey}`, ''];
  await writeFile(credentials, lines.join('\n'), { mode: 0o600 });
  const environment = {
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    ROOTCELLAR_S3_CA_FILE: s3.caFile ?? '',
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    AWS_REGION: s3.region,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
  };
  return {
    directory,
    s3,
    operator: async (name, archive = `s3://${bucket}/${name}`, settings = {}) => {
      const folder = await mkdtemp(path.join(home.path, `${name}-`));
      const staging = path.join(folder, 'staging');
      await mkdir(staging);
      return operatorWith(
        { ...environment, ROOTCELLAR_ARCHIVE: archive, ROOTCELLAR_STAGING_FOLDER: staging, ...settings },
        { archive, staging, folder },
      );
    },
    restic: (name) =>
      resticAt({
        repository: `s3:${s3.endpoint}/${bucket}/${name}`,
        password: archivePassword,
        environment: {
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
          AWS_DEFAULT_REGION: s3.region,
          RESTIC_CACERT: s3.caFile ?? '',
        },
      }),
    [Symbol.asyncDispose]: async () => {
      await directory[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
      await home.remove();
    },
  };
}

function operatorWith(env: Readonly<Record<string, string>>, place: Pick<Operator, 'archive' | 'staging' | 'folder'>): Operator {
  const run: Operator['run'] = async (words, expected = 0, change = {}) => {
    const result = await runRootcellar(words, { env: { ...env, ...change }, cwd: place.folder });
    assert.equal(result.exitCode, expected, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  const json = async <Printed>(words: readonly string[], expected?: number): Promise<Printed> =>
    JSON.parse((await run([...words, '--json'], expected)).stdout) as Printed;
  return { ...place, environment: env, run, json };
}

/** What `list --json` prints of a snapshot. */
export interface ListedSnapshot {
  readonly id: string;
  readonly time: string;
  readonly server: string;
  readonly backends: readonly string[];
  readonly bytes: number;
  readonly state: string;
}

/** Every entry of the directory with every attribute, users' and operational ones. */
export async function entriesOf(directory: OpendjServer): Promise<EntryDigests> {
  const client = await directory.connect();
  try {
    return await readEntryDigests(client, directory.baseDn);
  } finally {
    await client.unbind();
  }
}

/** Modifies, deletes, adds and renames entries, and fails when that left the directory as it was. */
export async function changeDirectory(directory: OpendjServer): Promise<void> {
  const before = await entriesOf(directory);
  const people = [...before.keys()].filter((dn) => dn.startsWith('uid=')).toSorted();
  const client = await directory.connect();
  try {
    for (const dn of people.slice(0, 10)) await client.modify(dn, [replacement('telephoneNumber', `+1 555 ${Math.random()}`.slice(0, 16))]);
    await client.modify(people[10] ?? '', [replacement('userPassword', 'another password')]);
    for (const dn of people.slice(20, 25)) await client.del(dn);
    for (const name of ['one', 'two']) {
      const dn = `cn=group ${name} ${before.size},ou=Groups,${directory.baseDn}`;
      await client.add(dn, { objectClass: ['top', 'groupOfNames'], member: people.slice(30, 40) });
    }
    await client.modifyDN(people[50] ?? '', `uid=renamed.${before.size},ou=People,${directory.baseDn}`);
  } finally {
    await client.unbind();
  }
  const { changed, missing, added } = compareEntries(before, await entriesOf(directory));
  assert.ok(changed.length >= 11 && missing.length === 6 && added.length === 3, 'the directory has changed');
}

/** Fails unless `actual` has the very entries of `expected`. */
export function assertSameEntries(actual: EntryDigests, expected: EntryDigests): void {
  const { changed, missing, added } = compareEntries(expected, actual);
  assert.deepEqual({ changed, missing, added }, { changed: [], missing: [], added: [] });
}

/** Every file below the folder by its path, with its bytes. */
export async function contentOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name))] as const)));
}

/** Has the server's own program write a backup of userRoot, as the sidecar of Ping's guide does. */
export async function backupByTool({ directory }: Scene, folder: string): Promise<void> {
  const values = {
    hostname: directory.host,
    port: `${directory.adminPort}`,
    bindDN: directory.bindDn,
    bindPasswordFile: directory.passwordFile,
    backendID: 'userRoot',
    backupDirectory: folder,
  };
  const words = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
  await directory.tool('backup', ['--noPropertiesFile', '--trustAll', ...words]);
}

function replacement(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
