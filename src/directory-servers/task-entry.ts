import type { BackUpRequest, ExportLdifRequest, ImportLdifRequest, RestoreRequest } from './directory-server.ts';
import type { ProductDialect } from './product-dialect.ts';

/** A piece of work for the server, in the words of the port. */
export type TaskRequest =
  | ({ readonly kind: 'backup' } & BackUpRequest)
  | ({ readonly kind: 'restore' } & RestoreRequest)
  | ({ readonly kind: 'export' } & ExportLdifRequest)
  | ({ readonly kind: 'import' } & ImportLdifRequest);

/** An entry to add: each attribute with its value or values. */
export interface TaskEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

export const scheduledTasksDn = 'cn=Scheduled Tasks,cn=tasks';

/** The DN of the task with this ID. */
export function taskDn(taskId: string): string {
  return `ds-task-id=${taskId},${scheduledTasksDn}`;
}

const classNames = { backup: 'BackupTask', restore: 'RestoreTask', export: 'ExportTask', import: 'ImportTask' } as const;

/**
 * The entry that asks the server for `request`. An attribute that the product does not know is left out, never sent in hope:
 * the server would refuse the whole entry.
 */
export function taskEntry(request: TaskRequest, taskId: string, dialect: ProductDialect): TaskEntry {
  return {
    dn: taskDn(taskId),
    attributes: {
      objectClass: ['top', 'ds-task', `ds-task-${request.kind}`],
      'ds-task-id': taskId,
      'ds-task-class-name': `${dialect.taskPackage}.${classNames[request.kind]}`,
      ...ownAttributes(request, dialect),
    },
  };
}

function ownAttributes(request: TaskRequest, dialect: ProductDialect): Record<string, string> {
  switch (request.kind) {
    case 'backup':
      return {
        'ds-backup-directory-path': request.folder,
        'ds-backup-id': request.backupId,
        'ds-task-backup-backend-id': request.backend,
        'ds-task-backup-compress': request.compress ? dialect.yes : dialect.no,
        // Said even when false: PingDirectory's own default is to encrypt wherever it was set up with data encryption.
        ...(request.encrypt === 'server-default' ? {} : { 'ds-task-backup-encrypt': request.encrypt ? dialect.yes : dialect.no }),
        ...rateLimit('ds-task-backup-max-megabytes-per-second', request.maxMegabytesPerSecond, dialect),
      };
    case 'restore':
      return {
        'ds-backup-directory-path': request.folder,
        'ds-backup-id': request.backupId,
        'ds-task-restore-verify-only': request.verifyOnly === true ? dialect.yes : dialect.no,
      };
    case 'export':
      return {
        'ds-task-export-ldif-file': request.ldifFile,
        'ds-task-export-backend-id': request.backend,
        // Said where exports may be encrypted by default (the vendor's LDAP SDK for Java, ExportTask): what we cannot read proves nothing.
        ...(dialect.encryptsByDefault ? { 'ds-task-export-encrypt-ldif': dialect.no } : {}),
        ...rateLimit('ds-task-export-max-megabytes-per-second', request.maxMegabytesPerSecond, dialect),
      };
    case 'import':
      return {
        'ds-task-import-ldif-file': request.ldifFile,
        'ds-task-import-backend-id': request.backend,
        // Needed where the backend has more than one base DN.
        'ds-task-import-clear-backend': dialect.yes,
        'ds-task-import-skip-schema-validation': dialect.yes,
      };
  }
}

function rateLimit(attribute: string, megabytes: number | undefined, dialect: ProductDialect): Record<string, string> {
  return megabytes === undefined || !dialect.limitsRate ? {} : { [attribute]: String(megabytes) };
}

/** What was asked for but this product cannot do; undefined when it can do all of it. */
export function unsupportedWish(request: TaskRequest, dialect: ProductDialect): string | undefined {
  const isLimited = (request.kind === 'backup' || request.kind === 'export') && request.maxMegabytesPerSecond !== undefined;
  return isLimited && !dialect.limitsRate
    ? `${dialect.product} cannot limit the rate of its tasks: this one runs at full speed`
    : undefined;
}

/**
 * Whether the work must come to its end once it has begun. OpenDJ 5.0.3 that is told to cancel a running restore removes the database
 * without putting the other in its place, and serves the backend with no entries; an import clears the backend first.
 */
export function mustNotBeCutOff(request: TaskRequest): boolean {
  return request.kind === 'import' || (request.kind === 'restore' && request.verifyOnly !== true);
}

/** For the beginning of a failure's sentence: `back up backend "userRoot"`. */
export function attemptOf(request: TaskRequest): string {
  switch (request.kind) {
    case 'backup':
      return `back up backend "${request.backend}"`;
    case 'restore':
      return `${request.verifyOnly === true ? 'verify the backup of' : 'restore'} backend "${request.backend}"`;
    case 'export':
      return `export backend "${request.backend}"`;
    case 'import':
      return `import the export of backend "${request.backend}"`;
  }
}
