import { access, constants, mkdir, rm, rmdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { checkBackend } from '../backup/check-backend.ts';
import type { DirectoryServer, ServerDescription, Purpose } from '../directory-servers/directory-server.ts';
import { messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';
import { makeRunFolder, type Staging } from '../staging/staging.ts';
import type { Finding } from './finding.ts';
import { notReached, runCheck, type CheckResult } from './run-check.ts';

const later = [
  'server: privileges',
  'server: backends',
  'server: replication',
  'staging: folder',
  'staging: seen from both sides',
  'staging: space',
];

/**
 * Does with the actual server what a backup does: binds over verified TLS, reads what it is, and has it back up its smallest backend
 * into the staging folder, which is looked at from this side and removed again.
 */
export async function checkServer(
  server: DirectoryServer,
  staging: Staging,
  name: string,
  options: OperationContext = {},
): Promise<readonly Finding[]> {
  let description: ServerDescription | undefined;
  const bind = await runCheck('server: connection', async () => {
    description = await server.describe(options);
    return `${description.vendorVersion} at ${server.location}, certificate verified`;
  });
  if (description === undefined) return [bind, ...later.map((check) => notReached(check, 'the server could not be reached'))];
  const found = description;
  const findings = [
    bind,
    await runCheck('server: privileges', () => privileges(server, options)),
    await runCheck('server: backends', async () => backends(found)),
    await runCheck('server: replication', async () => replication(found)),
  ];
  const writable = await runCheck('staging: folder', () => folder(staging));
  if (writable.state !== 'ok')
    return [...findings, writable, ...later.slice(-2).map((check) => notReached(check, 'the staging folder cannot be used'))];
  return [
    ...findings,
    writable,
    await runCheck('staging: seen from both sides', () => bothSides(server, found, staging, name, options)),
    await runCheck('staging: space', () => space(found, staging)),
  ];
}

async function privileges(server: DirectoryServer, options: OperationContext): Promise<CheckResult> {
  const lacks = async (purpose: Purpose) => (await server.missingPrivileges(purpose, options)).map((missing) => missing.privilege);
  const [backup, restore] = [await lacks('backup'), await lacks('restore')];
  const fix = 'docs/guide/least-privilege-account.md shows how to give them';
  if (backup.length > 0) return { state: 'failed', text: `the account lacks ${backup.join(', ')} for a backup`, fix };
  if (restore.length > 0) return { state: 'warning', text: `the account may back up, and lacks ${restore.join(', ')} for a restore`, fix };
  const exporting = await lacks('export');
  if (exporting.length > 0) {
    const text = `the account may back up and restore, and lacks ${exporting.join(', ')} for the export by which a restore is proven entry by entry`;
    return { state: 'warning', text, fix: `${fix}; or set backup.export to false` };
  }
  return 'the account may back up and restore';
}

function backends({ backends: all }: ServerDescription): CheckResult {
  const users = all.filter((backend) => backend.role === 'user');
  const text = users
    .map(
      (backend) => `${backend.id} (${backend.baseDns.map((baseDn) => `${baseDn.dn}: ${baseDn.entries ?? 'unknown'} entries`).join(', ')})`,
    )
    .join(', ');
  if (users.length === 0)
    return { state: 'failed', text: "no backend with users' entries is shown", fix: 'give the account the privilege config-read' };
  const disabled = users.filter((backend) => !backend.isEnabled).map((backend) => backend.id);
  if (disabled.length > 0)
    return {
      state: 'warning',
      text: `${text}; disabled: ${disabled.join(', ')}`,
      fix: 'enable them, or name the others in backup.backends',
    };
  return text;
}

function replication({ replication: found }: ServerDescription): CheckResult {
  if (found.state === 'none') return 'none';
  if (found.state === 'unknown')
    return {
      state: 'warning',
      text: `could not be read: ${found.reason}`,
      fix: 'give the account the privilege config-read; a restore is refused while this is unknown',
    };
  return {
    state: 'warning',
    text: `${found.baseDns.join(', ')} is replicated`,
    fix: 'backups are made as usual; a restore of one replica is refused',
  };
}

async function folder(staging: Staging): Promise<CheckResult> {
  try {
    await mkdir(staging.folder, { recursive: true });
    await access(staging.folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return `${staging.folder} can be written from this side`;
  } catch (error) {
    const fix = 'set ROOTCELLAR_STAGING_FOLDER (--staging-folder) to a folder that both rootcellar and the server may write';
    return { state: 'failed', text: `${staging.folder} cannot be used: ${messageOf(error)}`, fix };
  }
}

async function bothSides(
  server: DirectoryServer,
  description: ServerDescription,
  staging: Staging,
  name: string,
  options: OperationContext,
): Promise<CheckResult> {
  const smallest =
    description.backends.find((backend) => backend.role === 'schema' && backend.canBeBackedUp) ??
    description.backends.find((backend) => backend.canBeBackedUp);
  if (smallest === undefined)
    return { state: 'failed', text: 'the server has no backend to try with', fix: 'give the account the privilege config-read' };
  const run = await makeRunFolder(staging, '.doctor', name);
  try {
    const serverFolder = path.posix.join(run.serverFolder, smallest.id);
    await server.backUp({ backend: smallest.id, folder: serverFolder, backupId: 'doctor', compress: false, encrypt: false }, options);
    await checkBackend(path.join(run.folder, smallest.id), serverFolder, smallest.id, 'doctor', options.signal);
    return `the server's backup of ${smallest.id} was written to ${run.serverFolder} and read at ${run.folder}`;
  } finally {
    await rm(run.folder, { recursive: true, force: true });
    // Stays where another doctor is at work in it.
    await rmdir(path.dirname(run.folder)).catch(() => undefined);
  }
}

async function space({ backends: all }: ServerDescription, staging: Staging): Promise<CheckResult> {
  const users = all.filter((backend) => backend.role === 'user');
  const { bavail, bsize } = await statfs(staging.folder);
  const free = bavail * bsize;
  if (users.some((backend) => backend.databaseBytes === undefined)) {
    return {
      state: 'warning',
      text: `${formatBytes(free)} are free; the server does not tell the size of its databases`,
      fix: "see that the staging folder has as much room as the server's db folder",
    };
  }
  const needed = users.reduce((sum, backend) => sum + (backend.databaseBytes ?? 0), 0);
  if (free >= needed) return `${formatBytes(free)} are free, and a backup needs about ${formatBytes(needed)}`;
  return {
    state: 'failed',
    text: `a backup needs about ${formatBytes(needed)}, and ${formatBytes(free)} are free`,
    fix: 'make room, or set ROOTCELLAR_STAGING_FOLDER to a larger volume',
  };
}
