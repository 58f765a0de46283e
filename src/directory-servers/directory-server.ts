import type { Schema } from '../domain/schema/schema.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { ChangeRecord } from '../domain/change-record.ts';
import type { EncryptionKeys } from '../domain/encryption-keys.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import type { ServerHealth } from '../domain/server-health.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { ApplyOptions, ApplyReport, ChangeAbilities, ChangeOutcome, FindEntries } from './entry-changes.ts';

/**
 * The port to one running directory server of the OpenDS family.
 *
 * Every path named `…Folder` or `…File` here is a path as the *server* sees it: the server's own process reads and writes there.
 * Calls reject with a `Failure` whose code is one of: E_SERVER_UNREACHABLE, E_SERVER_TLS, E_BIND_REFUSED, E_PRIVILEGE_MISSING,
 * E_SERVER_UNKNOWN, E_BACKEND_MISSING, E_BACKEND_DISABLED, E_STAGING_NOT_WRITABLE, E_DISK_FULL, E_TASK_FAILED, E_TASK_LOST, E_INTERRUPTED,
 * E_TOOL_MISSING, E_TOOL_FAILED, E_ENCRYPTION_SETTINGS, E_CHANGES_CUT_OFF.
 */
export interface DirectoryServer {
  /** For people, without secrets: `ldaps://host:port` or the tools' folder. */
  readonly location: string;

  /** What the server says of itself, read anew at each call. */
  describe(options?: OperationContext): Promise<ServerDescription>;

  /**
   * How fit the server is to make a backup now: by its own alerts, what it runs, and how far it is behind the other replicas. Read anew at each call, without a
   * task and without a change. Of a stopped server all is undefined; rejects where a running one does not answer.
   */
  health(options?: OperationContext): Promise<ServerHealth>;

  /** What the bound account lacks for `purpose`; an empty array when it may do all. Nothing is changed on the server. */
  missingPrivileges(purpose: Purpose, options?: OperationContext): Promise<readonly MissingPrivilege[]>;

  /**
   * Has the server write a backup of one backend into `folder`, which then holds its `backup.info` and one archive file.
   * Resolves only after the server said `completed_successfully`; every other end is a Failure with the server's own last words.
   * An abort cancels the task on the server before it rejects.
   */
  backUp(request: BackUpRequest, options?: OperationContext): Promise<TaskOutcome>;

  /** Has the server restore one backend from `folder`, or only check that it could (`verifyOnly`). Resolves and rejects as {@link backUp}. */
  restore(request: RestoreRequest, options?: OperationContext): Promise<TaskOutcome>;

  /**
   * Has the server write all entries of one backend into `ldifFile`, in clear text whatever the server's own settings say; the folder must be there.
   * Resolves and rejects as {@link backUp}.
   */
  exportLdif(request: ExportLdifRequest, options?: OperationContext): Promise<TaskOutcome>;

  /**
   * Has the server put the entries of `ldifFile` in the place of all that the backend has, with every attribute that is in the file, the server's own and the stored
   * passwords too. They are not held against the schema: they come from an export, and one that was there is to be there again. The backend
   * is out of service meanwhile. How many the server rejected is in its log only; a proof counts. Resolves and rejects as {@link backUp}, but for an abort, which
   * waits for the end: an import that is cut off leaves the backend with a part of them.
   */
  importLdif(request: ImportLdifRequest, options?: OperationContext): Promise<TaskOutcome>;

  /**
   * All entries at and below `baseDn` as they are now, page by page in bounded memory: every attribute that is kept, those of the server itself and the passwords too
   * as far as the account may see them, and none that is worked out when asked (virtual ones). Writers may be at work meanwhile. Only of a running server.
   */
  readEntries(baseDn: string, options?: OperationContext): AsyncIterable<readonly LdifEntry[]>;

  /** The entries that match, each as {@link readEntries} has it and in the same manner; rejects when the base is absent. */
  findEntries(request: FindEntries, options?: OperationContext): AsyncIterable<readonly LdifEntry[]>;

  /** One entry as {@link readEntries} has it; undefined where there is none that the account may see. Some tens may be read at the same time. */
  readEntry(dn: string, options?: OperationContext): Promise<LdifEntry | undefined>;

  /** The schema that the server holds new entries against. */
  readSchema(options?: OperationContext): Promise<Schema>;

  /** What this server and account can keep as it was, beside what every client may write. Changes nothing. */
  changeAbilities(options?: OperationContext): Promise<ChangeAbilities>;

  /** Whether the server would make these changes now, each taken by itself; in their order. Changes nothing. */
  rehearseChanges(changes: readonly ChangeRecord[], options?: OperationContext): Promise<readonly ChangeOutcome[]>;

  /**
   * Makes changes of single entries: a wave only after all of the one before is answered, within a wave many at a time and in any order. A referral is changed as the
   * entry it is. What the schema keeps from clients, and stored passwords, go as {@link changeAbilities} tells; with what the server refuses, the others go on.
   * Rejects with E_CHANGES_CUT_OFF when the connection is lost, and with E_INTERRUPTED after an abort, which waits for what is under way; both tell how many were made.
   */
  applyChanges(waves: readonly (readonly ChangeRecord[])[], options?: ApplyOptions): Promise<ApplyReport>;

  /**
   * Writes the encryption-settings definitions, sealed with the passphrase of the configured pin file, into `outputFile`.
   * Only PingDirectory has them (`describe().hasEncryptionSettings`), and only its own tool exports them.
   */
  exportEncryptionSettings(outputFile: string, options?: OperationContext): Promise<void>;

  /** Adds the definitions of such an export to the server's own; those it has already are kept. */
  importEncryptionSettings(inputFile: string, options?: OperationContext): Promise<void>;

  /**
   * Proves that the pin opens an export that this server made just now, and resolves to the definitions that the server has, and so the export.
   * The server has it in again, where it adds nothing; that is compared.
   */
  proveEncryptionSettings(exportFile: string, options?: OperationContext): Promise<EncryptionKeys>;

  /**
   * By which keys the server reads what it encrypted: PingDirectory's encryption-settings definitions, by its own tool; OpenDJ's cipher keys. What
   * cannot be told is said so, and never taken for "none". Rejects with E_TOOL_MISSING where PingDirectory's tool is not there.
   */
  listEncryptionKeys(options?: OperationContext): Promise<EncryptionKeys>;

  /** A seal of the configured pin, for {@link isPinOf}: no secret. */
  sealPin(): Promise<PinSeal>;

  /** Whether the configured pin is the one that was sealed; undefined where none is configured. */
  isPinOf(seal: PinSeal): Promise<boolean | undefined>;

  /** What the server says of a backend, for {@link backupProblems} of another server or version; in Base64. Undefined where it offers no such thing. */
  backupDescriptor(baseDn: string, options?: OperationContext): Promise<string | undefined>;

  /** What the server has against restoring a backup with that descriptor into the backend with this base DN; undefined where it does not tell. */
  backupProblems(
    request: { readonly baseDn: string; readonly source: string },
    options?: OperationContext,
  ): Promise<CompatibilityProblems | undefined>;

  /**
   * The server's configuration as LDIF: every entry at and below `cn=config` that the account may read, parents first. It holds what the
   * server keeps there, stored passwords of root accounts included. For servers that cannot back up their configuration as a backend
   * (OpenDJ: of its own backends only `schema` and `tasks` have a backup).
   */
  readConfiguration(options?: OperationContext): Promise<string>;

  /** Puts a disabled backend into service again, by the server's configuration; one that is enabled stays as it is. */
  enableBackend(backend: string, options?: OperationContext): Promise<void>;

  /**
   * Cancels the tasks on the server that an earlier run of ours (their IDs begin with `rootcellar-`) left behind when it was killed,
   * and resolves to their IDs once each has ended. A restore is waited for: cut off it would leave its backend empty. To be called
   * only by who holds the lease of this server.
   */
  cancelAbandonedTasks(options?: OperationContext): Promise<readonly string[]>;

  /** Ends the connection; resolves also when it is broken already. */
  close(): Promise<void>;
}

/** What an account is to do: `export` is an LDIF export, which a backup and a proof make; `import` a restore from one; `entries` changes of single entries. */
export type Purpose = 'backup' | 'restore' | 'export' | 'import' | 'entries';

export type Product = 'PingDirectory' | 'OpenDJ';

export interface ServerDescription {
  readonly product: Product;
  /** As the server prints it: `OpenDJ Server 5.0.3`, `PingDirectory 10.3.0.0`. */
  readonly vendorVersion: string;
  /** Digits and dots only: `5.0.3`. */
  readonly version: string;
  /** The server's own name for itself, where it has one; stable over restarts. */
  readonly instanceName: string | undefined;
  /** The backends that hold users' entries first, then the others, each by ID. */
  readonly backends: readonly Backend[];
  readonly replication: ReplicationState;
  /** RFC 3339, UTC: the server's own clock right before the rest was read; undefined where it does not tell. */
  readonly time?: string | undefined;
  readonly hasEncryptionSettings: boolean;
}

export interface Backend {
  readonly id: string;
  /** `user`: entries of the directory's users; the others belong to the server itself. */
  readonly role: 'user' | 'schema' | 'config' | 'encryption-settings' | 'server';
  readonly isEnabled: boolean;
  /** Whether the server can make a backup of it at all. */
  readonly canBeBackedUp: boolean;
  readonly baseDns: readonly BaseDn[];
  /** Size of its database files, where the server tells. */
  readonly databaseBytes: number | undefined;
  /** True: OpenDJ keeps its entries encrypted (`ds-cfg-confidentiality-enabled`), and they stay so in a backup that is not encrypted itself. */
  readonly isConfidential?: boolean | undefined;
}

export interface BaseDn {
  readonly dn: string;
  /** All entries at and below it; undefined where the server does not tell (a disabled backend). */
  readonly entries: number | undefined;
  /** Of a replicated one: what the replicas of the same initial data have in common, where the server tells. */
  readonly generationId?: string | undefined;
  /** Of a replicated one: the newest change of each replica that it has, as the server writes them, where it tells. */
  readonly changelogPosition?: readonly string[] | undefined;
}

/** `unknown` is never to be read as `none`: a status that could not be read says nothing. */
export type ReplicationState =
  | { readonly state: 'none' }
  | {
      readonly state: 'replicated';
      readonly baseDns: readonly string[];
      /** Milliseconds that the replication servers keep changes for; undefined where that cannot be read. */
      readonly purgeDelay?: number | undefined;
    }
  | { readonly state: 'unknown'; readonly reason: string };

export interface MissingPrivilege {
  /** The server's name of it: `backend-backup`. */
  readonly privilege: string;
  readonly neededFor: string;
}

export interface BackUpRequest {
  readonly backend: string;
  readonly folder: string;
  readonly backupId: string;
  readonly compress: boolean;
  /** `server-default` leaves the choice to the server's own configuration. */
  readonly encrypt: boolean | 'server-default';
  readonly maxMegabytesPerSecond?: number | undefined;
  /**
   * Asked when the server has no trace of the task any more: true only if the folder proves that this backup is there, whole.
   * Without it, or with false, such a task rejects with E_TASK_LOST.
   */
  readonly confirmLost?: (() => Promise<boolean>) | undefined;
}

export interface RestoreRequest {
  readonly backend: string;
  readonly folder: string;
  readonly backupId: string;
  readonly verifyOnly?: boolean | undefined;
}

export interface ExportLdifRequest {
  readonly backend: string;
  readonly ldifFile: string;
  readonly maxMegabytesPerSecond?: number | undefined;
}

export interface ImportLdifRequest {
  readonly backend: string;
  readonly ldifFile: string;
}

export interface TaskOutcome {
  readonly taskId: string;
  /** The server's lines in their order, as it wrote them. */
  readonly log: readonly string[];
}

/** What a server has against a backup. */
export interface CompatibilityProblems {
  /** With one of them the server does not restore it. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}
