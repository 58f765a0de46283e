import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Restic, resticAt } from './restic.ts';
import { type RootcellarResult, type RunningRootcellar, runRootcellar, spawnRootcellar } from './rootcellar.ts';
import type { S3Server } from './s3-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const passwords = { first: 'the password of the first', second: 'the password of the second' } as const;

/** What `list --json` prints of a snapshot. */
export interface Listed {
  readonly id: string;
  readonly backupId: string;
  readonly server: string;
  readonly time: string;
  readonly bytes: number;
}

/** What `copy --json` prints. */
export interface Copied {
  readonly targetState: string;
  readonly copied: readonly { readonly id: string; readonly copy: string }[];
  readonly present: readonly string[];
  readonly damaged: readonly { readonly id: string; readonly finding: string }[];
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly isWhole: boolean | null;
}

export interface ResticSnapshot {
  readonly id: string;
  readonly original?: string;
}

type Words = readonly string[];
type Settings = Readonly<Record<string, string>>;

/** Somebody at a shell, with a first archive that is not made yet and the files `first` and `second` with a password each. */
export interface CopyScene extends AsyncDisposable {
  readonly folder: string;
  /** Runs the real program; its exit code must be 0 unless another one is told. */
  run(words: Words, expected?: number, settings?: Settings): Promise<RootcellarResult>;
  /** The same with `--json`; returns what it printed. */
  json<Printed>(words: Words, expected?: number, settings?: Settings): Promise<Printed>;
  spawn(words: Words): RunningRootcellar;
  /** Archives a folder with these files as a set of `ds-0`. */
  archive(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<{ readonly id: string }>;
}

export async function copyScene(archive: string, settings: Settings = {}): Promise<CopyScene> {
  const home = await temporaryFolder('copy');
  for (const [name, password] of Object.entries(passwords)) await writeFile(path.join(home.path, name), `${password}\n`, { mode: 0o600 });
  const env = {
    ROOTCELLAR_ARCHIVE: archive,
    ROOTCELLAR_LAYOUT: 'repository',
    ROOTCELLAR_PASSWORD_FILE: 'first',
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ...settings,
  };
  const run: CopyScene['run'] = async (words, expected = 0, more = {}) => {
    const result = await runRootcellar(words, { env: { ...env, ...more }, cwd: home.path });
    assert.equal(result.exitCode, expected, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  const json = async <Printed>(words: Words, expected?: number, more?: Settings): Promise<Printed> =>
    JSON.parse((await run([...words, '--json'], expected, more)).stdout) as Printed;
  return {
    folder: home.path,
    run,
    json,
    spawn: (words) => spawnRootcellar(words, { env, cwd: home.path }),
    archive: async (name, files) => {
      const folder = path.join(home.path, name);
      await mkdir(folder);
      for (const [file, content] of Object.entries(files)) await writeFile(path.join(folder, file), content);
      return json(['archive', folder]);
    },
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

/** How the program reaches a server as the first or the only one. */
export function settingsFor(server: S3Server): Settings {
  return {
    ROOTCELLAR_S3_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: server.region,
  };
}

/** The stock restic at `bucket/path` of a server. */
export function resticOn(server: S3Server, place: string, password: string, environment: Settings = {}): Promise<Restic> {
  return resticAt({
    repository: `s3:${server.endpoint}/${place}`,
    password,
    environment: {
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      AWS_DEFAULT_REGION: server.region,
      ...(server.caFile !== undefined && { RESTIC_CACERT: server.caFile }),
      ...environment,
    },
  });
}

/** Every file below the folder by its path, with its bytes in hexadecimal. */
export async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
  const read = files.map(async (file) => [path.relative(folder, file), (await readFile(file)).toString('hex')] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** Fails unless restic finds every byte right, and so many snapshots. */
export async function assertContent(restic: Restic, snapshots: number): Promise<readonly ResticSnapshot[]> {
  await restic('check', '--read-data');
  const listed = JSON.parse(await restic('snapshots', '--json')) as ResticSnapshot[];
  assert.equal(listed.length, snapshots);
  return listed;
}

/** What is told of snapshots, but for their IDs. */
export function facts(snapshots: readonly Listed[]): readonly unknown[] {
  return snapshots.map(({ id: _id, ...others }) => others);
}
