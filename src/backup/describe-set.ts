import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { ServerDescription } from '../directory-servers/directory-server.ts';
import { describeFiles } from '../staging/set-files.ts';
import type { StagedBackend, StagedSet } from './stage-backends.ts';

export interface SetToDescribe {
  readonly folder: string;
  readonly backupId: string;
  readonly began: Date;
  /** When all was staged. */
  readonly ended: Date;
  readonly server: string;
  readonly program: string;
  readonly source: {
    readonly description: ServerDescription;
    /** What the server said once all was staged; its counts tell how far writers moved meanwhile. */
    readonly after: ServerDescription;
    readonly location: string;
    readonly via: 'ldap' | 'tools';
  };
  readonly staged: StagedSet;
  /** Whether the archive needs the SHA-256 of each file beforehand. */
  readonly isHashed: boolean;
}

/** Makes the set's manifest, for which every staged file is read where its hash is wanted. */
export async function describeSet(set: SetToDescribe, signal?: AbortSignal): Promise<Manifest> {
  const { description, after, location, via } = set.source;
  const { product, vendorVersion, version, instanceName } = description;
  const { encryptionSettings, encryptionPin, keys, configuration } = set.staged;
  return {
    version: 1,
    backupId: set.backupId,
    time: set.began.toISOString(),
    server: set.server,
    origin: 'backup',
    program: set.program,
    source: {
      product,
      vendorVersion,
      version,
      ...(instanceName === undefined ? {} : { instanceName }),
      location,
      via,
      ...(keys?.isKnown === true ? { keyIds: keys.keys.map(({ id }) => id) } : {}),
    },
    backends: set.staged.backends.map((staged) => ({ ...manifestBackend(staged, after), ...exportOf(staged, set) })),
    ...(encryptionSettings === undefined ? {} : { encryptionSettings }),
    ...(encryptionPin === undefined ? {} : { encryptionPin }),
    ...(configuration === undefined ? {} : { configuration }),
    files: await describeFiles(set.folder, { isHashed: set.isHashed, signal }),
  };
}

function manifestBackend({ backend, entry, keyId, compatibility }: StagedBackend, after: ServerDescription): ManifestBackend {
  const later = after.backends.find((one) => one.id === backend.id)?.baseDns ?? [];
  return {
    id: backend.id,
    role: backend.role,
    backupId: entry.backupId,
    folder: backend.id,
    baseDns: backend.baseDns.map(({ dn, entries, generationId, changelogPosition }) => {
      const entriesAfter = later.find((one) => one.dn === dn)?.entries;
      const isMoved = entriesAfter !== undefined && entriesAfter !== entries;
      return {
        dn,
        ...(entries === undefined ? {} : { entries }),
        ...(isMoved ? { entriesAfter } : {}),
        ...(generationId === undefined ? {} : { generationId }),
        ...(changelogPosition === undefined ? {} : { changelogPosition: [...changelogPosition] }),
      };
    }),
    isEncrypted: entry.isEncrypted,
    isCompressed: entry.isCompressed,
    ...(keyId === undefined ? {} : { keyId }),
    ...(backend.isConfidential === true ? { isConfidential: true } : {}),
    ...(compatibility === undefined ? {} : { compatibility }),
  };
}

/** The window lasts from before the first task until after the last, by one clock: the server's, or where it does not tell, ours. */
function exportOf({ exported }: StagedBackend, { source, began, ended }: SetToDescribe): Pick<ManifestBackend, 'export'> {
  if (exported === undefined) return {};
  const { description, after } = source;
  const isTold = description.time !== undefined && after.time !== undefined;
  const [from, to] = isTold ? [description.time, after.time] : [undefined, undefined];
  return { export: { ...exported, began: from ?? began.toISOString(), ended: to ?? ended.toISOString() } };
}
