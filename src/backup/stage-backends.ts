import path from 'node:path';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import type { Backend, DirectoryServer, ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { stageExport, type StagedExport } from './stage-export.ts';
import { keyOfFile, keyWarnings } from './check-keys.ts';
import { checkBackend, type CheckedBackend } from './check-backend.ts';
import { type RunFolder, writeStaged } from '../staging/staging.ts';

export interface StagedBackend extends CheckedBackend {
  readonly backend: Backend;
  /** Only of backends with users' entries, where exports are wanted. */
  readonly exported: StagedExport | undefined;
  /** The key that the backup is encrypted with, where it tells. */
  readonly keyId?: string | undefined;
  /** What the server says of the backend for comparison with others; in Base64. */
  readonly compatibility?: string | undefined;
}

export interface StagedSet {
  readonly backends: readonly StagedBackend[];
  /** The keys of the server, where it may need some for what is in the set. */
  readonly keys?: EncryptionKeys | undefined;
  /** Of the pin that seals the export of the encryption settings. */
  readonly encryptionPin?: PinSeal | undefined;
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
  /** `leave-out`: the operator keeps PingDirectory's encryption settings elsewhere, and the set has none. */
  readonly encryptionSettings?: 'export' | 'leave-out' | undefined;
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
  const settings = await stageEncryptionSettings(request, description, run, options);
  const staged: StagedBackend[] = [];
  for (const backend of backends) staged.push(await stageBackend(request, { backend, description, run }, options));
  const keys = settings.keys ?? (await keysOfSet(request.server, description, staged, options));
  for (const text of keyWarnings(backends, keys)) options.report?.({ kind: 'note', level: 'warning', text });
  return { backends: staged, ...settings, keys, configuration: await stageConfiguration(request, description, run, options) };
}

interface StagedSettings {
  readonly encryptionSettings: string | undefined;
  readonly keys?: EncryptionKeys;
  readonly encryptionPin?: PinSeal;
}

/** A lost definition is lost data: the export is not believed before it was opened again with the pin. */
async function stageEncryptionSettings(
  { server, encryptionSettings = 'export' }: StageRequest,
  description: ServerDescription,
  run: RunFolder,
  options: OperationContext,
): Promise<StagedSettings> {
  if (!description.hasEncryptionSettings) return { encryptionSettings: undefined };
  if (encryptionSettings === 'leave-out') {
    const text =
      "the set has no export of the server's encryption settings (backup.encryptionSettings is leave-out): without one from elsewhere its data may be lost";
    options.report?.({ kind: 'note', level: 'warning', text });
    return { encryptionSettings: undefined };
  }
  const file = path.posix.join(run.serverFolder, encryptionSettingsName);
  await server.exportEncryptionSettings(file, options);
  const step = 'open the export of the encryption settings again';
  options.report?.({ kind: 'begin', step });
  const keys = await server.proveEncryptionSettings(file, options);
  options.report?.({ kind: 'end', step, note: keys.isKnown ? `${keys.keys.length} in it` : keys.reason });
  return { encryptionSettings: encryptionSettingsName, keys, encryptionPin: await server.sealPin() };
}

/** Asked only where something in the set needs a key; undefined otherwise. */
async function keysOfSet(
  server: DirectoryServer,
  { hasEncryptionSettings }: ServerDescription,
  staged: readonly StagedBackend[],
  options: OperationContext,
): Promise<EncryptionKeys | undefined> {
  const needsKey = staged.some(({ backend, entry }) => entry.isEncrypted || backend.isConfidential === true);
  if (!needsKey && !hasEncryptionSettings) return undefined;
  return server.listEncryptionKeys(options).catch((error: unknown) => {
    if (isFailure(error, 'E_TOOL_MISSING')) return { isKnown: false, reason: error.message } as const;
    throw error;
  });
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

interface BackendToStage {
  readonly backend: Backend;
  readonly description: ServerDescription;
  readonly run: RunFolder;
}

async function stageBackend(
  request: StageRequest,
  { backend, description, run }: BackendToStage,
  options: OperationContext,
): Promise<StagedBackend> {
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
  const { entry, archiveFile } = checked;
  const keyId = entry.keyId ?? (entry.isEncrypted ? await keyOfFile(path.join(folder, archiveFile), description.product) : undefined);
  const [baseDn] = backend.role === 'user' ? backend.baseDns : [];
  const compatibility = baseDn === undefined ? undefined : await server.backupDescriptor(baseDn.dn, options);
  const isExported = request.isExported && backend.role === 'user';
  const exported = isExported ? await stageExport({ server, backend: backend.id, maxMegabytesPerSecond }, run, options) : undefined;
  return { backend, ...checked, exported, keyId, compatibility };
}
