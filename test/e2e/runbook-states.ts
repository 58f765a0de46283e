import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { archivePassword, passwordFile } from '../harness/archive-password.ts';
import { freePort } from '../harness/free-port.ts';
import { programPath } from '../harness/parts.ts';
import { runProgram } from '../harness/run-program.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import { smallVolume } from '../harness/small-volume.ts';
import type { VersitygwServer } from '../harness/versitygw.ts';

export type Environment = Readonly<Record<string, string>>;

/** A state that a runbook is about: what fails in it, and what its commands are given. */
export interface RunbookState {
  readonly env: Environment;
  /** Must fail with the code that the section is named for; with this exit code where the section is about an alarm. */
  readonly fails: readonly string[];
  readonly exitCode?: number;
  /** What the page says to wait for has come. */
  readonly after?: () => Promise<void>;
  readonly end?: () => Promise<void>;
}

export interface Home {
  /** For whatever a state writes. */
  readonly home: string;
}

/** What the states of an archive are made of. */
export interface Ground extends Home {
  /** With the bucket `vault`, which has an archive at `set`. */
  readonly s3: VersitygwServer;
  /** Of the layout `repository`, in folders, with two snapshots of server `prod`: of 200 KB, which have little in common. */
  readonly repository: string;
  /** The same in the layout `plain`. */
  readonly plain: string;
}

type MakeState = (ground: Ground) => Promise<RunbookState>;

let serial = 0;

/** A folder of its own that is not there yet. */
export function newPath(ground: Home, name: string): string {
  return path.join(ground.home, `${name}-${(serial += 1)}`);
}

/** Runs the program, which must end with 0. */
export async function succeed(words: readonly string[], env: Environment): Promise<string> {
  const { exitCode, stdout, stderr } = await runRootcellar(words, { env });
  if (exitCode !== 0) throw new Error(`rootcellar ${words.join(' ')} ended with ${exitCode}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** A folder with a backup's shape and content that no other has. */
export async function writeSet(folder: string): Promise<string> {
  await mkdir(path.join(folder, 'userRoot'), { recursive: true });
  await writeFile(path.join(folder, 'userRoot/file'), randomBytes(200_000));
  await writeFile(path.join(folder, 'note'), 'a note');
  return folder;
}

/** Makes the two archives that states are copied from. */
export async function makeTemplates(home: string): Promise<{ readonly repository: string; readonly plain: string }> {
  const made = async (layout: string): Promise<string> => {
    const env = base(path.join(home, `template-${layout}`), { ROOTCELLAR_LAYOUT: layout });
    await succeed(['init'], env);
    for (const name of ['one', 'two']) {
      await succeed(['archive', await writeSet(path.join(home, `set-${layout}-${name}`))], env);
    }
    return env['ROOTCELLAR_ARCHIVE'] ?? '';
  };
  return { repository: await made('repository'), plain: await made('plain') };
}

function base(archive: string, more: Environment = {}): Environment {
  return { ROOTCELLAR_ARCHIVE: archive, ROOTCELLAR_PASSWORD_FILE: passwordFile, ROOTCELLAR_SERVER_NAME: 'prod', ...more };
}

async function copied(ground: Ground, layout: 'repository' | 'plain'): Promise<Environment & { readonly ROOTCELLAR_ARCHIVE: string }> {
  const archive = newPath(ground, layout);
  await runProgram('cp', ['-a', ground[layout], archive]);
  return { ...base(archive, { ROOTCELLAR_LAYOUT: layout }), ROOTCELLAR_ARCHIVE: archive };
}

interface Listed {
  readonly id: string;
  readonly backupId: string;
}

/** Newest first. */
async function listed(env: Environment): Promise<readonly [Listed, Listed]> {
  return JSON.parse(await succeed(['list', '--json'], env)) as [Listed, Listed];
}

async function flipIn(file: string): Promise<void> {
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  await rm(file);
  await writeFile(file, bytes);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** The archive `s3://vault/set`, whose store is known by other settings than these. */
function inS3({ s3, home }: Ground, more: Environment): Environment {
  return {
    ...base('s3://vault/set', { ROOTCELLAR_S3_ENDPOINT: s3.endpoint, ROOTCELLAR_S3_ATTEMPTS: '2', AWS_REGION: s3.region }),
    AWS_SHARED_CREDENTIALS_FILE: path.join(home, 's3-credentials'),
    ...more,
  };
}

async function writeLease(file: string, endsAt: number): Promise<void> {
  const holder = { host: 'pod-7', processId: 42, space: 'elsewhere', processBegan: '1', work: 'backup' };
  const times = { renewedAt: new Date(Date.now() - 1000).toISOString(), endsAt: new Date(endsAt).toISOString() };
  // Anew, so that it has no checksum that would be wrong.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify({ holder, fence: 9, ...times }));
}

/** The states that need no directory server. */
export const archiveStates: Readonly<Record<string, MakeState>> = {
  'wrong-password': async (ground) => {
    const file = newPath(ground, 'password');
    await writeFile(file, 'another one');
    const env = { ...(await copied(ground, 'repository')), ROOTCELLAR_PASSWORD_FILE: file, RIGHT_PASSWORD_FILE: passwordFile };
    return { env, fails: ['list'] };
  },
  'no-password-file': async (ground) => {
    const ROOTCELLAR_PASSWORD_FILE = newPath(ground, 'absent');
    return {
      env: { ...(await copied(ground, 'repository')), ROOTCELLAR_PASSWORD_FILE, RIGHT_PASSWORD_FILE: passwordFile },
      fails: ['list'],
    };
  },
  'no-archive': async (ground) => {
    const { ROOTCELLAR_ARCHIVE, ...env } = await copied(ground, 'repository');
    return {
      env: { ...env, ROOTCELLAR_ARCHIVE: newPath(ground, 'nothing'), RIGHT_ARCHIVE: ROOTCELLAR_ARCHIVE },
      fails: ['list'],
    };
  },
  'foreign-layout': async (ground) => ({ env: { ...(await copied(ground, 'repository')), ROOTCELLAR_LAYOUT: 'plain' }, fails: ['list'] }),
  busy: async (ground) => {
    const env = await copied(ground, 'repository');
    const FOLDER = await writeSet(newPath(ground, 'set'));
    const lease = path.join(env.ROOTCELLAR_ARCHIVE, '.rootcellar/leases/prod.json');
    await writeLease(lease, Date.now() + 600_000);
    return { env: { ...env, FOLDER }, fails: ['archive', FOLDER], after: () => writeLease(lease, Date.now() - 500) };
  },
  locked: async (ground) => {
    const env = await copied(ground, 'repository');
    // A backup of restic that waits for its input holds its lock.
    const restic = spawn(await programPath('restic'), ['--no-cache', 'backup', '--stdin'], {
      env: { ...process.env, RESTIC_REPOSITORY: env.ROOTCELLAR_ARCHIVE, RESTIC_PASSWORD: archivePassword },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => restic.once('close', resolve));
    const locks = (): Promise<readonly string[]> => readdir(path.join(env.ROOTCELLAR_ARCHIVE, 'locks')).catch(() => []);
    while ((await locks()).length === 0 && restic.exitCode === null) await delay(20);
    const end = async (): Promise<void> => {
      restic.stdin.end();
      await ended;
    };
    return { env, fails: ['prune', '--yes', '--lock-wait', '1s'], after: end, end };
  },
  'damaged-pack': async (ground) => {
    const env = await copied(ground, 'repository');
    const [newest, older] = await listed(env);
    // Of the newest snapshot alone, as nothing of the older ones is in it.
    const before = new Set(await filesBelow(path.join(env.ROOTCELLAR_ARCHIVE, 'data')));
    await succeed(['archive', await writeSet(newPath(ground, 'set'))], env);
    const added = (await filesBelow(path.join(env.ROOTCELLAR_ARCHIVE, 'data'))).filter((file) => !before.has(file));
    const sizes = await Promise.all(added.map(async (file) => [(await readFile(file)).length, file] as const));
    await flipIn(sizes.toSorted(([a], [b]) => b - a)[0]?.[1] ?? '');
    return {
      env: { ...env, GOOD_ID: older.id, OTHER_ID: newest.id, FOLDER: newPath(ground, 'fetched') },
      fails: ['fetch', 'latest', '--to', newPath(ground, 'failing')],
    };
  },
  'damaged-index': async (ground) => {
    const env = await copied(ground, 'repository');
    for (const file of await filesBelow(path.join(env.ROOTCELLAR_ARCHIVE, 'index'))) await flipIn(file);
    return { env, fails: ['fetch', 'latest', '--to', newPath(ground, 'failing')] };
  },
  'damaged-set': async (ground) => {
    const env = await copied(ground, 'plain');
    const [newest, older] = await listed(env);
    const manifest = path.join(env.ROOTCELLAR_ARCHIVE, 'prod', newest.backupId, 'manifest.json');
    await rm(manifest);
    await writeFile(manifest, '{');
    return {
      env: { ...env, GOOD_ID: older.backupId, BAD_ID: newest.backupId, FOLDER: newPath(ground, 'fetched') },
      fails: ['fetch', newest.backupId, '--to', newPath(ground, 'failing')],
    };
  },
  'unknown-snapshot': async (ground) => ({ env: await copied(ground, 'repository'), fails: ['show', 'ffffffffffff'] }),
  'two-servers': async (ground) => {
    const env = await copied(ground, 'repository');
    await succeed(['archive', await writeSet(newPath(ground, 'set'))], { ...env, ROOTCELLAR_SERVER_NAME: 'other' });
    return { env, fails: ['show', 'latest'] };
  },
  'unknown-path': async (ground) => ({ env: await copied(ground, 'repository'), fails: ['cat', 'latest', 'userRoot/fiel'] }),
  'newest-snapshot': async (ground) => {
    const env = await copied(ground, 'repository');
    const [{ id }] = await listed(env);
    return { env: { ...env, ID: id, FOLDER: await writeSet(newPath(ground, 'set')) }, fails: ['forget', id, '--yes'] };
  },
  'pinned-snapshot': async (ground) => {
    const env = await copied(ground, 'repository');
    const [, { id }] = await listed(env);
    await succeed(['pin', id, '--reason', 'an audit', '--until', '30d'], env);
    return { env: { ...env, ID: id }, fails: ['forget', id, '--yes'] };
  },
  'disk-full': async (ground) => {
    const volume = await smallVolume(1024);
    await volume.fill(4096);
    const env = { ...(await copied(ground, 'repository')), FOLDER: volume.path };
    return { env, fails: ['fetch', 'latest', '--to', path.join(volume.path, 'set')], end: async () => volume[Symbol.asyncDispose]() };
  },
  'odd-file': async (ground) => {
    const FOLDER = await writeSet(newPath(ground, 'set'));
    await runProgram('mkfifo', [path.join(FOLDER, 'odd')]);
    return { env: { ...(await copied(ground, 'repository')), FOLDER }, fails: ['archive', FOLDER] };
  },
  'lock-unsupported': async (ground) => {
    const lock = { ROOTCELLAR_OBJECT_LOCK_MODE: 'governance', ROOTCELLAR_OBJECT_LOCK_DAYS: '7' };
    return { env: inS3(ground, { ...lock, ROOTCELLAR_ARCHIVE: 's3://vault/to-be-locked' }), fails: ['init'] };
  },
  'store-unreachable': async (ground) => {
    const ROOTCELLAR_S3_ENDPOINT = `http://127.0.0.1:${await freePort()}`;
    return { env: inS3(ground, { ROOTCELLAR_S3_ENDPOINT, RIGHT_ENDPOINT: ground.s3.endpoint }), fails: ['list'] };
  },
  'no-credentials': async (ground) => {
    const { AWS_SHARED_CREDENTIALS_FILE: CREDENTIALS_FILE = '', ...env } = inS3(ground, { AWS_EC2_METADATA_DISABLED: 'true' });
    return { env: { ...env, CREDENTIALS_FILE }, fails: ['list'] };
  },
  'wrong-credentials': async (ground) => {
    const file = newPath(ground, 'credentials');
    await writeFile(file, `[default]\naws_access_key_id = ${ground.s3.accessKeyId}\naws_secret_access_key = another\n`);
    const { AWS_SHARED_CREDENTIALS_FILE: CREDENTIALS_FILE = '', ...env } = inS3(ground, {});
    return { env: { ...env, CREDENTIALS_FILE, AWS_SHARED_CREDENTIALS_FILE: file }, fails: ['list'] };
  },
  'no-bucket': async (ground) => ({
    env: inS3(ground, { ROOTCELLAR_ARCHIVE: 's3://vaullt/set', RIGHT_ARCHIVE: 's3://vault/set' }),
    fails: ['list'],
  }),
  'unknown-key': async (ground) => {
    const env = await copied(ground, 'repository');
    const file = newPath(ground, 'password');
    await writeFile(file, 'a second password of the archive');
    const { id } = JSON.parse(await succeed(['key', 'add', '--new-password-file', file, '--json'], env)) as Listed;
    return { env: { ...env, ID: id }, fails: ['key', 'remove', 'ffffffffffff'] };
  },
  'key-in-use': async (ground) => {
    const env = await copied(ground, 'repository');
    const NEW_PASSWORD_FILE = newPath(ground, 'password');
    await writeFile(NEW_PASSWORD_FILE, 'the next password of the archive');
    const [{ id }] = await listedKeys(env);
    return { env: { ...env, NEW_PASSWORD_FILE }, fails: ['key', 'remove', id, '--yes'] };
  },
  'plain-without-keys': async (ground) => {
    const copy = {
      NEW_ARCHIVE: newPath(ground, 'copy'),
      PASSWORD_FILE: passwordFile,
      ROOTCELLAR_STAGING_FOLDER: newPath(ground, 'staging'),
    };
    return { env: { ...(await copied(ground, 'plain')), ...copy }, fails: ['key', 'list'] };
  },
  'plain-without-repairs': async (ground) => ({ env: await copied(ground, 'plain'), fails: ['repair', 'index'] }),
  'wrong-words': async (ground) => ({ env: await copied(ground, 'repository'), fails: ['backup', '--backends', 'userRoot'] }),
  late: async (ground) => {
    const env = await copied(ground, 'plain');
    for (const { backupId } of await listed(env)) {
      const manifest = path.join(env.ROOTCELLAR_ARCHIVE, 'prod', backupId, 'manifest.json');
      const text = await readFile(manifest, 'utf8');
      await rm(manifest);
      await writeFile(manifest, text.replace(/"time": "[^"]+"/, `"time": "2020-01-0${backupId.length % 9}T00:00:00.000Z"`));
    }
    const backUp = async (): Promise<void> => void (await succeed(['archive', await writeSet(newPath(ground, 'set'))], env));
    return { env, fails: ['status'], exitCode: 1, after: backUp };
  },
};

async function listedKeys(env: Environment): Promise<readonly [Listed]> {
  return JSON.parse(await succeed(['key', 'list', '--json'], env)) as [Listed];
}
