import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { stagingFailure, type Staging } from './staging.ts';

/**
 * Where undo files lie of changes that an agent makes for others: they hold passwords, so the folder is for its user alone. Beside the folders of the servers' sets,
 * whose rests a backup sweeps; no server's name begins with a dot. Nothing removes them.
 *
 * @throws Failure E_DISK_FULL, E_STAGING_NOT_WRITABLE
 */
export async function undoFolder({ folder }: Staging): Promise<string> {
  const undo = path.join(folder, '.undo');
  try {
    await mkdir(undo, { recursive: true, mode: 0o700 });
    return undo;
  } catch (error) {
    throw stagingFailure(`Cannot make the folder ${undo} for undo files`, error);
  }
}
