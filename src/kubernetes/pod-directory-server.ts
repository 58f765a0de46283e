import path from 'node:path';
import type { ChangeRecord } from '../domain/change-record.ts';
import type { ApplyOptions, ApplyReport, ChangeAbilities, ChangeOutcome, FindEntries } from '../directory-servers/entry-changes.ts';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { Schema } from '../domain/schema/schema.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import type { ServerHealth } from '../domain/server-health.ts';
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
} from '../directory-servers/directory-server.ts';
import { Failure, isFailure, messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { Staging } from '../staging/staging.ts';
import type { PodFiles } from './pod-files.ts';
import { SentFolders } from './sent-folders.ts';

export interface PodDirectoryServerOptions {
  /** Reaches the server itself over the network; its own programs run in the container. */
  readonly server: DirectoryServer;
  readonly files: PodFiles;
  /** `serverFolder` is the base of `files`; what the server writes there comes to lie in `folder` under the same path. */
  readonly staging: Staging;
}

/** What another run may be at work in, of those folders below the base that belong to no run of ours. */
const foldersOfOthers = ['.doctor'];

/**
 * A server with which no folder is shared: what it writes is brought from its container into the staging folder, and what it is to read is sent there first.
 * To callers it is as if both saw the same folder. In the container nothing stays: neither after success nor after failure, and what a killed run left goes with
 * {@link cancelAbandonedTasks}. A backup that was sent to be checked stays until it is restored, or until the end.
 */
export class PodDirectoryServer implements DirectoryServer {
  readonly location: string;
  readonly #server: DirectoryServer;
  readonly #files: PodFiles;
  readonly #staging: Staging;
  readonly #sent: SentFolders;
  #lastDescription: ServerDescription | undefined;

  constructor({ server, files, staging }: PodDirectoryServerOptions) {
    this.location = server.location;
    this.#server = server;
    this.#files = files;
    this.#staging = staging;
    this.#sent = new SentFolders(files);
  }

  async describe(options: OperationContext = {}): Promise<ServerDescription> {
    this.#lastDescription = await this.#server.describe(options);
    return this.#lastDescription;
  }

  async backUp(request: BackUpRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    const { backend, folder, confirmLost } = request;
    const fetch = () => this.#fetch(`the backup of "${backend}"`, folder, 'folder', options);
    return this.#leavingNothing(folder, options, async () => {
      await this.#makeRoom(backend, path.posix.dirname(folder), `back up "${backend}"`, options);
      // What the folder proves can be seen only here.
      const confirm = confirmLost && (() => fetch().then(confirmLost, () => false));
      const outcome = await this.#server.backUp({ ...request, confirmLost: confirm }, options);
      await fetch();
      return outcome;
    });
  }

  async exportLdif(request: ExportLdifRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    const { backend, ldifFile } = request;
    return this.#leavingNothing(ldifFile, options, async () => {
      await this.#makeRoom(backend, path.posix.dirname(ldifFile), `export "${backend}"`, options);
      const outcome = await this.#server.exportLdif(request, options);
      await this.#fetch(`the export of "${backend}"`, ldifFile, 'file', options);
      return outcome;
    });
  }

  async restore(request: RestoreRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    const { backend, folder, verifyOnly = false } = request;
    const send = { attempt: `send the backup of "${backend}" to the ${this.#files.exec.location}`, here: this.#here(folder), folder };
    const work = async (): Promise<TaskOutcome> => {
      await this.#sent.ensure(send, options);
      return this.#server.restore(request, options);
    };
    return verifyOnly ? this.#keeping(folder, options, work) : this.#leavingNothing(folder, options, work);
  }

  async importLdif(request: ImportLdifRequest, options: OperationContext = {}): Promise<TaskOutcome> {
    return this.#withFile(`the export of "${request.backend}"`, request.ldifFile, options, () => this.#server.importLdif(request, options));
  }

  async exportEncryptionSettings(outputFile: string, options: OperationContext = {}): Promise<void> {
    await this.#leavingNothing(outputFile, options, async () => {
      await this.#files.makeFolder(path.posix.dirname(outputFile), options);
      await this.#server.exportEncryptionSettings(outputFile, options);
      await this.#fetch('the export of the encryption settings', outputFile, 'file', options);
    });
  }

  async importEncryptionSettings(inputFile: string, options: OperationContext = {}): Promise<void> {
    const what = 'the export of the encryption settings';
    await this.#withFile(what, inputFile, options, () => this.#server.importEncryptionSettings(inputFile, options));
  }

  async proveEncryptionSettings(exportFile: string, options: OperationContext = {}): Promise<EncryptionKeys> {
    const what = 'the export of the encryption settings';
    return this.#withFile(what, exportFile, options, () => this.#server.proveEncryptionSettings(exportFile, options));
  }

  async cancelAbandonedTasks(options: OperationContext = {}): Promise<readonly string[]> {
    const tasks = await this.#server.cancelAbandonedTasks(options);
    // After the tasks, which still write there.
    const rests = await this.#files.sweep(foldersOfOthers, options);
    if (rests.length > 0) {
      const text = `removed from the ${this.#files.exec.location} what an earlier run left: ${rests.join(', ')}`;
      options.report?.({ kind: 'note', level: 'warning', text });
    }
    return tasks;
  }

  async close(): Promise<void> {
    await this.#sent.removeAll().catch(() => undefined);
    await this.#server.close();
  }

  missingPrivileges(purpose: Purpose, options?: OperationContext): Promise<readonly MissingPrivilege[]> {
    return this.#server.missingPrivileges(purpose, options);
  }

  health(options?: OperationContext): Promise<ServerHealth> {
    return this.#server.health(options);
  }

  readEntries(baseDn: string, options?: OperationContext): AsyncIterable<readonly LdifEntry[]> {
    return this.#server.readEntries(baseDn, options);
  }

  findEntries(request: FindEntries, options?: OperationContext): AsyncIterable<readonly LdifEntry[]> {
    return this.#server.findEntries(request, options);
  }

  readEntry(dn: string, options?: OperationContext): Promise<LdifEntry | undefined> {
    return this.#server.readEntry(dn, options);
  }

  readSchema(options?: OperationContext): Promise<Schema> {
    return this.#server.readSchema(options);
  }

  changeAbilities(options?: OperationContext): Promise<ChangeAbilities> {
    return this.#server.changeAbilities(options);
  }

  rehearseChanges(changes: readonly ChangeRecord[], options?: OperationContext): Promise<readonly ChangeOutcome[]> {
    return this.#server.rehearseChanges(changes, options);
  }

  applyChanges(waves: readonly (readonly ChangeRecord[])[], options?: ApplyOptions): Promise<ApplyReport> {
    return this.#server.applyChanges(waves, options);
  }

  listEncryptionKeys(options?: OperationContext): Promise<EncryptionKeys> {
    return this.#server.listEncryptionKeys(options);
  }

  sealPin(): Promise<PinSeal> {
    return this.#server.sealPin();
  }

  isPinOf(seal: PinSeal): Promise<boolean | undefined> {
    return this.#server.isPinOf(seal);
  }

  backupDescriptor(baseDn: string, options?: OperationContext): Promise<string | undefined> {
    return this.#server.backupDescriptor(baseDn, options);
  }

  backupProblems(
    request: { readonly baseDn: string; readonly source: string },
    options?: OperationContext,
  ): Promise<CompatibilityProblems | undefined> {
    return this.#server.backupProblems(request, options);
  }

  readConfiguration(options?: OperationContext): Promise<string> {
    return this.#server.readConfiguration(options);
  }

  enableBackend(backend: string, options?: OperationContext): Promise<void> {
    return this.#server.enableBackend(backend, options);
  }

  /** The folder above, and as much room as the database takes, where the server told. */
  async #makeRoom(backend: string, folder: string, attempt: string, options: OperationContext): Promise<void> {
    await this.#files.makeFolder(folder, options);
    const bytes = this.#lastDescription?.backends.find(({ id }) => id === backend)?.databaseBytes;
    if (bytes !== undefined) await this.#files.assertRoom(folder, bytes, attempt, options);
  }

  async #fetch(what: string, there: string, kind: 'folder' | 'file', options: OperationContext): Promise<void> {
    const attempt = `bring ${what} out of the ${this.#files.exec.location}`;
    await this.#files.fetch({ attempt, there, here: this.#here(there), kind }, options);
  }

  async #withFile<Result>(what: string, file: string, options: OperationContext, work: () => Promise<Result>): Promise<Result> {
    const attempt = `send ${what} to the ${this.#files.exec.location}`;
    return this.#leavingNothing(file, options, async () => {
      await this.#sent.sendFile({ attempt, here: this.#here(file), there: file }, options);
      return work();
    });
  }

  async #keeping<Result>(place: string, options: OperationContext, work: () => Promise<Result>): Promise<Result> {
    return work().catch(async (error: unknown) => {
      await this.#remove(place, options);
      throw withHintForPods(error);
    });
  }

  async #leavingNothing<Result>(place: string, options: OperationContext, work: () => Promise<Result>): Promise<Result> {
    const result = await work().catch(async (error: unknown) => {
      // The server may still be reading there, and a restore that loses its files leaves an empty backend.
      if (mayStillRun(error)) this.#sent.forget(place);
      else await this.#remove(place, options);
      throw withHintForPods(error);
    });
    await this.#remove(place, options);
    return result;
  }

  /** What is not gone goes with the next run; the work itself is done, or has failed for another reason. */
  async #remove(place: string, { report }: OperationContext): Promise<void> {
    this.#sent.forget(place);
    await this.#files.remove(place).catch((error: unknown) => {
      report?.({ kind: 'note', level: 'warning', text: `the next run will try again: ${messageOf(error)}` });
    });
  }

  #here(there: string): string {
    return path.join(this.#staging.folder, path.posix.relative(this.#staging.serverFolder, there));
  }
}

function mayStillRun(error: unknown): boolean {
  return !isFailure(error) || ['E_TASK_LOST', 'E_SERVER_UNREACHABLE', 'E_SERVER_TLS'].includes(error.code);
}

/** The server knows of a shared folder only; with a pod these mean something else. */
function withHintForPods(error: unknown): unknown {
  if (!isFailure(error) || !['E_STAGING_NOT_SHARED', 'E_STAGING_NOT_WRITABLE'].includes(error.code)) return error;
  const { code, message, facts, exitCode, cause } = error;
  const hint =
    'see that kubernetes.folder is one that the server may write, and that server.url is the address of the very pod that kubernetes.pod names';
  return new Failure(code, message, { facts, exitCode, cause, hint });
}
