import { encodeLdifEntry } from '../domain/encode-ldif.ts';
import type { Schema } from '../domain/schema/schema.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { Clock } from '../foundation/clock.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { describeServer } from './describe-server.ts';
import { type DetectedProduct, detectProduct } from './detect-product.ts';
import type {
  BackUpRequest,
  CompatibilityProblems,
  DirectoryServer,
  ExportLdifRequest,
  ImportLdifRequest,
  MissingPrivilege,
  Purpose,
  RestoreRequest,
  ServerDescription,
  TaskOutcome,
} from './directory-server.ts';
import type { ApplyOptions, ApplyReport, ChangeAbilities, ChangeOutcome, FindEntries } from './entry-changes.ts';
import { type ChangePlace, applyWaves, rehearse } from './entries/apply-changes.ts';
import { type ChangeMeans, readChangeMeans } from './entries/change-abilities.ts';
import { ChangeConnection } from './entries/change-connection.ts';
import { readServerSchema } from './entries/read-schema.ts';
import type { ChangeRecord } from '../domain/change-record.ts';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import type { ServerHealth } from '../domain/server-health.ts';
import { EncryptionSettingsTool } from './encryption-settings-tool.ts';
import { runTask } from './follow-task.ts';
import { LdapSession, type LdapSessionOptions } from './ldap-session.ts';
import { findMissingPrivileges } from './missing-privileges.ts';
import { readBackends } from './read-backends.ts';
import { readHealth } from './read-health.ts';
import { findAllEntries, readOneEntry } from './read-entries.ts';
import { readDescriptor, readProblems } from './read-compatibility.ts';
import { readCipherKeys } from './read-keys.ts';
import { setBackend } from './set-backend.ts';
import { type StopTools, stopAbandonedTasks, stopTask, taskIdPrefix } from './stop-task.ts';
import type { ToolHost } from './tool-host.ts';
import { type TaskRequest, attemptOf, taskDn, taskEntry, unsupportedWish } from './task-entry.ts';

export interface LdapDirectoryServerOptions extends LdapSessionOptions {
  readonly clock: Clock;
  /** A random UUID, new at each call: the end of a task's ID. */
  readonly newTaskId: () => string;
  /**
   * Letters and digits that tell the tasks of this archive from those of others, which are not this one's to stop: two archives may back
   * up one server at the same time, each under a lease of its own.
   */
  readonly taskTag?: string | undefined;
  /** The server's root folder, as the host of its programs sees it; needed only for the encryption settings. */
  readonly home?: string | undefined;
  /** Where the server's programs run; this machine unless told. */
  readonly toolHost?: ToolHost | undefined;
  /** The file of the passphrase that seals exported encryption settings. */
  readonly encryptionPinFile?: string | undefined;
  /** How long a running task is followed while the server cannot be reached; 10 minutes unless told. */
  readonly patienceMilliseconds?: number | undefined;
  /** How long an abort waits for the server to stop the task; 15 seconds unless told. */
  readonly cancelPatienceMilliseconds?: number | undefined;
}

/** A server of the OpenDS family that is given its work as tasks over LDAP. */
export class LdapDirectoryServer implements DirectoryServer {
  readonly location: string;
  readonly #options: LdapDirectoryServerOptions;
  readonly #session: LdapSession;
  #detected: DetectedProduct | undefined;
  /** Read once: changes come in many waves, and a server does not become a replica between them. */
  #means: ChangeMeans | undefined;
  /** Kept for the next waves; made anew when it was lost. */
  #changing: ChangeConnection | undefined;
  readonly #knownShapes = new Set<string>();

  constructor(options: LdapDirectoryServerOptions) {
    this.location = options.url;
    this.#options = options;
    this.#session = new LdapSession(options);
  }

  async describe({ signal }: OperationContext = {}): Promise<ServerDescription> {
    return describeServer(this.#session, signal);
  }

  async health({ signal }: OperationContext = {}): Promise<ServerHealth> {
    const { dialect } = await this.#detect(signal);
    return readHealth(this.#session, dialect, signal);
  }

  async missingPrivileges(purpose: Purpose, { signal }: OperationContext = {}): Promise<readonly MissingPrivilege[]> {
    const { dialect } = await this.#detect(signal);
    return findMissingPrivileges(this.#session, dialect, purpose, { taskId: this.#options.newTaskId(), signal });
  }

  async backUp(request: BackUpRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    return this.#run({ kind: 'backup', ...request }, options);
  }

  async restore(request: RestoreRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    return this.#run({ kind: 'restore', ...request }, options);
  }

  async exportLdif(request: ExportLdifRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    return this.#run({ kind: 'export', ...request }, options);
  }

  async importLdif(request: ImportLdifRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    return this.#run({ kind: 'import', ...request }, options);
  }

  readEntries(baseDn: string, { signal }: OperationContext = {}): AsyncIterable<readonly LdifEntry[]> {
    return findAllEntries(this.#session, { baseDn, scope: 'sub' }, signal);
  }

  findEntries(request: FindEntries, { signal }: OperationContext = {}): AsyncIterable<readonly LdifEntry[]> {
    return findAllEntries(this.#session, request, signal);
  }

  async readEntry(dn: string, { signal }: OperationContext = {}): Promise<LdifEntry | undefined> {
    return readOneEntry(this.#session, dn, signal);
  }

  async readSchema({ signal }: OperationContext = {}): Promise<Schema> {
    return readServerSchema(this.#session, signal);
  }

  async changeAbilities({ signal }: OperationContext = {}): Promise<ChangeAbilities> {
    return (await this.#changeMeans(signal)).abilities;
  }

  async rehearseChanges(changes: readonly ChangeRecord[], { signal }: OperationContext = {}): Promise<readonly ChangeOutcome[]> {
    return this.#withChangePlace(signal, (place) => rehearse(changes, place));
  }

  async applyChanges(waves: readonly (readonly ChangeRecord[])[], options: ApplyOptions = {}): Promise<ApplyReport> {
    return this.#withChangePlace(options.signal, (place) => applyWaves(waves, place, options));
  }

  async exportEncryptionSettings(outputFile: string, options: OperationContext = {}): Promise<void> {
    await this.#encryptionSettings().exportTo(outputFile, options);
  }

  async importEncryptionSettings(inputFile: string, options: OperationContext = {}): Promise<void> {
    await this.#encryptionSettings().importFrom(inputFile, options);
  }

  async proveEncryptionSettings(exportFile: string, options: OperationContext = {}): Promise<EncryptionKeys> {
    return this.#encryptionSettings().proveOpens(exportFile, options);
  }

  async listEncryptionKeys(options: OperationContext = {}): Promise<EncryptionKeys> {
    const { dialect } = await this.#detect(options.signal);
    return dialect.hasEncryptionSettings ? this.#encryptionSettings().list(options) : readCipherKeys(this.#session, options.signal);
  }

  async sealPin(): Promise<PinSeal> {
    return this.#encryptionSettings().sealPin();
  }

  async isPinOf(seal: PinSeal): Promise<boolean | undefined> {
    return this.#encryptionSettings().isPinOf(seal);
  }

  async backupDescriptor(baseDn: string, options: OperationContext = {}): Promise<string | undefined> {
    return readDescriptor(this.#session, baseDn, options.signal);
  }

  async backupProblems(
    request: { readonly baseDn: string; readonly source: string },
    options: OperationContext = {},
  ): Promise<CompatibilityProblems | undefined> {
    return readProblems(this.#session, request, options.signal);
  }

  async readConfiguration({ signal }: OperationContext = {}): Promise<string> {
    const entries = await this.#session.search({ base: 'cn=config', scope: 'sub', attributes: ['*'] }, signal);
    return entries.map((entry) => encodeLdifEntry(entry.dn, entry.all)).join('');
  }

  async enableBackend(backend: string, { signal }: OperationContext = {}): Promise<void> {
    await setBackend(this.#session, backend, 'ds-cfg-enabled', 'true', signal);
  }

  async cancelAbandonedTasks({ signal }: OperationContext = {}): Promise<readonly string[]> {
    return stopAbandonedTasks(this.#taskIdPrefix, this.#stopTools(), signal);
  }

  async close(): Promise<void> {
    this.#changing?.close();
    await this.#session.close();
  }

  async #changeMeans(signal: AbortSignal | undefined): Promise<ChangeMeans> {
    const { dialect } = await this.#detect(signal);
    this.#means ??= await readChangeMeans(this.#session, dialect, signal);
    return this.#means;
  }

  async #withChangePlace<Result>(signal: AbortSignal | undefined, work: (place: ChangePlace) => Promise<Result>): Promise<Result> {
    const { rules, abilities } = await this.#changeMeans(signal);
    if (this.#changing === undefined || this.#changing.lost !== undefined) {
      this.#changing = new ChangeConnection(await this.#session.newSocket(signal), this.#session.timeoutMilliseconds);
    }
    const { maxRequestBytes } = abilities;
    return work({
      connection: this.#changing,
      rules,
      url: this.location,
      clock: this.#options.clock,
      maxRequestBytes,
      knownShapes: this.#knownShapes,
    });
  }

  #encryptionSettings(): EncryptionSettingsTool {
    return new EncryptionSettingsTool(this.#options);
  }

  async #detect(signal: AbortSignal | undefined): Promise<DetectedProduct> {
    this.#detected ??= await detectProduct(this.#session, signal);
    return this.#detected;
  }

  async #run(request: TaskRequest, options: OperationContext): Promise<TaskOutcome> {
    const { dialect } = await this.#detect(options.signal);
    await this.assertInService(request, options.signal);
    const unsupported = unsupportedWish(request, dialect);
    if (unsupported !== undefined) options.report?.({ kind: 'note', level: 'warning', text: unsupported });
    const tools = { ...this.#stopTools(), patienceMilliseconds: this.#options.patienceMilliseconds ?? 600_000 };
    return runTask(request, taskEntry(request, `${this.#taskIdPrefix}${this.#options.newTaskId()}`, dialect), tools, options);
  }

  get #taskIdPrefix(): string {
    const { taskTag } = this.#options;
    return taskTag === undefined ? taskIdPrefix : `${taskIdPrefix}${taskTag}-`;
  }

  #stopTools(): StopTools {
    const { clock, cancelPatienceMilliseconds = 15_000 } = this.#options;
    return { session: this.#session, clock, cancelPatienceMilliseconds };
  }

  /** Has the server stop this task and waits for its end, bounded; what hinders that is reported, not thrown. */
  async cancelTask(taskId: string, { report }: OperationContext = {}): Promise<void> {
    const isOver = await stopTask(taskDn(taskId), this.#stopTools()).catch(() => false);
    if (!isOver) report?.({ kind: 'note', level: 'warning', text: `Task ${taskId} may run on: the server did not stop it` });
  }

  /**
   * Asked beforehand: of a disabled backend OpenDJ says that there is none, or fails with a NullPointerException.
   *
   * @throws Failure E_BACKEND_DISABLED
   */
  async assertInService(request: TaskRequest, signal?: AbortSignal): Promise<void> {
    const { dialect } = await this.#detect(signal);
    const backends = await readBackends(this.#session, dialect, signal).catch((error: unknown) => {
      if (isFailure(error, 'E_PRIVILEGE_MISSING')) return [];
      throw error;
    });
    if (backends.find(({ id }) => id === request.backend)?.isEnabled !== false) return;
    throw new Failure('E_BACKEND_DISABLED', `Cannot ${attemptOf(request)}: the server has it, but it is disabled`, {
      hint: 'enable the backend on the server, or leave it out',
    });
  }
}
