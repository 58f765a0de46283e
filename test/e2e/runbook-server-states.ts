import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { passwordFile } from '../harness/archive-password.ts';
import { freePort } from '../harness/free-port.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { startPingDirectoryDouble } from '../harness/pingdirectory-double/pingdirectory-double.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import { smallVolume } from '../harness/small-volume.ts';
import { type Environment, type Home, newPath, type RunbookState, succeed } from './runbook-states.ts';

/** States of a directory server; each has an archive and a staging folder of its own, and leaves the server as it was. */
type MakeServerState = (ground: Home, directory: OpendjServer) => Promise<RunbookState>;

/** What is set for an archive and a staging folder of its own, with that server; `change` comes in after the archive was made. */
export async function place(ground: Home, directory: OpendjServer, change: Environment = {}): Promise<Environment> {
  const staging = newPath(ground, 'staging');
  await mkdir(staging);
  const env = {
    ROOTCELLAR_ARCHIVE: newPath(ground, 'archive'),
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_STAGING_FOLDER: staging,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
    ROOTCELLAR_BACKUP_BACKENDS: 'userRoot',
  };
  await succeed(['init'], env);
  return { ...env, ...change };
}

/** A backup, and a folder that it was fetched into, with its manifest. */
async function fetched(ground: Home, directory: OpendjServer): Promise<{ readonly env: Environment; readonly folder: string }> {
  const [env, folder] = [await place(ground, directory), newPath(ground, 'fetched')];
  await succeed(['backup'], env);
  await succeed(['fetch', 'latest', '--to', folder], env);
  return { env, folder };
}

const fails = ['backup'];

export const serverStates: Readonly<Record<string, MakeServerState>> = {
  'server-unreachable': async (ground, directory) => {
    const wrong = `ldaps://127.0.0.1:${await freePort()}`;
    return { env: await place(ground, directory, { ROOTCELLAR_SERVER_URL: wrong, RIGHT_URL: directory.ldapsUrl }), fails };
  },
  'server-untrusted': async (ground, directory) => {
    const { ROOTCELLAR_SERVER_CA_FILE: RIGHT_CA_FILE = '', ...env } = await place(ground, directory);
    return { env: { ...env, RIGHT_CA_FILE }, fails };
  },
  'no-ca-file': async (ground, directory) => {
    const absent = { ROOTCELLAR_SERVER_CA_FILE: newPath(ground, 'absent'), RIGHT_CA_FILE: directory.caFile };
    return { env: await place(ground, directory, absent), fails };
  },
  'server-running': async (ground, directory) => {
    const offline = { ROOTCELLAR_SERVER_VIA: 'tools', ROOTCELLAR_SERVER_MODE: 'offline', ROOTCELLAR_SERVER_HOME: directory.folder };
    return { env: await place(ground, directory, offline), fails };
  },
  'wrong-home': async (ground, directory) => {
    const tools = { ROOTCELLAR_SERVER_VIA: 'tools', ROOTCELLAR_SERVER_HOME: ground.home, RIGHT_HOME: directory.folder };
    return { env: await place(ground, directory, tools), fails };
  },
  'wrong-bind-password': async (ground, directory) => {
    const file = newPath(ground, 'password');
    await writeFile(file, 'wrong');
    const wrong = { ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: file, RIGHT_PASSWORD_FILE: directory.passwordFile };
    return { env: await place(ground, directory, wrong), fails };
  },
  'poor-account': async (ground, directory) => {
    const dn = `uid=poor,${directory.baseDn}`;
    const file = newPath(ground, 'password');
    await writeFile(file, 'P00r-but-honest');
    const client = await directory.connect();
    await client.add(dn, { objectClass: ['top', 'inetOrgPerson'], cn: 'P', sn: 'P', userPassword: 'P00r-but-honest' });
    const end = async (): Promise<void> => {
      await client.del(dn);
      await client.unbind();
    };
    const account = { ROOTCELLAR_SERVER_BIND_DN: dn, ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: file };
    const root = { ROOT_DN: directory.bindDn, ROOT_PASSWORD_FILE: directory.passwordFile };
    return { env: await place(ground, directory, { ...account, ...root }), fails, end };
  },
  'no-backend': async (ground, directory) => ({
    env: await place(ground, directory, { ROOTCELLAR_BACKUP_BACKENDS: 'usrRoot' }),
    fails,
  }),
  'no-export': async (ground, directory) => {
    const env = await place(ground, directory);
    const without = { ...env, ROOTCELLAR_BACKUP_EXPORT: 'false' };
    await succeed(['backup'], env);
    await succeed(['backup'], without);
    return { env: without, fails: ['restore', 'latest', '--from-export', '--yes'] };
  },
  'staging-not-shared': async (ground, directory) => {
    const other = newPath(ground, 'other');
    await mkdir(other);
    return { env: await place(ground, directory, { ROOTCELLAR_STAGING_SERVER_FOLDER: other }), fails };
  },
  'staging-not-writable': async (ground, directory) => {
    const volume = await smallVolume(4096);
    const env = await place(ground, directory);
    const OTHER_FOLDER = env['ROOTCELLAR_STAGING_FOLDER'] ?? '';
    return {
      env: { ...env, ROOTCELLAR_STAGING_FOLDER: await volume.readOnlyView(), OTHER_FOLDER },
      fails,
      end: async () => volume[Symbol.asyncDispose](),
    };
  },
  'archived-already': async (ground, directory) => {
    const { env, folder } = await fetched(ground, directory);
    return { env, fails: ['archive', folder] };
  },
  'changed-set': async (ground, directory) => {
    const { env, folder } = await fetched(ground, directory);
    await writeFile(path.join(folder, 'more'), 'more');
    return { env: { ...env, FOLDER: folder }, fails: ['archive', folder] };
  },
  'unreadable-journal': async (ground, directory) => {
    const env = await place(ground, directory);
    const JOURNAL = path.join(env['ROOTCELLAR_STAGING_FOLDER'] ?? '', '.restore-ds-0.json');
    await writeFile(JOURNAL, '{');
    return { env: { ...env, JOURNAL }, fails };
  },
  'opendj-encrypts': async (ground, directory) => ({ env: await place(ground, directory, { ROOTCELLAR_BACKUP_ENCRYPT: 'true' }), fails }),
  suspicious: async (ground) => {
    const own = await startOpendj();
    const env = await place(ground, own);
    await succeed(['backup'], env);
    const client = await own.connect();
    for (let number = 0; number < 45; number += 1) await client.del(`uid=user.${number},ou=People,${own.baseDn}`);
    await client.unbind();
    const { stdout } = await runRootcellar(['backup', '--json'], { env });
    const { id } = JSON.parse(stdout) as { readonly id: string };
    return { env: { ...env, SUSPICIOUS_ID: id }, fails, exitCode: 3, end: async () => own[Symbol.asyncDispose]() };
  },
  'wrong-pin': async (ground) => {
    const double = await startPingDirectoryDouble();
    const [right, wrong] = [path.join(double.home, 'pin'), path.join(double.home, 'wrong')];
    await writeFile(right, 'the pin');
    await writeFile(wrong, 'another');
    const env = {
      ROOTCELLAR_ARCHIVE: newPath(ground, 'archive'),
      ROOTCELLAR_PASSWORD_FILE: passwordFile,
      ROOTCELLAR_STAGING_FOLDER: newPath(ground, 'staging'),
      ROOTCELLAR_SERVER_URL: double.ldapsUrl,
      ROOTCELLAR_SERVER_BIND_DN: double.bindDn,
      ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: path.join(double.home, 'password'),
      ROOTCELLAR_SERVER_CA_FILE: double.caFile,
      ROOTCELLAR_SERVER_HOME: double.home,
      ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: right,
      ROOTCELLAR_BACKUP_BACKENDS: 'userRoot',
    };
    await succeed(['init'], env);
    await succeed(['backup'], env);
    // A new server, which has other definitions.
    await writeFile(path.join(double.home, 'encryption-settings.db'), 'AAAA0000 BBBB0000 true\n');
    return {
      env: { ...env, ROOTCELLAR_SERVER_ENCRYPTION_PIN_FILE: wrong, RIGHT_PIN_FILE: right },
      fails: ['restore', 'latest', '--yes'],
      end: async () => double[Symbol.asyncDispose](),
    };
  },
};
