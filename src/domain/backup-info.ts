/**
 * `backup.info`, the servers' own index of a backup folder: a line `backend_dn=…`, then blocks parted by empty lines, one per backup
 * (OpenDJ: org.opends.server.types.BackupInfo). PingDirectory's keys are not published, so unknown ones are kept and ignored.
 */
export interface BackupInfo {
  readonly backendDn: string | undefined;
  /** In the order of the file: the newest last. */
  readonly backups: readonly BackupInfoEntry[];
}

export interface BackupInfoEntry {
  readonly backupId: string;
  /** `20261123104646Z` as written. */
  readonly date: string | undefined;
  readonly isIncremental: boolean;
  readonly isCompressed: boolean;
  readonly isEncrypted: boolean;
  /** IDs of the backups that it needs. */
  readonly dependencies: readonly string[];
  /** Name of its file in the same folder, where the descriptor tells. */
  readonly archiveFile: string | undefined;
  /** ID of the encryption-settings definition that it is encrypted with, where the descriptor tells. */
  readonly keyId?: string;
}

/** Reads the text of a `backup.info`; blocks without a `backup_id` are left out. */
export function parseBackupInfo(text: string): BackupInfo {
  const blocks = text
    .split(/\r?\n\s*\r?\n/)
    .map((block) => pairsOf(block))
    .filter((pairs) => pairs.length > 0);
  const backendDn = blocks.flat().find(([key]) => key === 'backend_dn')?.[1];
  return { backendDn, backups: blocks.flatMap((pairs) => entryOf(pairs)) };
}

/** The backend that the folder belongs to, from `ds-cfg-backend-id=userRoot,cn=Backends,cn=config`. */
export function backendIdOf(info: BackupInfo): string | undefined {
  return /^[^=,]+=([^,]+)/.exec(info.backendDn ?? '')?.[1];
}

function pairsOf(block: string): [string, string][] {
  return block.split(/\r?\n/).flatMap((line) => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()] satisfies [string, string]] : [];
  });
}

function entryOf(pairs: readonly [string, string][]): BackupInfoEntry[] {
  const value = (key: string) => pairs.find(([name]) => name === key)?.[1];
  const isTrue = (key: string) => value(key)?.toLowerCase() === 'true';
  const backupId = value('backup_id');
  // The name of PingDirectory's key is not published; whatever it is, it is likely to be called so.
  const keyId = pairs.find(([name]) => /encryption[-_.]?settings[-_.]?(definition[-_.]?)?id$/i.test(name))?.[1];
  if (backupId === undefined) return [];
  return [
    {
      backupId,
      date: value('backup_date'),
      isIncremental: isTrue('incremental'),
      isCompressed: isTrue('compressed'),
      isEncrypted: isTrue('encrypted'),
      dependencies: pairs.filter(([name]) => name === 'dependency').map(([, id]) => id),
      archiveFile: value('property.archive_file'),
      ...(keyId === undefined || keyId === '' ? {} : { keyId }),
    },
  ];
}
