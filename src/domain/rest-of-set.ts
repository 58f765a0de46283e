import { manifestName, type Manifest, type ManifestBackend } from './manifest.ts';

/** What is left of a set of which files were lost. */
export interface RestOfSet {
  /** Names only what is whole, and in `lost` the others. */
  readonly manifest: Manifest;
  /** Backends all of whose files are there: each of them can be restored by itself. */
  readonly whole: readonly string[];
  readonly broken: readonly string[];
}

/** The set without what cannot be had. `isThere` says of a file's path whether it can. */
export function restOfSet(manifest: Manifest, isThere: (path: string) => boolean): RestOfSet {
  const files = manifest.files.filter(({ path }) => isThere(path));
  const lost = manifest.files.filter(({ path }) => !isThere(path)).map(({ path }) => path);
  const isWhole = (backend: ManifestBackend): boolean => !lost.some((path) => isIn(backend, path));
  const hasExport = (backend: ManifestBackend): boolean =>
    backend.export !== undefined && files.some(({ path }) => path === backend.export?.path);
  const backends = manifest.backends
    .filter(isWhole)
    .map((backend) =>
      backend.export === undefined || hasExport(backend) ? withoutLostIndex(backend, lost) : { ...backend, export: undefined },
    );
  const exportsOnly = [...manifest.backends.filter((backend) => !isWhole(backend)), ...(manifest.exportsOnly ?? [])]
    .filter(hasExport)
    .map((backend) => withoutLostIndex(backend, lost));
  const { encryptionSettings, configuration } = manifest;
  return {
    manifest: {
      ...manifest,
      backends,
      encryptionSettings: encryptionSettings !== undefined && isThere(encryptionSettings) ? encryptionSettings : undefined,
      configuration: configuration !== undefined && isThere(configuration) ? configuration : undefined,
      files,
      lost: [...new Set([...(manifest.lost ?? []), ...lost])],
      exportsOnly: exportsOnly.length === 0 ? undefined : exportsOnly,
    },
    whole: backends.map(({ id }) => id),
    broken: manifest.backends.filter((backend) => !isWhole(backend)).map(({ id }) => id),
  };
}

/** An export can be read without its index. */
function withoutLostIndex(backend: ManifestBackend, lost: readonly string[]): ManifestBackend {
  const { export: exported } = backend;
  const isLost = exported?.index !== undefined && lost.includes(exported.index);
  return isLost ? { ...backend, export: { ...exported, index: undefined } } : backend;
}

/** What the list says of such a rest, in one sentence without a period. */
export function remarkOnRest({ lost = [], backends, exportsOnly = [] }: Manifest): string {
  const what =
    lost.length === 1 && lost[0] === manifestName
      ? 'the manifest was lost'
      : `${lost.length === 1 ? '1 file was' : `${lost.length} files were`} lost`;
  const whole = backends.map(({ id }) => id).join(', ');
  const exported = exportsOnly.length === 0 ? '' : `; only its export: ${exportsOnly.map(({ id }) => id).join(', ')}`;
  return `${what} in the archive: ${lost.slice(0, 3).join(', ')}${lost.length > 3 ? ', …' : ''}; ${whole === '' ? 'no backend is whole' : `whole: ${whole}`}${exported}`;
}

function isIn({ folder }: ManifestBackend, path: string): boolean {
  return folder === '.' || path.startsWith(`${folder}/`);
}
