import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Surroundings } from './compose.ts';
import { readSecret } from './compose-settings.ts';
import { required } from './config/required-setting.ts';
import type { Config } from './config/schema.ts';
import type { DirectoryServer } from './directory-servers/directory-server.ts';
import type { LdapDirectoryServer, LdapDirectoryServerOptions } from './directory-servers/ldap-directory-server.ts';
import type { ScratchServers } from './directory-servers/scratch-server.ts';
import type { ToolHost } from './directory-servers/tool-host.ts';
import type { Topology } from './directory-servers/topology.ts';
import { exitCodes, Failure, messageOf } from './foundation/failure.ts';
import { guarded } from './foundation/guarded.ts';
import type { Secret } from './foundation/secret.ts';

/** The server of the settings `server`, by LDAP or by its own programs. */
export async function openServer(config: Config, around: Surroundings): Promise<DirectoryServer> {
  const changing = ['backUp', 'restore', 'exportLdif', 'importLdif', 'importEncryptionSettings', 'enableBackend', 'applyChanges'] as const;
  return guarded(await openUnguardedServer(config, around), changing, around.mayGoOn);
}

async function openUnguardedServer(config: Config, around: Surroundings): Promise<DirectoryServer> {
  const { server } = config;
  if (config.kubernetes.pod !== undefined) {
    const { openPodServer } = await import('./compose-kubernetes.ts');
    return openPodServer(config, around, (toolHost) => openLdapServer(config, around, toolHost));
  }
  if (server.via === 'ldap') return openLdapServer(config, around);
  const { ToolsDirectoryServer } = await import('./directory-servers/tools-directory-server.ts');
  return new ToolsDirectoryServer({
    home: required(server.home, 'server.home'),
    encryptionPinFile: server.encryptionPinFile,
    online:
      server.mode === 'offline'
        ? undefined
        : {
            ldap: await openLdapServer(config, around),
            url: required(server.url, 'server.url'),
            bindDn: required(server.bindDn, 'server.bindDn'),
            bindPasswordFile: required(server.bindPasswordFile, 'server.bindPasswordFile'),
            caFile: server.caFile,
          },
  });
}

async function openLdapServer(config: Config, around: Surroundings, toolHost?: ToolHost): Promise<LdapDirectoryServer> {
  const { LdapDirectoryServer } = await import('./directory-servers/ldap-directory-server.ts');
  return new LdapDirectoryServer({ ...ldapOptions(config, around), toolHost });
}

/** The replicas of that server's directory. */
export async function openTopology(config: Config, around: Surroundings): Promise<Topology> {
  const [{ DsreplicationTopology }, { LdapDirectoryServer }] = await Promise.all([
    import('./directory-servers/dsreplication-topology.ts'),
    import('./directory-servers/ldap-directory-server.ts'),
  ]);
  const { adminUid, adminPasswordFile, servers } = config.replication;
  // Its content goes to the server's program by the file's name alone; read here it is kept out of what that prints.
  const readAdminPassword = (): Promise<Secret> =>
    readSecret(required(adminPasswordFile, 'replication.adminPasswordFile'), 'replication.adminPasswordFile', around);
  if (adminPasswordFile !== undefined) await readAdminPassword();
  const target = ldapOptions(config, around);
  const toolHost =
    config.kubernetes.pod === undefined ? undefined : await (await import('./compose-kubernetes.ts')).openToolHost(config, around);
  const topology: Topology = new DsreplicationTopology({
    target,
    servers,
    adminUid,
    adminPasswordFile,
    readAdminPassword,
    home: config.server.home,
    caFile: config.server.caFile,
    toolHost,
    connect: (url) => new LdapDirectoryServer({ ...target, url }),
    clock: around.clock,
  });
  return guarded(topology, ['suspend', 'resume', 'initialize', 'initializeAll', 'fence', 'unfence'], around.mayGoOn);
}

function ldapOptions({ server, archive }: Config, around: Surroundings): LdapDirectoryServerOptions {
  const { bindDn, bindPasswordFile, caFile, startTls, allowPlaintext, home, encryptionPinFile } = server;
  const url = required(server.url, 'server.url');
  const passwordFile = required(bindPasswordFile, 'server.bindPasswordFile');
  return {
    url,
    bindDn: required(bindDn, 'server.bindDn'),
    readPassword: () => readSecret(passwordFile, 'server.bindPasswordFile', around),
    readCa: caFile === undefined ? undefined : () => readCaFile(caFile),
    startTls,
    allowPlaintext,
    timeoutMilliseconds: server.timeout,
    home,
    encryptionPinFile,
    clock: around.clock,
    newTaskId: randomUUID,
    taskTag: archiveTag(archive),
  };
}

/** The folder of ours in the server's container; two archives that back up the same server have one each. */
export function podFolder({ kubernetes, archive }: Config): string {
  return path.posix.join(kubernetes.folder, `.rootcellar-${archiveTag(archive) ?? 'none'}`);
}

/** By which what is done for this archive is told from what is done for another. */
export function archiveTag(archive: string | undefined): string | undefined {
  return archive === undefined ? undefined : createHash('sha256').update(archive).digest('hex').slice(0, 8);
}

async function readCaFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('E_CA_FILE', `Cannot read the file ${file} of the setting server.caFile: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      hint: 'name a PEM file that this user may read',
    });
  }
}

/** New servers on this machine, each below a folder of its own. */
export async function openScratch(around: Surroundings): Promise<ScratchServers> {
  const [{ LocalScratchServers }, { ownersOf }] = await Promise.all([
    import('./directory-servers/scratch/local-scratch-servers.ts'),
    import('./archive/lease-holder.ts'),
  ]);
  const readRootPassword = (file: string): Promise<Secret> => readSecret(file, '--root-password-file', around);
  const { clock, environment, work } = around;
  return new LocalScratchServers({ clock, environment, newTaskId: randomUUID, readSecret: readRootPassword, owners: ownersOf(work) });
}

/** Below which drills work. In the staging folder no server can have a folder whose name begins with a dot. */
export function drillFolderOf({ drill, staging }: Config): string {
  if (drill.folder !== undefined) return drill.folder;
  return staging.folder === undefined
    ? path.join(tmpdir(), `rootcellar-drills-${process.getuid?.() ?? 'all'}`)
    : path.join(staging.folder, '.drills');
}
