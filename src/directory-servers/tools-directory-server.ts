import { Failure, isFailure } from '../foundation/failure.ts';
import path from 'node:path';
import type { Schema } from '../domain/schema/schema.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { recogniseProduct, type DetectedProduct } from './detect-product.ts';
import type {
  BackUpRequest,
  CompatibilityProblems,
  DirectoryServer,
  ExportLdifRequest,
  ImportLdifRequest,
  MissingPrivilege,
  Product,
  Purpose,
  ReplicationState,
  RestoreRequest,
  ServerDescription,
  TaskOutcome,
} from './directory-server.ts';
import type { ChangeRecord } from '../domain/change-record.ts';
import type { ApplyOptions, ApplyReport, ChangeAbilities, ChangeOutcome, FindEntries } from './entry-changes.ts';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import type { ServerHealth } from '../domain/server-health.ts';
import { EncryptionSettingsTool } from './encryption-settings-tool.ts';
import type { LdapDirectoryServer } from './ldap-directory-server.ts';
import { describeConfigured, inOrder } from './read-backends.ts';
import { runTool } from './run-tool.ts';
import { assertStopped, readConfigFile, readConfigText } from './stopped-server.ts';
import { type TaskRequest, attemptOf, mustNotBeCutOff, unsupportedWish } from './task-entry.ts';
import { TaskReport } from './task-report.ts';
import { type ToolConnection, toolArguments, toolName } from './tool-arguments.ts';
import { assertToolSucceeded } from './tool-outcome.ts';
import { makeTrustStore } from './trust-store.ts';

export interface ToolsDirectoryServerOptions {
  /** The server's root folder, as this process sees it: its `bin` and `config`. */
  readonly home: string;
  /** The running server that the programs are to speak to; absent for offline work on the files of a stopped one. */
  readonly online?: OnlineTools | undefined;
  /** The file of the passphrase that seals exported encryption settings. */
  readonly encryptionPinFile?: string | undefined;
  /** What product it is, where that is known; its programs are asked otherwise. */
  readonly known?: DetectedProduct | undefined;
  /** The whole environment of the programs; this process's own unless told. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export interface OnlineTools {
  /** What the programs do not tell is asked over LDAP; it is closed with this one. */
  readonly ldap: LdapDirectoryServer;
  /** `ldaps://host:port`; the programs speak TLS only. */
  readonly url: string;
  readonly bindDn: string;
  readonly bindPasswordFile: string;
  readonly caFile?: string | undefined;
}

/** A server of the OpenDS family that is given its work by its own programs: `backup`, `restore`, `export-ldif`, `import-ldif`. */
export class ToolsDirectoryServer implements DirectoryServer {
  readonly location: string;
  readonly #options: ToolsDirectoryServerOptions;
  #detected: DetectedProduct | undefined;

  constructor(options: ToolsDirectoryServerOptions) {
    this.location = options.online?.url ?? options.home;
    this.#options = options;
    this.#detected = options.known;
  }

  async describe(options: OperationContext = {}): Promise<ServerDescription> {
    const { online, home } = this.#options;
    if (online !== undefined) return online.ldap.describe(options);
    const { dialect, vendorVersion, version } = await this.#detect(options.signal);
    const { backends, replicatedBaseDns } = await readConfigFile(home);
    return {
      product: dialect.product,
      vendorVersion,
      version,
      instanceName: undefined,
      backends: inOrder(backends.map((backend) => describeConfigured(backend, dialect))),
      replication: replicationOfStopped(dialect.product, replicatedBaseDns),
      hasEncryptionSettings: dialect.hasEncryptionSettings,
    };
  }

  async health(options: OperationContext = {}): Promise<ServerHealth> {
    const { online } = this.#options;
    return online === undefined ? { reasons: ['the server is stopped: only a running one tells how it is'] } : online.ldap.health(options);
  }

  async missingPrivileges(purpose: Purpose, options: OperationContext = {}): Promise<readonly MissingPrivilege[]> {
    return (await this.#options.online?.ldap.missingPrivileges(purpose, options)) ?? [];
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

  async *readEntries(baseDn: string, options: OperationContext = {}): AsyncIterable<readonly LdifEntry[]> {
    yield* this.#running(`read the entries below ${baseDn}`).readEntries(baseDn, options);
  }

  async *findEntries(request: FindEntries, options: OperationContext = {}): AsyncIterable<readonly LdifEntry[]> {
    yield* this.#running(`search the entries below ${request.baseDn}`).findEntries(request, options);
  }

  async readEntry(dn: string, options: OperationContext = {}): Promise<LdifEntry | undefined> {
    return this.#running(`read the entry ${dn}`).readEntry(dn, options);
  }

  async readSchema(options: OperationContext = {}): Promise<Schema> {
    return this.#running('read the schema').readSchema(options);
  }

  async changeAbilities(options: OperationContext = {}): Promise<ChangeAbilities> {
    return this.#running('ask what can be changed').changeAbilities(options);
  }

  async rehearseChanges(changes: readonly ChangeRecord[], options: OperationContext = {}): Promise<readonly ChangeOutcome[]> {
    return this.#running('change entries').rehearseChanges(changes, options);
  }

  async applyChanges(waves: readonly (readonly ChangeRecord[])[], options: ApplyOptions = {}): Promise<ApplyReport> {
    return this.#running('change entries').applyChanges(waves, options);
  }

  /** Single entries are read and changed over LDAP alone. @throws Failure E_SERVER_UNREACHABLE of a stopped server */
  #running(attempt: string): LdapDirectoryServer {
    const { online, home } = this.#options;
    if (online !== undefined) return online.ldap;
    throw new Failure(
      'E_SERVER_UNREACHABLE',
      `Cannot ${attempt}: the server in ${home} is stopped, or worked on as if it were (server.mode is offline)`,
      {
        hint: 'start the server and set server.mode to online',
      },
    );
  }

  async exportEncryptionSettings(outputFile: string, options: OperationContext = {}): Promise<void> {
    await new EncryptionSettingsTool(this.#options).exportTo(outputFile, options);
  }

  async importEncryptionSettings(inputFile: string, options: OperationContext = {}): Promise<void> {
    await new EncryptionSettingsTool(this.#options).importFrom(inputFile, options);
  }

  async proveEncryptionSettings(exportFile: string, options: OperationContext = {}): Promise<EncryptionKeys> {
    return new EncryptionSettingsTool(this.#options).proveOpens(exportFile, options);
  }

  async listEncryptionKeys(options: OperationContext = {}): Promise<EncryptionKeys> {
    const { online } = this.#options;
    const { dialect } = await this.#detect(options.signal);
    if (dialect.hasEncryptionSettings) return new EncryptionSettingsTool(this.#options).list(options);
    return (
      online?.ldap.listEncryptionKeys(options) ?? {
        isKnown: false,
        reason: 'the server is stopped, and only a running one is asked for its keys',
      }
    );
  }

  async sealPin(): Promise<PinSeal> {
    return new EncryptionSettingsTool(this.#options).sealPin();
  }

  async isPinOf(seal: PinSeal): Promise<boolean | undefined> {
    return new EncryptionSettingsTool(this.#options).isPinOf(seal);
  }

  async backupDescriptor(baseDn: string, options: OperationContext = {}): Promise<string | undefined> {
    return this.#options.online?.ldap.backupDescriptor(baseDn, options);
  }

  async backupProblems(
    request: { readonly baseDn: string; readonly source: string },
    options: OperationContext = {},
  ): Promise<CompatibilityProblems | undefined> {
    return this.#options.online?.ldap.backupProblems(request, options);
  }

  async readConfiguration(options: OperationContext = {}): Promise<string> {
    const { online, home } = this.#options;
    return online === undefined ? readConfigText(home) : online.ldap.readConfiguration(options);
  }

  async enableBackend(backend: string, options: OperationContext = {}): Promise<void> {
    // Offline the programs work on the files, whether the server would open them or not.
    await this.#options.online?.ldap.enableBackend(backend, options);
  }

  async cancelAbandonedTasks(options: OperationContext = {}): Promise<readonly string[]> {
    return (await this.#options.online?.ldap.cancelAbandonedTasks(options)) ?? [];
  }

  async close(): Promise<void> {
    await this.#options.online?.ldap.close();
  }

  async #detect(signal: AbortSignal | undefined): Promise<DetectedProduct> {
    const attempt = "ask the server's programs for their version";
    const program = path.join(this.#options.home, 'bin', 'backup');
    if (this.#detected === undefined) {
      const { lines } = await runTool({ attempt, program, arguments: ['--version'], environment: this.#options.environment, signal });
      this.#detected = recogniseProduct(
        lines.join(' '),
        lines.find((line) => /\d+\.\d+/.test(line)),
      );
    }
    if (this.#detected !== undefined) return this.#detected;
    throw new Failure('E_SERVER_UNKNOWN', `Cannot ${attempt}: ${program} is neither PingDirectory's nor OpenDJ's`, {
      hint: "set server.home to the server's root folder, as rootcellar sees it",
    });
  }

  async #run(request: TaskRequest, options: OperationContext): Promise<TaskOutcome> {
    const { home, online, environment } = this.#options;
    const { dialect } = await this.#detect(options.signal);
    if (online === undefined) await assertStopped(home, attemptOf(request));
    else await online.ldap.assertInService(request, options.signal);
    const report = new TaskReport(options.report, attemptOf(request));
    const unsupported = unsupportedWish(request, dialect);
    if (unsupported !== undefined) report.note('warning', unsupported);
    await using trustStore = online?.caFile === undefined ? undefined : await makeTrustStore(online.caFile);
    const connection = online === undefined ? undefined : { ...connectionOf(online), trustStore };
    const log: string[] = [];
    try {
      const end = await runTool({
        attempt: attemptOf(request),
        program: path.join(home, 'bin', toolName(request)),
        arguments: toolArguments(request, dialect.product, connection),
        environment,
        signal: mustNotBeCutOff(request) ? undefined : options.signal,
        onLine: (line) => {
          log.push(line);
          report.show(log);
        },
      });
      assertToolSucceeded(request, end, online !== undefined);
      report.end();
      return { taskId: taskIdIn(log) ?? '', log };
    } catch (error) {
      // The program only follows the task: its end does not stop it.
      const taskId = taskIdIn(log);
      if (isFailure(error, 'E_INTERRUPTED') && taskId !== undefined) await online?.ldap.cancelTask(taskId, options);
      throw error;
    }
  }
}

function connectionOf(online: OnlineTools): ToolConnection {
  const url = URL.parse(online.url);
  if (url?.protocol !== 'ldaps:') {
    throw new Failure('E_USAGE', `Cannot work through the server's programs at ${online.url}: they speak TLS only`, {
      hint: 'set server.url to an ldaps:// address',
      exitCode: 2,
    });
  }
  const { bindDn, bindPasswordFile } = online;
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || 636, bindDn, bindPasswordFile };
}

/** `Backup task 20261123222606869 scheduled to start immediately` */
function taskIdIn(lines: readonly string[]): string | undefined {
  return lines.map((line) => /\btask (\S+) scheduled to start/i.exec(line)?.[1]).find((id) => id !== undefined);
}

/** OpenDJ keeps its replication domains in this file; of PingDirectory, whose topology lies elsewhere too, the file alone is no proof. */
function replicationOfStopped(product: Product, baseDns: readonly string[]): ReplicationState {
  if (baseDns.length > 0) return { state: 'replicated', baseDns };
  if (product === 'OpenDJ') return { state: 'none' };
  return { state: 'unknown', reason: 'the server is stopped, and its configuration file alone does not prove that it is no replica' };
}
