import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseBackupInfo, type BackupInfoEntry } from '../domain/backup-info.ts';
import { isPathInside } from '../domain/manifest.ts';
import { Failure, type FailureOptions } from '../foundation/failure.ts';
import { checkZip, isZip } from './check-zip.ts';

/** What a backend's folder was found to hold. */
export interface CheckedBackend {
  readonly entry: BackupInfoEntry;
  /** Of its archive file, in the same folder. */
  readonly archiveFile: string;
  /** False where only presence and size could be checked: the server encrypted it, or it is no zip. */
  readonly isContentChecked: boolean;
}

/**
 * Looks at what the server's backup task left: `backup.info` names the backup, its archive file is there, not empty, and, being a zip,
 * whole by its own CRCs. The server's "completed successfully" is not believed without this.
 *
 * @throws Failure E_STAGING_NOT_SHARED when nothing is there at all, E_BACKUP_INCOMPLETE when something is missing or broken
 */
export async function checkBackend(
  folder: string,
  serverFolder: string,
  backend: string,
  backupId: string,
  signal?: AbortSignal,
): Promise<CheckedBackend> {
  const text = await readDescriptor(folder, serverFolder, backend);
  const entry = parseBackupInfo(text).backups.find((one) => one.backupId === backupId);
  if (entry === undefined) throw incomplete(backend, `its backup.info does not name backup ${backupId}`);
  const archiveFile = entry.archiveFile ?? `${backend}-backup-${backupId}`;
  if (!isPathInside(archiveFile)) throw incomplete(backend, `its backup.info names the file ${archiveFile}, which is not in its folder`);
  const name = path.join(folder, archiveFile);
  const size = await stat(name).then(
    (found) => (found.isFile() ? found.size : 0),
    (error: unknown) => {
      throw incomplete(backend, `the file ${archiveFile} that its backup.info names is not there`, { cause: error });
    },
  );
  if (size === 0) throw incomplete(backend, `${archiveFile} is empty or no file`);
  if (entry.isEncrypted || !(await isZip(name))) return { entry, archiveFile, isContentChecked: false };
  const checked = await checkZip(name, signal);
  if (typeof checked === 'object') throw incomplete(backend, `${archiveFile} is damaged: ${checked.wrong}`);
  return { entry, archiveFile, isContentChecked: true };
}

async function readDescriptor(folder: string, serverFolder: string, backend: string): Promise<string> {
  try {
    return await readFile(path.join(folder, 'backup.info'), 'utf8');
  } catch (error) {
    throw new Failure(
      'E_STAGING_NOT_SHARED',
      `Cannot find the backup of ${backend}: the server said that it wrote it to ${serverFolder}, and ${folder} has no readable backup.info`,
      {
        cause: error,
        hint: 'make ROOTCELLAR_STAGING_FOLDER and ROOTCELLAR_STAGING_SERVER_FOLDER name the same folder as rootcellar and as the server see it, readable by both',
      },
    );
  }
}

function incomplete(backend: string, state: string, options: FailureOptions = {}): Failure {
  return new Failure('E_BACKUP_INCOMPLETE', `Cannot use the backup of ${backend}: ${state}`, {
    hint: "nothing was archived; look at the server's error log, then run the backup again",
    ...options,
  });
}
