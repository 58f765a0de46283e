import path from 'node:path';
import type { Backend, DirectoryServer, ServerDescription } from '../directory-servers/directory-server.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { checkBackend, type CheckedBackend } from './check-backend.ts';
import type { RunFolder } from '../staging/staging.ts';

export interface StagedBackend extends CheckedBackend {
  readonly backend: Backend;
}

export interface StagedSet {
  readonly backends: readonly StagedBackend[];
  /** Path of the encryption-settings export inside the set, where the server has such settings. */
  readonly encryptionSettings: string | undefined;
}

export interface StageRequest {
  readonly server: DirectoryServer;
  readonly encrypt: boolean | 'server-default';
  readonly compress: boolean;
  readonly maxMegabytesPerSecond?: number | undefined;
}

export const encryptionSettingsName = 'encryption-settings.export';

/**
 * Has the server write one backend after the other, each into a folder of its own name, and checks each before the next: a set-up that
 * does not work is found at the first small one. The encryption settings go first, as without them the rest may be worthless.
 */
export async function stageBackends(
  request: StageRequest,
  description: ServerDescription,
  backends: readonly Backend[],
  run: RunFolder,
  options: OperationContext,
): Promise<StagedSet> {
  const encryptionSettings = description.hasEncryptionSettings ? encryptionSettingsName : undefined;
  if (encryptionSettings !== undefined) {
    await request.server.exportEncryptionSettings(path.posix.join(run.serverFolder, encryptionSettings), options);
  }
  const staged: StagedBackend[] = [];
  for (const backend of backends) staged.push(await stageBackend(request, backend, run, options));
  return { backends: staged, encryptionSettings };
}

async function stageBackend(request: StageRequest, backend: Backend, run: RunFolder, options: OperationContext): Promise<StagedBackend> {
  const { server, encrypt, compress, maxMegabytesPerSecond } = request;
  const folder = path.join(run.folder, backend.id);
  const serverFolder = path.posix.join(run.serverFolder, backend.id);
  const backupId = path.basename(run.folder);
  await server.backUp({ backend: backend.id, folder: serverFolder, backupId, compress, encrypt, maxMegabytesPerSecond }, options);
  const step = `check the backup of "${backend.id}"`;
  options.report?.({ kind: 'begin', step });
  const checked = await checkBackend(folder, serverFolder, backend.id, backupId, options.signal);
  options.report?.({
    kind: 'end',
    step,
    note: checked.isContentChecked ? 'checked by its CRCs' : 'encrypted by the server: present and not empty',
  });
  return { backend, ...checked };
}
