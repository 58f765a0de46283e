import type { Manifest, ManifestBackend, ManifestFile } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure } from '../foundation/failure.ts';

/** Backends whose export is in the set, whole, be their database files there or not. */
export function withExports({ backends, exportsOnly = [], files }: Manifest): readonly ManifestBackend[] {
  const isThere = ({ export: exported }: ManifestBackend) => exported !== undefined && files.some(({ path }) => path === exported.path);
  return [...backends, ...exportsOnly].filter(isThere);
}

/**
 * The backends to restore from their exports: those that are named, or else every one that holds users' entries.
 *
 * @throws Failure E_EXPORT_MISSING where the set has no export of one of them: none is left out silently
 */
export function backendsWithExport({
  manifest,
  snapshot,
  backends,
}: {
  readonly manifest: Manifest;
  readonly snapshot: Snapshot;
  readonly backends: readonly string[];
}): readonly ManifestBackend[] {
  const known = withExports(manifest);
  const users = [...manifest.backends, ...(manifest.exportsOnly ?? [])].filter(({ role }) => role === 'user').map(({ id }) => id);
  const wanted = backends.length > 0 ? [...new Set(backends)] : users;
  const chosen = wanted.map((id) => known.find((one) => one.id === id) ?? id);
  const missing = chosen.filter((one) => typeof one === 'string');
  if (chosen.length > 0 && missing.length === 0) return chosen.filter((one) => typeof one !== 'string');
  throw exportMissing(snapshot, missing, known);
}

function exportMissing({ server, backupId }: Snapshot, missing: readonly string[], known: readonly ManifestBackend[]): Failure {
  const what = missing.length === 0 ? 'it has none' : `it has none of ${missing.join(', ')}`;
  const others =
    known.length === 0
      ? 'name a snapshot that has one'
      : `it has one of ${known.map(({ id }) => id).join(', ')}: name what is to be restored with --backend`;
  return new Failure('E_EXPORT_MISSING', `Cannot restore ${server}/${backupId} from its export: ${what}`, {
    hint: `${others}, or restore its backup without --from-export; backups have exports of the backends with users' entries where backup.export is true, or auto in the layout repository`,
  });
}

export function isExportOf(backends: readonly ManifestBackend[]): (file: ManifestFile) => boolean {
  const paths = new Set(backends.map((backend) => backend.export?.path));
  return ({ path }) => paths.has(path);
}

export function bytesOfExports(manifest: Manifest, backends: readonly ManifestBackend[]): number {
  return manifest.files.filter(isExportOf(backends)).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What an export does not bring along, and what the server does not look at when it takes it in. */
export function exportWarnings({ source, encryptionSettings }: Manifest, target: ServerDescription): readonly string[] {
  const isOther = source !== undefined && source.version !== target.version;
  return [
    ...(isOther
      ? [
          `the export is of version ${source.version} and the server is ${target.version}: what its schema does not know comes along all the same`,
        ]
      : []),
    ...(encryptionSettings === undefined
      ? []
      : [
          'the encryption settings of the set are not imported: passwords that are kept encrypted need the definitions that the server has',
        ]),
  ];
}
