import path from 'node:path';
import type { Backend, DirectoryServer, ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { stageExport, type StagedExport } from './stage-export.ts';
import { checkBackend, type CheckedBackend } from './check-backend.ts';
import { type RunFolder, writeStaged } from '../staging/staging.ts';

export interface StagedBackend extends CheckedBackend {
  readonly backend: Backend;
  /** Only of backends with users' entries, where exports are wanted. */
  readonly exported: StagedExport | undefined;
}

export interface StagedSet {
  readonly backends: readonly StagedBackend[];
  /** Path of the encryption-settings export inside the set, where the server has such settings. */
  readonly encryptionSettings: string | undefined;
  /** Path of the configuration as LDIF inside the set, where the server has no backup of it. */
  readonly configuration: string | undefined;
}

export interface StageRequest {
  readonly server: DirectoryServer;
  /** What the operator named; empty: all that a rebuild needs. */
  readonly backends: readonly string[];
  readonly encrypt: boolean | 'server-default';
  readonly compress: boolean;
  readonly maxMegabytesPerSecond?: number | undefined;
  /** Whether each backend with users' entries is exported as well, so that a restore can be proven entry by entry. */
  readonly isExported: boolean;
}

export const encryptionSettingsName = 'encryption-settings.export';
export const configurationName = 'config.ldif';

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
  return { backends: staged, encryptionSettings, configuration: await stageConfiguration(request, description, run, options) };
}

/** A rebuild needs the configuration: where no backup of it is in the set, or can be, it is read from the server. */
async function stageConfiguration(
  { server, backends }: StageRequest,
  description: ServerDescription,
  run: RunFolder,
  options: OperationContext,
): Promise<string | undefined> {
  const isBackedUp = description.backends.some((backend) => backend.role === 'config' && backend.canBeBackedUp);
  if (isBackedUp || backends.length > 0) return undefined;
  const step = 'read the configuration';
  options.report?.({ kind: 'begin', step });
  const text = await server.readConfiguration(options);
  if (!/^dn: *cn=config$/im.test(text)) {
    throw new Failure('E_PRIVILEGE_MISSING', `Cannot read the configuration of ${server.location}: the account sees nothing of cn=config`, {
      hint: 'give it the privilege config-read: docs/guide/least-privilege-account.md shows how',
    });
  }
  await writeStaged(path.join(run.folder, configurationName), text);
  options.report?.({ kind: 'end', step });
  return configurationName;
}

async function stageBackend(request: StageRequest, backend: Backend, run: RunFolder, options: OperationContext): Promise<StagedBackend> {
  const { server, encrypt, compress, maxMegabytesPerSecond } = request;
  const folder = path.join(run.folder, backend.id);
  const serverFolder = path.posix.join(run.serverFolder, backend.id);
  const backupId = path.basename(run.folder);
  const check = () => checkBackend(folder, serverFolder, backend.id, backupId, options.signal);
  // A server that was restarted forgets its tasks; then what lies in the folder alone can tell, and it must be whole.
  const confirmLost = () =>
    check().then(
      ({ isContentChecked }) => isContentChecked,
      () => false,
    );
  await server.backUp(
    { backend: backend.id, folder: serverFolder, backupId, compress, encrypt, maxMegabytesPerSecond, confirmLost },
    options,
  );
  const step = `check the backup of "${backend.id}"`;
  options.report?.({ kind: 'begin', step });
  const checked = await check();
  options.report?.({
    kind: 'end',
    step,
    note: checked.isContentChecked
      ? 'checked by its CRCs'
      : `present and not empty: ${checked.entry.isEncrypted ? 'the server encrypted it' : 'it is no zip'}`,
  });
  const isExported = request.isExported && backend.role === 'user';
  const exported = isExported ? await stageExport({ server, backend: backend.id, maxMegabytesPerSecond }, run, options) : undefined;
  return { backend, exported, ...checked };
}
