import type { Product } from './directory-server.ts';
import type { TaskRequest } from './task-entry.ts';

/** How the server's programs reach the running server; nothing here is a secret, all are names of files. */
export interface ToolConnection {
  readonly host: string;
  readonly port: number;
  readonly bindDn: string;
  readonly bindPasswordFile: string;
  /** A PKCS #12 store with the trusted certificates, and the file with its passphrase; without it the program's own default counts. */
  readonly trustStore?: { readonly file: string; readonly pinFile: string } | undefined;
}

const programs = { backup: 'backup', restore: 'restore', export: 'export-ldif', import: 'import-ldif' } as const;

/** The server's program for this kind of work, below `bin`. */
export function toolName(request: TaskRequest): string {
  return programs[request.kind];
}

/**
 * The words for that program. Without `connection` it works offline, on the files of a stopped server: OpenDJ wants `--offline` said,
 * PingDirectory takes the absence of `--task` for it. OpenDJ as its 5.0.3 prints in `--help`; PingDirectory as its documentation of
 * 9.x to 11.x says, save the trust store's two, which it shares with its ancestor.
 */
export function toolArguments(request: TaskRequest, product: Product, connection: ToolConnection | undefined): readonly string[] {
  return ['--noPropertiesFile', ...modeArguments(product, connection), ...workArguments(request, product)];
}

function modeArguments(product: Product, connection: ToolConnection | undefined): readonly string[] {
  if (connection === undefined) return product === 'OpenDJ' ? ['--offline'] : [];
  const { host, port, bindDn, bindPasswordFile, trustStore } = connection;
  return [
    ...(product === 'PingDirectory' ? ['--task', '--no-prompt', '--useSSL'] : []),
    '--hostname',
    host,
    '--port',
    String(port),
    '--bindDN',
    bindDn,
    '--bindPasswordFile',
    bindPasswordFile,
    ...(trustStore === undefined ? [] : ['--trustStorePath', trustStore.file, '--trustStorePasswordFile', trustStore.pinFile]),
  ];
}

function workArguments(request: TaskRequest, product: Product): readonly string[] {
  const isPing = product === 'PingDirectory';
  switch (request.kind) {
    case 'backup': {
      const plain = isPing ? ['--doNotEncrypt'] : [];
      const encryption = request.encrypt === 'server-default' ? [] : request.encrypt ? ['--encrypt'] : plain;
      return [
        '--backendID',
        request.backend,
        '--backupDirectory',
        request.folder,
        '--backupID',
        request.backupId,
        ...(request.compress ? ['--compress'] : []),
        ...encryption,
        ...rateLimit(request.maxMegabytesPerSecond, isPing),
      ];
    }
    case 'restore':
      return ['--backupDirectory', request.folder, '--backupID', request.backupId, ...(request.verifyOnly === true ? ['--dry-run'] : [])];
    case 'export':
      return [
        '--backendID',
        request.backend,
        '--ldifFile',
        request.ldifFile,
        ...(isPing ? ['--doNotEncrypt'] : []),
        ...rateLimit(request.maxMegabytesPerSecond, isPing),
      ];
    case 'import':
      return [
        '--backendID',
        request.backend,
        '--ldifFile',
        request.ldifFile,
        '--clearBackend',
        '--skipSchemaValidation',
        ...(isPing ? ['--overwriteExistingEntries'] : []),
      ];
  }
}

function rateLimit(megabytes: number | undefined, isPing: boolean): readonly string[] {
  return megabytes === undefined || !isPing ? [] : ['--maxMegabytesPerSecond', String(megabytes)];
}
